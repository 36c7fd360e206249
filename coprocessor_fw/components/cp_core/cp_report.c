/* What the coprocessor tells the host of its own accord. */

#include "cp_coprocessor_parts.h"

#include "cp_math.h"
#include "cp_proximity.h"

#define HELLO_PERIOD_MS 1000u
#define COUNTERS_PERIOD_MS 5000u
/* Events that may leave in one tick: one every few milliseconds is all that the line carries. */
#define EVENTS_PER_TICK 8u

void cp_report(cp_coprocessor_t *cp, uint8_t evse, cp_event_code_t code, uint32_t value, int32_t extra,
               const char *text)
{
    cp_msg_event_t event;

    cp_msg_event_default(&event);
    event.uptime_us = cp->now_us;
    event.evse = evse;
    event.code = (uint8_t)code;
    event.value = value;
    event.extra = extra;
    if (evse >= 1u && evse <= CP_EVSE_MAX) {
        event.plug = cp->evse[evse - 1u].plug;
        event.energy_mwh = cp->evse[evse - 1u].meter.energy_mwh;
        event.meter_boot = cp->evse[evse - 1u].meter.meter_boot;
    }
    cp_text_copy(event.text, sizeof event.text, text);
    if (!cp_events_put(&cp->events, &event)) {
        cp->link.counters.events_lost = cp_count_up(cp->link.counters.events_lost, 1u);
    }
}

void cp_report_notes(cp_coprocessor_t *cp, uint8_t evse, const cp_notes_t *notes)
{
    for (uint8_t i = 0; i < notes->count; i++) {
        const cp_note_t *const note = &notes->note[i];
        const bool fault =
            note->code == (uint8_t)CP_EVENT_CODE_FAULT_RAISED || note->code == (uint8_t)CP_EVENT_CODE_FAULT_CLEARED;
        cp_report(cp, evse, (cp_event_code_t)note->code, note->value, note->extra,
                  fault ? cp_fault_name((uint8_t)note->value) : "");
    }
}

void cp_send_hello(cp_coprocessor_t *cp)
{
    cp_msg_hello_t hello;

    cp_msg_hello_default(&hello);
    hello.role = (uint8_t)CP_ROLE_COPROCESSOR;
    hello.major = CP_PROTOCOL_MAJOR;
    hello.minor = CP_PROTOCOL_MINOR;
    hello.build = cp->board.build;
    hello.layout_hash = CP_LAYOUT_HASH;
    hello.nonce = cp->link.nonce;
    hello.peer_nonce = cp->link.met ? cp->link.host_nonce : 0u;
    hello.max_frame = CP_FRAME_WIRE_MAX;
    for (unsigned i = 0; i < 3u; i++) {
        hello.version[i] = cp->board.version[i];
    }
    cp_text_copy(hello.revision, sizeof hello.revision, cp->board.revision);
    cp_text_copy(hello.chip, sizeof hello.chip, cp->board.chip);
    for (unsigned i = 0; i < 6u; i++) {
        hello.mac[i] = cp->board.mac[i];
    }
    hello.evse_count = cp->board.evse_count;
    hello.capabilities = cp->board.capabilities;
    hello.config_crc = cp->config.active.crc[CP_CONFIG_SET_COMMISSIONED];
    hello.reset_reason = cp->board.reset_reason;
    hello.boot_count = cp->nvm.boot_count;
    hello.uptime_us = cp->now_us;
    (void)cp_link_send_hello(&cp->link, &hello);
    cp->hello_ms = HELLO_PERIOD_MS;
}

static uint32_t age_us(uint64_t now_us, uint64_t then_us)
{
    const uint64_t age = now_us - then_us;

    return age > UINT32_MAX ? UINT32_MAX : (uint32_t)age;
}

static void fill_snapshot(const cp_coprocessor_t *cp, uint8_t index, cp_msg_snapshot_t *s)
{
    const cp_evse_t *const e = &cp->evse[index];
    const cp_lease_line_t *const line = &cp->leases[index];
    const bool cable_read = e->config.commissioned && !e->config.fixed_cable && e->plugged;

    cp_msg_snapshot_default(s);
    s->evse = (uint8_t)(index + 1u);
    s->uptime_us = cp->now_us;
    if (line->heard) {
        s->host_clock_us = line->host_clock_us;
        s->host_clock_age_us = age_us(cp->now_us, line->heard_us);
    }
    s->pilot = (uint8_t)cp_evse_pilot(e);
    s->pilot_high_mv = e->pilot.high_mv;
    s->pilot_low_mv = e->pilot.low_mv;
    s->contactor = (uint8_t)cp_evse_contactor(e);
    s->power = e->power;
    s->blocked = cp_evse_blocked(e);
    s->wait_ms = cp_evse_wait_ms(e);
    s->faults = cp_faults_bits(&e->faults);
    s->offer_da = e->offer_da;
    s->phases = e->phases;
    s->lease_ms = e->lease.held ? e->lease.rest_ms : 0u;
    s->lease_da = e->lease.held ? e->lease.limit_da : 0u;
    s->plug = e->plug;
    s->cable_da = cable_read ? e->cable_da : CP_CABLE_UNREAD_DA;
    s->lock = (uint8_t)cp_evse_lock(e);
    s->cycles = e->cycles;
    s->opened_under_load = e->opened_under_load;
    if (e->heat.known) {
        s->temperature_dc = e->heat.dc;
    }
    s->derated_da = cp_evse_derated_da(e);
    s->rcm_trips = e->rcm.trips;
    s->config_crc = cp->config.active.crc[CP_CONFIG_SET_COMMISSIONED];
    s->config_pending = cp_config_waits(&cp->config, CP_CONFIG_SET_COMMISSIONED) ||
                                cp_config_waits(&cp->config, CP_CONFIG_SET_OPERATIONAL)
                            ? 1u
                            : 0u;
}

static void fill_meter(const cp_coprocessor_t *cp, uint8_t index, cp_msg_meter_t *m)
{
    const cp_meter_reading_t *const reading = &cp->evse[index].meter;

    cp_msg_meter_default(m);
    m->evse = (uint8_t)(index + 1u);
    m->uptime_us = cp->now_us;
    m->source = reading->source;
    m->meter_boot = reading->meter_boot;
    m->energy_mwh = reading->energy_mwh;
    for (unsigned i = 0; i < 3u; i++) {
        m->current_ma[i] = reading->current_ma[i];
        m->voltage_mv[i] = reading->voltage_mv[i];
    }
    m->power_mw = reading->power_mw;
}

static void send_telemetry(cp_coprocessor_t *cp, uint8_t index)
{
    cp_telemetry_t *const t = &cp->telemetry[index];
    cp_lease_line_t *const line = &cp->leases[index];
    uint8_t payload[CP_MAX_PAYLOAD];
    cp_msg_snapshot_t snapshot;
    cp_msg_meter_t meter;
    bool sent = false;

    fill_snapshot(cp, index, &snapshot);
    if (cp_telemetry_snapshot_due(t, &snapshot, cp->config.active.operational[index].snapshot_ms, line->hurry)) {
        const size_t len = cp_msg_snapshot_encode(&snapshot, payload);
        sent = cp_link_send(&cp->link, CP_KIND_SNAPSHOT, CP_MSG_SNAPSHOT, payload, len);
        cp_telemetry_snapshot_sent(t, &snapshot); /* dropped or not: the next one is as good */
        line->hurry = line->hurry && !sent;
    }
    fill_meter(cp, index, &meter);
    if (cp_telemetry_meter_due(t, &meter, sent)) {
        const size_t len = cp_msg_meter_encode(&meter, payload);
        (void)cp_link_send(&cp->link, CP_KIND_SNAPSHOT, CP_MSG_METER, payload, len);
        cp_telemetry_meter_sent(t, &meter);
    }
}

static void send_events(cp_coprocessor_t *cp)
{
    uint8_t payload[CP_MAX_PAYLOAD];
    cp_msg_event_t event;

    for (unsigned i = 0; i < EVENTS_PER_TICK && cp_events_next(&cp->events, &event); i++) {
        const size_t len = cp_msg_event_encode(&event, payload);
        if (!cp_link_send(&cp->link, CP_KIND_EVENT, CP_MSG_EVENT, payload, len)) {
            return;
        }
        cp->link.counters.resent += cp_events_sent(&cp->events) ? 1u : 0u;
    }
}

static void send_bench(cp_coprocessor_t *cp, uint32_t step_ms)
{
    uint8_t payload[CP_MAX_PAYLOAD];
    cp_msg_bench_state_t state;

    if (cp->bench.evse == 0u || !cp_bench_shows(&cp->bench, step_ms)) {
        return;
    }
    const uint8_t index = (uint8_t)(cp->bench.evse - 1u);
    cp_msg_bench_state_default(&state);
    state.uptime_us = cp->now_us;
    state.minus12_mv = cp->config.active.evse[index].pilot_minus12_mv;
    state.plus12_mv = cp->config.active.evse[index].pilot_plus12_mv;
    cp_bench_fill(&cp->bench, &cp->evse[index], &state);
    (void)cp_link_send(&cp->link, CP_KIND_SNAPSHOT, CP_MSG_BENCH_STATE, payload,
                       cp_msg_bench_state_encode(&state, payload));
}

static void send_counters(cp_coprocessor_t *cp, uint32_t step_ms)
{
    uint8_t payload[CP_MAX_PAYLOAD];

    cp->counters_ms = cp_count_down(cp->counters_ms, step_ms);
    if (cp->counters_ms == 0u) {
        const size_t len = cp_msg_counters_encode(&cp->link.counters, payload);
        (void)cp_link_send(&cp->link, CP_KIND_SNAPSHOT, CP_MSG_COUNTERS, payload, len);
        cp->counters_ms = COUNTERS_PERIOD_MS;
    }
}

void cp_send_due(cp_coprocessor_t *cp, uint32_t step_ms)
{
    cp_link_pass_time(&cp->link, step_ms);
    cp_events_pass_time(&cp->events, step_ms);
    for (uint8_t i = 0; i < cp->board.evse_count; i++) {
        cp_telemetry_pass_time(&cp->telemetry[i], step_ms);
    }
    if (!cp->link.met) {
        cp->hello_ms = cp_count_down(cp->hello_ms, step_ms);
        if (cp->hello_ms == 0u) {
            cp_send_hello(cp);
        }
        return;
    }
    if (cp->link.foreign) {
        return;
    }
    send_events(cp);
    for (uint8_t i = 0; i < cp->board.evse_count; i++) {
        send_telemetry(cp, i);
    }
    send_bench(cp, step_ms);
    send_counters(cp, step_ms);
}
