/* The board: the core between simulated vehicles and pins. The struct is the simulator's, so that the plant protocol
 * finds in it what it moves; the clock, the flash and the restarts are this port's. */

#ifndef RV32_BOARD_H
#define RV32_BOARD_H

#include "sim_inner.h"

#include <stdint.h>

/* Boot. */
void board_open(cp_sim_t *board);

/* Let this much time pass, at most CP_STEP_MAX_MS: the vehicles live, the core decides, the pins follow. */
void board_step(cp_sim_t *board, uint32_t step_us);

#endif
