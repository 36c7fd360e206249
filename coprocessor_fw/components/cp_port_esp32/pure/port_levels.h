/* Both levels of a square wave from samples in any order: sorted into halves, the mean of the middle of each.
 *
 * Pure arithmetic, tested on the host. */

#ifndef PORT_LEVELS_H
#define PORT_LEVELS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint16_t high;
    uint16_t low;
} port_levels_t;

/* Sort a few hundred samples, in place. */
void port_sort(uint16_t *samples, size_t count);

/* Mean of sorted samples without the lowest and the highest quarter; 0 of none. */
uint16_t port_middle_mean(const uint16_t *sorted, size_t count);

/* Levels of `count` sorted samples. Where the lowest and the highest lie closer together than `spread`, there is one
 * level. Edges that were caught in between are a minority at the inner end of a half, and fall to its cut quarter. */
port_levels_t port_levels(const uint16_t *sorted, size_t count, uint16_t spread);

#endif
