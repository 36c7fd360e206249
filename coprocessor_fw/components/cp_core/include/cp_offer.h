/* Duty of the pilot's PWM and the current that it offers (IEC 61851-1 annex A [R]).
 * Currents in dA or mA, duty in basis points (1/100 %; at 1 kHz one is 0.1 us). */

#ifndef CP_OFFER_H
#define CP_OFFER_H

#include <stdint.h>

#define CP_OFFER_MIN_DA 60u
#define CP_OFFER_MAX_DA 800u

/*@ predicate offer_rounded(integer da) = da == 0 || 60 <= da <= 510 || 525 <= da <= 800; */

/*@ logic integer offer_ma(integer duty_bp) =
      duty_bp < 800 || duty_bp > 9700 ? 0 :
      duty_bp < 1000 ? 6000 :
      duty_bp <= 8500 ? duty_bp * 6 :
      duty_bp <= 9600 ? (duty_bp - 6400) * 25 : 80000; */

/* Greatest current not above `limit_da` that the pilot can say; 0 below 6 A. */
/*@ assigns \nothing;
    ensures never_more: \result <= limit_da;
    ensures offer_rounded(\result); */
uint16_t cp_offer_round_da(uint16_t limit_da);

/* Duty that offers a rounded current; 0 (no PWM) for 0. */
/*@ assigns \nothing;
    ensures in_range: \result == 0 || 1000 <= \result <= 9600;
    ensures nothing_for_nothing: offer_da < CP_OFFER_MIN_DA ==> \result == 0;
    ensures never_more: offer_ma(\result) <= offer_da * 100; */
uint16_t cp_offer_duty_bp(uint16_t offer_da);

/* Current that a vehicle may draw at this duty; 0 outside of what offers current. */
/*@ assigns \nothing;
    ensures \result == offer_ma(duty_bp); */
uint32_t cp_offer_from_duty_ma(uint16_t duty_bp);

/* Pulse to command so that `duty_bp` arrives, given how late each edge comes on this board. */
/*@ assigns \nothing;
    ensures \result <= 9999;
    ensures nothing_for_nothing: duty_bp == 0 ==> \result == 0; */
uint16_t cp_offer_pulse_bp(uint16_t duty_bp, int16_t rise_us, int16_t fall_us);

#endif
