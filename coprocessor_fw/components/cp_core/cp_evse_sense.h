/* The senses of an EVSE: from levels to believed facts and faults. Internal to cp_evse. */

#ifndef CP_EVSE_SENSE_H
#define CP_EVSE_SENSE_H

#include "cp_evse.h"

/* Let time pass in every timer. */
void cp_evse_pass_time(cp_evse_t *e, uint32_t step_ms, cp_notes_t *notes);

/* Take the inputs of one step; updates pilot, plug, cable, feedback, lock and the faults that follow. */
void cp_evse_sense(cp_evse_t *e, uint32_t step_ms, const cp_evse_inputs_t *in, cp_notes_t *notes);

/* True while the pilot tells nothing of a vehicle: shorted or invalid past its deadline, and not sound since. */
bool cp_evse_pilot_lost(const cp_evse_t *e);

/* Say whether a fault's cause is present, and note what changed. */
void cp_evse_fault(cp_evse_t *e, cp_fault_t fault, bool cause, int32_t detail, cp_notes_t *notes);

/* Let the bench test's time pass; it ends when the EVSE no longer rests. See cp_evse_bench.c. */
void cp_evse_bench_pass(cp_evse_t *e, uint32_t step_ms);

#endif
