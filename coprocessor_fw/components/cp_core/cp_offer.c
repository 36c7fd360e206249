#include "cp_offer.h"

/* Up to 51 A the duty is I / 0.6, from 52.5 A on it is I / 2.5 + 64; between them there is no code. [R] */
#define LOW_LAW_MAX_DA 510u
#define HIGH_LAW_MIN_DA 525u

uint16_t cp_offer_round_da(uint16_t limit_da)
{
    if (limit_da < CP_OFFER_MIN_DA) {
        return 0;
    }
    if (limit_da > LOW_LAW_MAX_DA && limit_da < HIGH_LAW_MIN_DA) {
        return LOW_LAW_MAX_DA;
    }
    return limit_da > CP_OFFER_MAX_DA ? CP_OFFER_MAX_DA : limit_da;
}

uint16_t cp_offer_duty_bp(uint16_t offer_da)
{
    const uint32_t da = cp_offer_round_da(offer_da);

    if (da == 0u) {
        return 0;
    }
    return (uint16_t)(da <= LOW_LAW_MAX_DA ? (da * 100u) / 6u : 6400u + da * 4u);
}

uint32_t cp_offer_from_duty_ma(uint16_t duty_bp)
{
    const uint32_t bp = duty_bp;

    if (bp < 800u || bp > 9700u) { /* below 8 %: digital communication or nothing */
        return 0;
    }
    if (bp < 1000u) { /* 8..10 %: the tolerance of 6 A */
        return 6000u;
    }
    if (bp <= 8500u) {
        return bp * 6u;
    }
    return bp <= 9600u ? (bp - 6400u) * 25u : 80000u;
}

uint16_t cp_offer_pulse_bp(uint16_t duty_bp, int16_t rise_us, int16_t fall_us)
{
    const int32_t pulse = (int32_t)duty_bp + ((int32_t)rise_us - (int32_t)fall_us) * 10;

    if (duty_bp == 0u || pulse <= 0) {
        return 0;
    }
    return pulse > 9999 ? 9999u : (uint16_t)pulse;
}
