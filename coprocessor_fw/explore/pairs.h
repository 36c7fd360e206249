/* Two EVSEs of one coprocessor: that neither sees anything of the other. */

#ifndef CP_EXPLORE_PAIRS_H
#define CP_EXPLORE_PAIRS_H

#include "graph.h"

/* Put each state that was reached beside so many others into a coprocessor, in both places, let every pair of ticks
 * happen, and every command to the one by the link: each EVSE must go where it goes alone. Returns the number of pairs
 * of state and event that were tried. */
uint64_t pairs_try(const slice_t *slice, const graph_t *reached, unsigned others, uint32_t seed);

#endif
