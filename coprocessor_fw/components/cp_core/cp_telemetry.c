#include "cp_telemetry.h"

#include "cp_math.h"

/* At most 20 snapshots a second for each EVSE. */
#define SNAPSHOT_SPACING_MS 50u
#define METER_PERIOD_MS 1000u

/* What is worth a snapshot of its own; levels and running times are not. */
/*@ requires \valid_read(a) && \valid_read(b);
    assigns \nothing; */
static bool differs(const cp_msg_snapshot_t *a, const cp_msg_snapshot_t *b)
{
    const bool state = a->pilot != b->pilot || a->contactor != b->contactor || a->power != b->power ||
                       a->blocked != b->blocked || a->faults != b->faults || a->lock != b->lock;
    const bool power = a->offer_da != b->offer_da || a->phases != b->phases || a->lease_da != b->lease_da ||
                       (a->lease_ms == 0u) != (b->lease_ms == 0u) || a->cable_da != b->cable_da;
    const bool count = a->plug != b->plug || a->cycles != b->cycles || a->opened_under_load != b->opened_under_load ||
                       a->config_crc != b->config_crc || a->config_pending != b->config_pending ||
                       a->derated_da != b->derated_da || a->rcm_trips != b->rcm_trips;

    return state || power || count;
}

void cp_telemetry_pass_time(cp_telemetry_t *t, uint32_t step_ms)
{
    t->since_snapshot_ms = cp_count_up(t->since_snapshot_ms, step_ms);
    t->since_meter_ms = cp_count_up(t->since_meter_ms, step_ms);
}

bool cp_telemetry_snapshot_due(const cp_telemetry_t *t, const cp_msg_snapshot_t *now, uint32_t period_ms, bool hurry)
{
    if (!t->any_shown) {
        return true;
    }
    if (t->since_snapshot_ms < SNAPSHOT_SPACING_MS) {
        return false;
    }
    return hurry || t->since_snapshot_ms >= period_ms || differs(now, &t->shown);
}

void cp_telemetry_snapshot_sent(cp_telemetry_t *t, const cp_msg_snapshot_t *sent)
{
    t->shown = *sent;
    t->any_shown = true;
    t->since_snapshot_ms = 0;
}

bool cp_telemetry_meter_due(const cp_telemetry_t *t, const cp_msg_meter_t *now, bool with_snapshot)
{
    const bool changed = now->energy_mwh != t->shown_energy_mwh || now->current_ma[0] != t->shown_current_ma;

    return t->since_meter_ms >= METER_PERIOD_MS || (with_snapshot && changed);
}

void cp_telemetry_meter_sent(cp_telemetry_t *t, const cp_msg_meter_t *sent)
{
    t->shown_energy_mwh = sent->energy_mwh;
    t->shown_current_ma = sent->current_ma[0];
    t->since_meter_ms = 0;
}
