#include "state.h"

#include "cp_math.h"
#include "cp_test.h"
#include "cp_timing.h"

#include <string.h>

/* Any plug-in count will do: it is only ever compared for equality, with the lease's. */
#define PLUG 100u
#define NEVER_BYTE 255u

static uint32_t at_most(uint32_t value, uint32_t bound)
{
    return cp_min_u32(value, bound);
}

/* The last window is over; its means were judged. The diode is looked at under PWM only, and anew under the next. */
static void canonicalise_pilot(cp_pilot_reader_t *p)
{
    CHECK(p->elapsed_ms == 0u);
    p->high_mv = 0;
    p->low_mv = 0;
    if (p->run == 0u) {
        p->candidate = 0;
    }
    if (p->drive != (uint8_t)CP_DRIVE_PWM) {
        p->diode_good = 0;
        p->diode_bad = 0;
    }
}

/* A count and an age are told, and decide nothing. */
static void canonicalise_faults(cp_fault_set_t *set)
{
    for (unsigned i = 0; i < CP_FAULT_COUNT; i++) {
        set->entry[i].count = 0;
        set->entry[i].age_ms = 0;
    }
}

/* The machine's clock is asked in two states only, and whether it is 0 when it has just closed. */
static void canonicalise_machine(cp_evse_t *e)
{
    const bool by_time = !e->config.feedback_fitted;

    switch ((cp_power_t)e->power) {
    case CP_POWER_CLOSING:
        e->state_ms = at_most(e->state_ms, by_time ? CP_DROP_OUT_MS : 1u);
        break;
    case CP_POWER_WINDING_DOWN:
        e->state_ms = at_most(e->state_ms, CP_WIND_DOWN_MS);
        break;
    default:
        e->state_ms = 0;
        break;
    }
    e->open_ms = cp_evse_is_closed(e) ? 0u : at_most(e->open_ms, by_time ? CP_DROP_OUT_MS : CP_WINDOW_MS);
    e->phase_ms = e->config.phase_switch ? at_most(e->phase_ms, CP_PHASE_SWITCH_MS) : 0u;
    e->cycles = 0;
    e->opened_under_load = 0;
    e->edge_ms = 0;
    e->closed_noted = false;
#ifdef CP_EXPLORE_CHATTER
    e->closings = (uint8_t)at_most(e->closings, CP_CLOSINGS_FREE + CP_CLOSINGS_STRETCH_MAX + 1u);
#else /* forgotten before the next closing: see timing_order.c */
    CHECK(e->closings <= 1u);
    e->closings = 0;
    e->closings_forget_ms = 0;
#endif
    e->retries_used = (uint8_t)at_most(e->retries_used, e->config.retries == 255u ? 0u : e->config.retries);
}

/* A lease that is not held is nothing; one for another plug-in is another's by so many. */
static void canonicalise_plug(cp_evse_t *e)
{
    if (!e->lease.held) {
        e->lease = (cp_lease_t){.held = false};
    } else {
        e->lease.plug = PLUG + (e->lease.plug - e->plug);
    }
    e->plug = PLUG;
    e->asks_ms = at_most(e->asks_ms, e->config.close_debounce_ms);
    e->short_ms = at_most(e->short_ms, CP_SHORT_MS);
    e->sound_ms = at_most(e->sound_ms, CP_PILOT_SOUND_MS);
    e->unsound_ms = at_most(e->unsound_ms, CP_INVALID_OPEN_MS);
    e->blind_ms = at_most(e->blind_ms, CP_BLIND_MS);
    e->cable_ms = at_most(e->cable_ms, CP_PROXIMITY_MS);
    e->cable_bad_ms = at_most(e->cable_bad_ms, CP_PROXIMITY_FAULT_MS);
    e->feedback_ms = at_most(e->feedback_ms, CP_FEEDBACK_MS);
}

static void canonicalise_rcm(cp_evse_t *e)
{
    cp_rcm_t *const r = &e->rcm;
    const bool timed = r->phase != (uint8_t)CP_RCM_DUE && r->phase != (uint8_t)CP_RCM_READY;
    const bool tested = r->phase == (uint8_t)CP_RCM_READY && e->config.rcm_test_ms > 0u;

    r->phase_ms = timed ? at_most(r->phase_ms, CP_RCM_SETTLE_MS) : 0u;
    r->took_ms = 0;
    r->since_test_ms = tested ? at_most(r->since_test_ms, CP_RCM_TEST_EVERY_MS) : 0u;
    r->used = r->used && tested;
    if (cp_fault_stands(&e->faults, CP_FAULT_RCM_LOCKOUT)) { /* for ever: no slice with a monitor clears lock-outs */
        r->trips = 0;
        e->faults.entry[CP_FAULT_RCM_LOCKOUT].cause = false;
    }
    r->forget_ms = r->trips > 0u ? r->forget_ms : 0u;
}

/* The slices of the offer's memory stand in a ring: turn it so that the present one is the first. */
static void canonicalise_overcurrent(cp_evse_t *e)
{
    cp_overcurrent_t *const o = &e->overcurrent;
    const cp_overcurrent_t was = *o;

    if (e->config.current == (uint8_t)CP_CURRENT_SOURCE_NONE) {
        *o = (cp_overcurrent_t){.slice = 0};
        return;
    }
    for (unsigned i = 0; i < CP_OVERCURRENT_SLICES; i++) {
        o->highest_da[i] = was.highest_da[(was.slice + i) % CP_OVERCURRENT_SLICES];
    }
    o->slice = 0;
    o->over_ms = at_most(o->over_ms, CP_OVERCURRENT_MS);
    o->far_ms = at_most(o->far_ms, CP_OVERCURRENT_FAR_MS);
}

static void canonicalise_heat(cp_evse_t *e)
{
    cp_temperature_t *const t = &e->heat;

    t->level_ms = e->config.temperature.sensor == (uint8_t)CP_TEMPERATURE_SENSOR_NONE
                      ? 0u
                      : at_most(t->level_ms, CP_HEAT_HOLD_MS);
    t->dc = t->known ? t->dc : (int16_t)0;
}

/* Where the lock is, is read anew in each tick; the pulse and the note are for its actuator and the host. */
static void canonicalise_lock(cp_evse_t *e)
{
    e->lock_at = 0;
    e->lock_noted = 0;
    e->lock_pulse_ms = 0;
    e->lock_ms = at_most(e->lock_ms, CP_LOCK_MS);
    e->lock_moved_ms = e->config.lock_fitted && !e->config.lock_feedback ? at_most(e->lock_moved_ms, CP_LOCK_ASSUMED_MS)
                                                                         : CP_LOCK_ASSUMED_MS;
    if (!e->config.lock_fitted) {
        e->lock_wanted = false;
        e->lock_driven = false;
    }
}

void state_canonicalise(cp_evse_t *e)
{
    canonicalise_pilot(&e->pilot);
    canonicalise_faults(&e->faults);
    canonicalise_machine(e);
    canonicalise_plug(e);
    canonicalise_rcm(e);
    canonicalise_overcurrent(e);
    canonicalise_heat(e);
    canonicalise_lock(e);
    e->earth_lost_ms = at_most(e->earth_lost_ms, CP_EARTH_LOST_MS);
    e->earth_sound_ms = at_most(e->earth_sound_ms, CP_EARTH_SOUND_MS);
    if (e->bench.rest_ms == 0u) {
        e->bench = (cp_evse_bench_t){.rest_ms = 0};
    }
    cp_s0_init(&e->s0, 1, 0);                     /* no such meter here; it decides nothing anyway */
    e->meter = (cp_meter_reading_t){.source = 0}; /* read anew in each tick, and so is the current */
    e->current_ma = 0;
    e->current_known = e->current_known && e->config.current != (uint8_t)CP_CURRENT_SOURCE_NONE;
    e->pilot_noted = 0; /* what was told to the host, and when; what the lamps show */
    e->pilot_note_ms = 0;
    e->lamp_ms = 0;
}

/* Every field that may differ between canonical states, in a byte. */
#define BYTES(X)                                                                                                       \
    X(pilot.drive)                                                                                                     \
    X(pilot.blank)                                                                                                     \
    X(pilot.letter)                                                                                                    \
    X(pilot.candidate)                                                                                                 \
    X(pilot.run)                                                                                                       \
    X(pilot.strikes)                                                                                                   \
    X(pilot.diode_good)                                                                                                \
    X(pilot.diode_bad)                                                                                                 \
    X(lease.held)                                                                                                      \
    X(lease.plug)                                                                                                      \
    X(lease.phases)                                                                                                    \
    X(lease.rest_ms)                                                                                                   \
    X(power)                                                                                                           \
    X(state_ms)                                                                                                        \
    X(open_ms)                                                                                                         \
    X(reclose_ms)                                                                                                      \
    X(closings)                                                                                                        \
    X(closings_forget_ms)                                                                                              \
    X(under_load_ms)                                                                                                   \
    X(retries_used)                                                                                                    \
    X(bench.rest_ms)                                                                                                   \
    X(bench.drive)                                                                                                     \
    X(drive)                                                                                                           \
    X(raise_ms)                                                                                                        \
    X(phases)                                                                                                          \
    X(phase_ms)                                                                                                        \
    X(plugged)                                                                                                         \
    X(plug)                                                                                                            \
    X(asks_ms)                                                                                                         \
    X(short_ms)                                                                                                        \
    X(sound_ms)                                                                                                        \
    X(unsound_ms)                                                                                                      \
    X(blind_ms)                                                                                                        \
    X(diode_proved)                                                                                                    \
    X(diode_failed)                                                                                                    \
    X(wants_ventilation)                                                                                               \
    X(cable_ms)                                                                                                        \
    X(cable_bad_ms)                                                                                                    \
    X(feedback_closed)                                                                                                 \
    X(feedback_ms)                                                                                                     \
    X(rcm.phase)                                                                                                       \
    X(rcm.phase_ms)                                                                                                    \
    X(rcm.since_test_ms)                                                                                               \
    X(rcm.used)                                                                                                        \
    X(rcm.tripped)                                                                                                     \
    X(rcm.trips)                                                                                                       \
    X(rcm.forget_ms)                                                                                                   \
    X(overcurrent.slice_ms)                                                                                            \
    X(overcurrent.over_ms)                                                                                             \
    X(overcurrent.far_ms)                                                                                              \
    X(heat.count)                                                                                                      \
    X(heat.elapsed_ms)                                                                                                 \
    X(heat.known)                                                                                                      \
    X(heat.strange)                                                                                                    \
    X(heat.broken)                                                                                                     \
    X(heat.level)                                                                                                      \
    X(heat.level_ms)                                                                                                   \
    X(earth_lost_ms)                                                                                                   \
    X(earth_sound_ms)                                                                                                  \
    X(lock_started)                                                                                                    \
    X(lock_wanted)                                                                                                     \
    X(lock_driven)                                                                                                     \
    X(lock_jammed)                                                                                                     \
    X(lock_ms)                                                                                                         \
    X(lock_moved_ms)                                                                                                   \
    X(current_known)                                                                                                   \
    X(available)                                                                                                       \
    X(out_of_service)                                                                                                  \
    X(restarting)                                                                                                      \
    X(wake_ms)                                                                                                         \
    X(self_test_ms)                                                                                                    \
    X(self_test_due)                                                                                                   \
    X(self_test_passed)                                                                                                \
    X(self_test_failed)

/* And those that need more. */
#define WORDS(X)                                                                                                       \
    X(lease.limit_da)                                                                                                  \
    X(offer_da)                                                                                                        \
    X(cable_seen_da)                                                                                                   \
    X(cable_da)                                                                                                        \
    X(overcurrent.highest_da[0])                                                                                       \
    X(overcurrent.highest_da[1])                                                                                       \
    X(overcurrent.highest_da[2])                                                                                       \
    X(overcurrent.highest_da[3])                                                                                       \
    X(overcurrent.highest_da[4])                                                                                       \
    X(overcurrent.highest_da[5])                                                                                       \
    X(overcurrent.highest_da[6])                                                                                       \
    X(heat.sum_mv)                                                                                                     \
    X(heat.dc)                                                                                                         \
    X(bench.duty_bp)

#define QUADS(X) X(bench.faults) X(lockouts_at_boot)

static uint32_t fault_bits(const cp_fault_set_t *set, bool causes)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < CP_FAULT_COUNT; i++) {
        bits |= (uint32_t)(causes ? set->entry[i].cause : set->entry[i].standing) << i;
    }
    return bits;
}

static uint8_t *put(uint8_t *out, uint32_t value, unsigned bytes)
{
    CHECK(bytes == 4u || value >> (8u * bytes) == 0u);
    for (unsigned i = 0; i < bytes; i++) {
        out[i] = (uint8_t)(value >> (8u * i) & 0xFFu);
    }
    return out + bytes;
}

static uint32_t get(const uint8_t **in, unsigned bytes)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < bytes; i++) {
        value |= (uint32_t)(*in)[i] << (8u * i);
    }
    *in += bytes;
    return value;
}

void state_pack(const cp_evse_t *e, uint8_t out[STATE_BYTES])
{
    uint8_t *at = out;

    memset(out, 0, STATE_BYTES);
#define PUT(field) at = put(at, (uint32_t)e->field, 1);
    BYTES(PUT)
#undef PUT
#define PUT(field) at = put(at, (uint16_t)e->field, 2);
    WORDS(PUT)
#undef PUT
#define PUT(field) at = put(at, (uint32_t)e->field, 4);
    QUADS(PUT)
#undef PUT
    for (unsigned i = 0; i < CP_RETRIES; i++) {
        at = put(at, e->retry_ms[i] == CP_RETRY_NEVER_MS ? NEVER_BYTE : e->retry_ms[i], 1);
    }
    at = put(at, fault_bits(&e->faults, false), 4);
    at = put(at, fault_bits(&e->faults, true), 4);
    CHECK(at <= out + STATE_BYTES);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion" /* what was packed fits */
void state_unpack(cp_evse_t *e, const cp_evse_config_t *config, const uint8_t in[STATE_BYTES])
{
    const uint8_t *at = in;

    *e = (cp_evse_t){.config = *config};
    cp_pilot_init(&e->pilot);
    cp_s0_init(&e->s0, 1, 0);
#define GET(field) e->field = get(&at, 1);
    BYTES(GET)
#undef GET
#define GET(field) e->field = get(&at, 2);
    WORDS(GET)
#undef GET
#define GET(field) e->field = get(&at, 4);
    QUADS(GET)
#undef GET
    for (unsigned i = 0; i < CP_RETRIES; i++) {
        const uint32_t rest = get(&at, 1);
        e->retry_ms[i] = rest == NEVER_BYTE ? CP_RETRY_NEVER_MS : rest;
    }
    const uint32_t standing = get(&at, 4);
    const uint32_t causes = get(&at, 4);
    for (unsigned i = 0; i < CP_FAULT_COUNT; i++) {
        e->faults.entry[i].standing = (standing >> i & 1u) != 0u;
        e->faults.entry[i].cause = (causes >> i & 1u) != 0u;
    }
}
#pragma GCC diagnostic pop
