/* Parts of the coprocessor that cp_coprocessor.c puts together. Internal. */

#ifndef CP_COPROCESSOR_PARTS_H
#define CP_COPROCESSOR_PARTS_H

#include "cp_coprocessor.h"

/* Put an event of an EVSE (1..n, 0 for the board). */
void cp_report(cp_coprocessor_t *cp, uint8_t evse, cp_event_code_t code, uint32_t value, int32_t extra,
               const char *text);

/* Put the events of the notes of one EVSE. */
void cp_report_notes(cp_coprocessor_t *cp, uint8_t evse, const cp_notes_t *notes);

/* Carry out a command and answer it. */
void cp_command_take(cp_coprocessor_t *cp, const cp_frame_t *frame);

/* Take a lease frame. */
void cp_lease_take(cp_coprocessor_t *cp, const cp_frame_t *frame);

/* Send HELLO. */
void cp_send_hello(cp_coprocessor_t *cp);

/* Send what is due: events, snapshots, meters, counters. */
void cp_send_due(cp_coprocessor_t *cp, uint32_t step_ms);

#endif
