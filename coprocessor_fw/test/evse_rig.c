#include "evse_rig.h"

#include "clauses.h"

#include <string.h>

cp_evse_config_t rig_config(void)
{
    return (cp_evse_config_t){
        .commissioned = true,
        .hard_limit_da = 320,
        .limit_da = 800,
        .phases = 3,
        .lock_fitted = true,
        .feedback_fitted = true,
        .close_debounce_ms = 500,
        .lock_feedback = true,
        .retries = 5,
        .retry_s = 30,
        .rcm = (uint8_t)CP_RCM_TYPE_NORMALLY_CLOSED,
        .rcm_test_ms = RIG_RCM_TEST_MS,
        .rcm_lockout = 3,
        .earth_fitted = true,
        .stop_fitted = true,
        .current = (uint8_t)CP_CURRENT_SOURCE_METER,
        .current_ma_per_v = 20000,
        .temperature =
            {
                .sensor = (uint8_t)CP_TEMPERATURE_SENSOR_NTC_LOW,
                .r25_ohm = 10000,
                .beta = 3950,
                .series_ohm = 10000,
                .supply_mv = 3300,
                .level_dc = {600, 700, 800},
            },
    };
}

void rig_power_up(rig_t *r, uint32_t step_ms, const cp_evse_config_t *config, const cp_evse_past_t *past)
{
    *r = (rig_t){.step_ms = step_ms, .letter = 'A', .diode = true, .draws = true, .draw_ma = 16000, .lease_phases = 3};
    r->in.proximity_ohm = 220;
    r->temperature_mv = RIG_ROOM_MV;
    r->in.lock_at = (uint8_t)CP_LOCK_AT_UNLOCKED;
    cp_evse_init(&r->e, past);
    cp_evse_configure(&r->e, config);
    r->out.drive = (uint8_t)CP_DRIVE_F;
}

void rig_start(rig_t *r, uint32_t step_ms)
{
    const cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};

    rig_power_up(r, step_ms, &config, &past);
    rig_run(r, 15000);
    r->events = 0;
}

static int16_t load_mv(char letter)
{
    switch (letter) {
    case 'A':
        return 12000;
    case 'B':
        return 9000;
    case 'C':
        return 6000;
    case 'D':
        return 3000;
    case 'E':
        return 0;
    default:
        return 14500;
    }
}

static void sense(rig_t *r)
{
    const int16_t load = load_mv(r->letter);
    int16_t negative = r->diode || r->letter == 'A' ? -12000 : (int16_t)-load;
    const bool closed = (r->out.contactor_closed && !r->stuck_open) || r->welded;

    if (r->letter == 'E') {
        negative = 0;
    }
    r->in.pilot_high_mv = r->out.drive == (uint8_t)CP_DRIVE_F ? negative : load;
    r->in.pilot_low_mv = r->out.drive == (uint8_t)CP_DRIVE_STEADY ? load : negative;
    r->in.feedback_closed = closed;
    if (!r->lock_jammed) {
        r->in.lock_at = r->out.lock ? (uint8_t)CP_LOCK_AT_LOCKED : (uint8_t)CP_LOCK_AT_UNLOCKED;
    }
    r->in.meter.source = r->no_meter ? (uint8_t)CP_METER_SOURCE_NONE : (uint8_t)CP_METER_SOURCE_INTERNAL;
    const bool asks = r->letter == 'C' || r->letter == 'D';
    const bool stopped = r->obedient && r->out.drive != (uint8_t)CP_DRIVE_PWM;
    for (unsigned i = 0; i < 3u; i++) {
        r->in.meter.current_ma[i] = closed && asks && r->draws && !stopped && !r->no_meter ? r->draw_ma : 0u;
    }
}

/* The monitor follows its test output after 20 ms, and goes back as fast. */
static void sense_guards(rig_t *r)
{
    const bool stuck = r->rcm_sticks && r->rcm_ms > 0u;

    if (!stuck) {
        r->rcm_ms = r->out.rcm_test && !r->rcm_deaf ? r->rcm_ms + r->step_ms : 0u;
    }
    r->in.rcm_closed = !r->residual && r->rcm_ms < 20u && !stuck;
    r->in.earth_present = !r->earth_lost;
    r->in.stop_closed = !r->stop_pressed;
    r->in.temperature_mv = r->temperature_mv;
}

static void tick(rig_t *r)
{
    cp_notes_t notes = {.count = 0};
    const bool was_closed = r->out.contactor_closed;
    cp_evse_t before;

    if (r->lease_every_ms > 0u && r->now_ms % r->lease_every_ms < r->step_ms) {
        (void)rig_lease(r, r->lease_da);
    }
    sense(r);
    sense_guards(r);
    before = r->e;
    cp_evse_tick(&r->e, r->step_ms, &r->in, &r->out, &notes);
    r->now_ms += r->step_ms;
    if (r->out.contactor_closed != was_closed) {
        r->moved_ms = r->now_ms;
    }
    for (unsigned i = 0; i < notes.count; i++) {
        CHECK(r->events < RIG_EVENTS_MAX);
        r->event[r->events] = notes.note[i];
        r->event_ms[r->events] = r->now_ms;
        r->events++;
    }
    CHECK(cp_evse_well_formed(&r->e) && cp_pilot_windows_well_formed(&r->e.pilot));
    CHECK_CLAUSES(cp_evse_broken(&r->e));
    CHECK_CLAUSES(cp_evse_broken_by_tick(&before, r->step_ms, &r->in, &r->e, &r->out));
    CHECK_EQ(r->out.contactor_closed, cp_evse_is_closed(&r->e));
    CHECK(!r->out.contactor_closed || r->out.drive != (uint8_t)CP_DRIVE_F);
}

void rig_run(rig_t *r, uint32_t ms)
{
    for (uint32_t ran = 0; ran < ms; ran += r->step_ms) {
        tick(r);
    }
}

uint32_t rig_until_closed(rig_t *r, bool closed, uint32_t limit_ms)
{
    uint32_t ran = 0;

    while (r->out.contactor_closed != closed) {
        CHECK(ran <= limit_ms);
        tick(r);
        ran += r->step_ms;
    }
    return ran;
}

uint32_t rig_until_power(rig_t *r, cp_power_t power, uint32_t limit_ms)
{
    uint32_t ran = 0;

    while (r->e.power != (uint8_t)power) {
        CHECK(ran <= limit_ms);
        tick(r);
        ran += r->step_ms;
    }
    return ran;
}

cp_lease_refusal_t rig_take(rig_t *r, const cp_msg_lease_t *lease)
{
    const cp_evse_t before = r->e;
    const cp_lease_refusal_t refusal = cp_evse_lease(&r->e, lease);

    CHECK_CLAUSES(cp_evse_broken_by_lease(&before, lease, refusal, &r->e));
    return refusal;
}

cp_lease_refusal_t rig_lease(rig_t *r, uint16_t limit_da)
{
    const cp_msg_lease_t lease = {
        .evse = 1, .plug = r->e.plug, .limit_da = limit_da, .phases = r->lease_phases, .ttl_ms = 10000};

    return rig_take(r, &lease);
}

void rig_charge(rig_t *r)
{
    r->letter = 'B';
    rig_run(r, 200);
    r->lease_da = 160;
    r->lease_every_ms = 500;
    rig_run(r, 1000);
    r->letter = 'C';
    (void)rig_until_power(r, CP_POWER_ENERGISED, 60000);
    r->events = 0;
}

unsigned rig_count(const rig_t *r, cp_event_code_t code)
{
    unsigned count = 0;

    for (unsigned i = 0; i < r->events; i++) {
        count += r->event[i].code == (uint8_t)code ? 1u : 0u;
    }
    return count;
}

const cp_note_t *rig_last(const rig_t *r, cp_event_code_t code)
{
    const cp_note_t *found = NULL;

    for (unsigned i = 0; i < r->events; i++) {
        found = r->event[i].code == (uint8_t)code ? &r->event[i] : found;
    }
    CHECK(found != NULL);
    return found;
}
