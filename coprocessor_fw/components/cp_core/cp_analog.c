#include "cp_analog.h"

/* Nothing measures better than this part of its supply. */
#define OPEN_PART 50u

uint32_t cp_divider_ohm(uint32_t pin_mv, uint32_t supply_mv, uint32_t series_ohm)
{
    if (pin_mv + supply_mv / OPEN_PART >= supply_mv) {
        return CP_OHM_OPEN;
    }
    const uint64_t ohm = (uint64_t)series_ohm * pin_mv / (supply_mv - pin_mv);
    return ohm < CP_OHM_OPEN ? (uint32_t)ohm : CP_OHM_OPEN;
}

int16_t cp_pilot_from_pin_mv(int32_t pin_mv, int16_t minus12_mv, int16_t plus12_mv)
{
    const int32_t span_mv = (int32_t)plus12_mv - (int32_t)minus12_mv;

    if (span_mv <= 0) {
        return 0;
    }
    const int64_t mv = ((int64_t)pin_mv - minus12_mv) * 24000 / span_mv - 12000;
    if (mv > INT16_MAX) {
        return INT16_MAX;
    }
    return mv < INT16_MIN ? INT16_MIN : (int16_t)mv;
}

#define Q 16u
#define ONE (1u << Q)
#define LN2 45426u   /* ln 2 in Q16 */
#define T25_DK 2982u /* 25 degrees Celsius in 0.1 K, rounded */
#define ZERO_DC_DK 2732
#define COLDEST_DC (-400)
#define HOTTEST_DC 1500

/* log2 of a number above 0, in Q16: the place of its first bit, then a bit of the fraction for each squaring. */
/*@ assigns \nothing;
    ensures 0 <= \result <= 32 * ONE; */
static int32_t log2_q16(uint32_t number)
{
    uint32_t exponent = 0;
    uint32_t log = 0;

    /*@ loop invariant 0 <= exponent <= 31;
        loop assigns exponent;
        loop variant 31 - exponent; */
    while (exponent < 31u && number >> exponent >= 2u) {
        exponent++;
    }
    uint64_t mantissa = ((uint64_t)number << 31) >> exponent; /* 1.0 .. 2.0 in Q31 */
    /*@ loop invariant 0 <= bit <= ONE / 2 && log + 2 * bit <= ONE;
        loop assigns bit, log, mantissa;
        loop variant bit; */
    for (uint32_t bit = ONE / 2u; bit > 0u; bit /= 2u) {
        mantissa = (mantissa * mantissa) >> 31;
        if (mantissa >= (uint64_t)1u << 32) {
            mantissa >>= 1;
            log += bit;
        }
    }
    return (int32_t)(exponent * ONE + log);
}

int16_t cp_ntc_dc(uint32_t ohm, uint32_t r25_ohm, uint32_t beta)
{
    if (ohm == 0u || ohm == CP_OHM_OPEN || r25_ohm == 0u || beta == 0u) {
        return CP_TEMPERATURE_UNKNOWN_DC;
    }
    /* 1/T = 1/T25 + ln(R/R25)/beta, with T in 0.1 K: T = T25 * beta / (beta + T25 * ln(R/R25) / 10) */
    const int64_t ln_q16 = (int64_t)(log2_q16(ohm) - log2_q16(r25_ohm)) * LN2 / ONE;
    const int64_t divisor_q16 = (int64_t)beta * ONE + (int64_t)T25_DK * ln_q16 / 10;
    if (divisor_q16 <= 0) {
        return CP_TEMPERATURE_UNKNOWN_DC;
    }
    const int64_t dc = (int64_t)T25_DK * beta * ONE / divisor_q16 - ZERO_DC_DK;
    return dc < COLDEST_DC || dc > HOTTEST_DC ? CP_TEMPERATURE_UNKNOWN_DC : (int16_t)dc;
}
