/* The guards of an EVSE: residual current, overcurrent, earth, temperature, emergency stop; and its own meter. Internal
 * to cp_evse. */

#ifndef CP_EVSE_GUARD_H
#define CP_EVSE_GUARD_H

#include "cp_evse.h"

/* Learn the current and the meter's reading. */
void cp_evse_measure(cp_evse_t *e, uint32_t step_ms, const cp_evse_inputs_t *in);

/* Take the guards' inputs of one step, and raise the faults that follow. */
void cp_evse_guard(cp_evse_t *e, uint32_t step_ms, const cp_evse_inputs_t *in, cp_notes_t *notes);

/* True when every guard that is fitted is at work. */
bool cp_evse_is_guarded(const cp_evse_t *e);

/* A trip that may be tried again: wait, or for ever once this vehicle's retries are used up. */
void cp_evse_retry_later(cp_evse_t *e, cp_retry_t retry);

/* The vehicle left: the next one has all its retries. */
void cp_evse_forget_retries(cp_evse_t *e);

#endif
