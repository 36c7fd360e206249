/* From millivolts at a pin to what they mean, in whole numbers. For ports, and for the core itself. */

#ifndef CP_ANALOG_H
#define CP_ANALOG_H

#include <stdint.h>

/* Sensor resistance that is no resistance: an open circuit. */
#define CP_OHM_OPEN UINT32_MAX
/* Temperature where none is known. */
#define CP_TEMPERATURE_UNKNOWN_DC INT16_MAX

/* Resistance to ground of the lower half of a divider whose upper half is `series_ohm` to `supply_mv`;
 * CP_OHM_OPEN within a fiftieth of the supply. */
/*@ requires pin_mv <= 100000 && supply_mv <= 100000;
    assigns \nothing; */
uint32_t cp_divider_ohm(uint32_t pin_mv, uint32_t supply_mv, uint32_t series_ohm);

/* Level of the pilot by the level at the pin, from two points: the pin's at -12 V and at +12 V. */
/*@ assigns \nothing; */
int16_t cp_pilot_from_pin_mv(int32_t pin_mv, int16_t minus12_mv, int16_t plus12_mv);

/* Temperature of an NTC in 0.1 degrees Celsius by its beta; CP_TEMPERATURE_UNKNOWN_DC outside of -40..150 degrees. */
/*@ assigns \nothing;
    ensures \result == CP_TEMPERATURE_UNKNOWN_DC || -400 <= \result <= 1500; */
int16_t cp_ntc_dc(uint32_t ohm, uint32_t r25_ohm, uint32_t beta);

#endif
