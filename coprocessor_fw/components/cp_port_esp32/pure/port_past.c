#include "port_past.h"

#define MAGIC 0x46464F43u /* "COFF" */

static uint32_t check(const port_off_t *off)
{
    uint32_t sum = MAGIC;

    for (unsigned i = 0; i < 2u; i++) {
        sum = (sum << 5 | sum >> 27) ^ off->low[i];
        sum = (sum << 5 | sum >> 27) ^ off->high[i];
    }
    return sum;
}

void port_past_seal(port_past_t *past)
{
    past->check = check(&past->off);
}

bool port_past_is_whole(const port_past_t *past)
{
    return past->check == check(&past->off);
}

void port_off_add(port_off_t *off, uint8_t gpio, bool active_low)
{
    uint32_t *const words = active_low ? off->high : off->low;

    words[gpio / 32u] |= (uint32_t)1u << gpio % 32u;
}
