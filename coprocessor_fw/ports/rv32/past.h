/* What outlives a reset, in memory that the start leaves alone: the core's two records, the vehicles, and why the
 * machine was reset. */

#ifndef RV32_PAST_H
#define RV32_PAST_H

#include "sim_inner.h"

/* Take what the last start left behind into a board that is empty, and return why it was reset. A board of which nothing
 * was left gets a power-up, no flash, and no vehicles. */
cp_reset_reason_t past_take(cp_sim_t *board);

/* Leave everything for the next start, for this reason, and restart. */
_Noreturn void past_leave(const cp_sim_t *board, cp_reset_reason_t reason);

#endif
