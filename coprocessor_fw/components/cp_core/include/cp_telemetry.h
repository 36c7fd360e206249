/* When an EVSE's snapshot and meter are due: with a period when still, at once on a change, never too often. */

#ifndef CP_TELEMETRY_H
#define CP_TELEMETRY_H

#include "cp_messages.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    cp_msg_snapshot_t shown; /* last sent */
    bool any_shown;
    uint32_t since_snapshot_ms;
    uint64_t shown_energy_mwh;
    uint32_t shown_current_ma;
    uint32_t since_meter_ms;
} cp_telemetry_t;

/* Let time pass. */
/*@ requires \valid(t);
    assigns t->since_snapshot_ms, t->since_meter_ms; */
void cp_telemetry_pass_time(cp_telemetry_t *t, uint32_t step_ms);

/* True when this snapshot should be sent now; `hurry` says that the host waits for it. */
/*@ requires \valid_read(t) && \valid_read(now);
    assigns \nothing;
    ensures never_too_often: t->any_shown && t->since_snapshot_ms < 50 ==> !\result;
    ensures with_a_period: t->since_snapshot_ms >= \max(50, period_ms) ==> \result; */
bool cp_telemetry_snapshot_due(const cp_telemetry_t *t, const cp_msg_snapshot_t *now, uint32_t period_ms, bool hurry);

/* The snapshot has left. */
/*@ requires \valid(t) && \valid_read(sent) && \separated(t, sent);
    assigns t->shown, t->any_shown, t->since_snapshot_ms; */
void cp_telemetry_snapshot_sent(cp_telemetry_t *t, const cp_msg_snapshot_t *sent);

/* True when the meter should go with the snapshot that is being sent, or by itself. */
/*@ requires \valid_read(t) && \valid_read(now);
    assigns \nothing; */
bool cp_telemetry_meter_due(const cp_telemetry_t *t, const cp_msg_meter_t *now, bool with_snapshot);

/*@ requires \valid(t) && \valid_read(sent) && \separated(t, sent);
    assigns t->shown_energy_mwh, t->shown_current_ma, t->since_meter_ms; */
void cp_telemetry_meter_sent(cp_telemetry_t *t, const cp_msg_meter_t *sent);

#endif
