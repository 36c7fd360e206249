/* Both levels of a square wave from samples in any order: sorted into halves, and a trimmed mean of each.
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

/* Levels of `count` sorted samples. Where the lowest and the highest lie closer together than `spread`, there is one
 * level. Of each half the outer quarter is cut, where spikes lie, and the inner half: there lie the edges that were
 * caught, which may be two of the four looks that the shortest pulse gets. */
port_levels_t port_levels(const uint16_t *sorted, size_t count, uint16_t spread);

#endif
