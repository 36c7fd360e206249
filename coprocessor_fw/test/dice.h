/* Randomness of a seed, and the way that it led: what a random test prints when it fails. */

#ifndef CP_DICE_H
#define CP_DICE_H

#include <stdint.h>

#define DICE_TRACE_MAX 64u

typedef struct {
    uint32_t random;
    uint32_t seed;
    char trace[DICE_TRACE_MAX][64];
    unsigned traced;
} dice_t;

/* Begin a way. */
void dice_begin(dice_t *d, uint32_t seed);

/* A number below `sides`. */
uint32_t dice_roll(dice_t *d, uint32_t sides);

/* Note a step. */
void dice_note(dice_t *d, const char *what, uint32_t now_ms, int64_t value);

/* Print the seed and the last steps to stderr. */
void dice_say(const dice_t *d);

#endif
