#include "dice.h"

#include <inttypes.h>
#include <stdio.h>

void dice_begin(dice_t *d, uint32_t seed)
{
    *d = (dice_t){.random = seed * 2654435761u + 1u, .seed = seed};
    d->random = d->random != 0u ? d->random : 1u;
}

uint32_t dice_roll(dice_t *d, uint32_t sides)
{
    d->random ^= d->random << 13;
    d->random ^= d->random >> 17;
    d->random ^= d->random << 5;
    return d->random % sides;
}

void dice_note(dice_t *d, const char *what, uint32_t now_ms, int64_t value)
{
    (void)snprintf(d->trace[d->traced % DICE_TRACE_MAX], sizeof d->trace[0], "%8" PRIu32 " ms  %s %" PRId64, now_ms,
                   what, value);
    d->traced++;
}

void dice_say(const dice_t *d)
{
    (void)fprintf(stderr, "seed %" PRIu32 ", the last steps:\n", d->seed);
    for (unsigned i = 0; i < DICE_TRACE_MAX; i++) {
        const char *const line = d->trace[(d->traced + i) % DICE_TRACE_MAX];
        if (line[0] != '\0') {
            (void)fprintf(stderr, "  %s\n", line);
        }
    }
}
