/* Duty of the pilot's PWM and the current that it offers (IEC 61851-1 annex A [R]).
 * Currents in dA or mA, duty in basis points (1/100 %; at 1 kHz one is 0.1 us). */

#ifndef CP_OFFER_H
#define CP_OFFER_H

#include <stdint.h>

#define CP_OFFER_MIN_DA 60u
#define CP_OFFER_MAX_DA 800u

/* Greatest current not above `limit_da` that the pilot can say; 0 below 6 A. */
uint16_t cp_offer_round_da(uint16_t limit_da);

/* Duty that offers a rounded current; 0 (no PWM) for 0. */
uint16_t cp_offer_duty_bp(uint16_t offer_da);

/* Current that a vehicle may draw at this duty; 0 outside of what offers current. */
uint32_t cp_offer_from_duty_ma(uint16_t duty_bp);

/* Pulse to command so that `duty_bp` arrives, given how late each edge comes on this board. */
uint16_t cp_offer_pulse_bp(uint16_t duty_bp, int16_t rise_us, int16_t fall_us);

#endif
