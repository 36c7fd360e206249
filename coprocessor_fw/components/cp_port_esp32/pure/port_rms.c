#include "port_rms.h"

void port_rms_add(port_rms_t *rms, uint16_t sample)
{
    rms->count++;
    rms->sum += sample;
    rms->squares += (uint32_t)sample * sample;
}

uint16_t port_rms_mean(const port_rms_t *rms)
{
    const uint64_t mean = rms->count == 0u ? 0u : rms->sum / rms->count;

    return (uint16_t)mean; /* of values that are no wider */
}

/* Largest number whose square is not above. */
static uint32_t root(uint64_t square)
{
    uint32_t result = 0;

    for (uint32_t bit = (uint32_t)1u << 16; bit > 0u; bit >>= 1) {
        const uint64_t candidate = (uint64_t)result + bit;
        result = candidate * candidate <= square ? (uint32_t)candidate : result;
    }
    return result;
}

uint16_t port_rms_value(const port_rms_t *rms)
{
    if (rms->count == 0u) {
        return 0;
    }
    /* n * sum of squares - square of the sum = n^2 * variance: exact until the one division. */
    const uint64_t spread = (uint64_t)rms->count * rms->squares - rms->sum * rms->sum;
    const uint32_t value = root(spread / ((uint64_t)rms->count * rms->count));
    return value <= UINT16_MAX ? (uint16_t)value : UINT16_MAX;
}
