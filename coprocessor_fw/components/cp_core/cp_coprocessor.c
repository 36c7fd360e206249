#include "cp_coprocessor.h"

#include "cp_coprocessor_parts.h"
#include "cp_math.h"
#include "cp_timing.h"

/* Plug-in counts of one power-up: after a power cut the count continues far ahead, so that no lease for an earlier
 * plug-in, by a host that lived through it, can fit a later one. */
#define PLUGS_PER_POWER_UP_BITS 16u

static uint32_t plug_origin(uint32_t boot_count)
{
    return (boot_count - 1u) << PLUGS_PER_POWER_UP_BITS;
}

/* Note a reset with a closed contactor; true if there were too many of them lately. */
static bool count_closed_reset(cp_rtc_t *rtc)
{
    for (unsigned i = CP_RESETS_KEPT - 1u; i > 0u; i--) {
        rtc->closed_reset_ms[i] = rtc->closed_reset_ms[i - 1u];
    }
    rtc->closed_reset_ms[0] = 0;
    return rtc->closed_reset_ms[CP_RESETS_KEPT - 1u] < CP_RESETS_CLOSED_MS;
}

static void configure(cp_coprocessor_t *cp)
{
    for (uint8_t i = 0; i < cp->board.evse_count; i++) {
        const cp_evse_config_t config = cp_config_for_evse(&cp->config, i);
        cp_evse_configure(&cp->evse[i], &config);
    }
}

static void init_rtc(cp_coprocessor_t *cp, const cp_rtc_t *rtc)
{
    if (rtc != NULL && cp_rtc_is_whole(rtc)) {
        cp->rtc = *rtc;
        return;
    }
    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        cp->rtc.plug[i] = plug_origin(cp->nvm.boot_count);
        cp->rtc.s0_origin[i] = cp->board.nonce;
    }
    for (unsigned i = 0; i < CP_RESETS_KEPT; i++) {
        cp->rtc.closed_reset_ms[i] = UINT32_MAX;
    }
}

void cp_coprocessor_init(cp_coprocessor_t *cp, const cp_board_t *board, const cp_rtc_t *rtc, const uint8_t *nvm,
                         size_t nvm_len)
{
    *cp = (cp_coprocessor_t){0};
    cp->board = *board;
    cp_config_init(&cp->config);
    if (nvm_len > 0u && cp_nvm_decode(&cp->nvm, nvm, nvm_len)) {
        cp_config_restore(&cp->config, &cp->nvm.config);
    }
    cp->nvm.boot_count++;
    cp->store = true;
    init_rtc(cp, rtc);

    const uint32_t closed = cp->rtc.closed;
    const bool too_many = closed != 0u && count_closed_reset(&cp->rtc);
    for (uint8_t i = 0; i < CP_EVSE_MAX; i++) {
        const bool was_closed = (closed >> i & 1u) != 0u;
        const uint32_t resets = too_many && was_closed ? (uint32_t)1u << CP_FAULT_RESETS_WHILE_CLOSED : 0u;
        const cp_evse_past_t past = {
            .plug = cp->rtc.plug[i],
            .plugged = (cp->rtc.plugged >> i & 1u) != 0u,
            .was_closed = was_closed,
            .lockouts = cp->nvm.lockouts[i] | resets,
            .rcm_trips = cp->nvm.rcm_trips[i],
            .s0_origin = cp->rtc.s0_origin[i],
            .s0_pulses = cp->rtc.s0_pulses[i],
        };
        cp_evse_init(&cp->evse[i], &past);
    }
    cp->rtc.closed = 0;
    cp_rtc_seal(&cp->rtc);
    configure(cp);
    cp_events_init(&cp->events);
    cp_link_init(&cp->link, board->nonce);
    cp_report(cp, 0, CP_EVENT_CODE_BOOT, board->reset_reason, (int32_t)closed, "");
    cp_send_hello(cp);
}

static void meet(cp_coprocessor_t *cp, const cp_frame_t *frame)
{
    cp_msg_hello_t hello;

    cp_msg_hello_decode(&hello, frame->payload, frame->len);
    const cp_met_t met = cp_link_meet(&cp->link, &hello);
    if (met == CP_MET_NOBODY) {
        return;
    }
    if (met == CP_MET_NEW) {
        cp_events_rewind(&cp->events);
        cp->counters_ms = 0;
        for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
            cp->leases[i] = (cp_lease_line_t){0};
            cp->telemetry[i] = (cp_telemetry_t){0};
        }
    }
    cp_send_hello(cp);
}

void cp_coprocessor_rx(cp_coprocessor_t *cp, uint64_t now_us, const uint8_t *bytes, size_t len)
{
    cp_frame_t frame = {0};
    cp_msg_event_ack_t ack;

    cp->now_us = now_us > cp->now_us ? now_us : cp->now_us;
    for (size_t i = 0; i < len; i++) {
        switch (cp_link_take(&cp->link, bytes[i], &frame)) {
        case CP_HEARD_HELLO:
            meet(cp, &frame);
            break;
        case CP_HEARD_COMMAND:
            cp_command_take(cp, &frame);
            break;
        case CP_HEARD_LEASE:
            cp_lease_take(cp, &frame);
            break;
        case CP_HEARD_ACK:
            cp_msg_event_ack_decode(&ack, frame.payload, frame.len);
            cp_events_ack(&cp->events, ack.id);
            break;
        case CP_HEARD_NOTHING:
        default:
            break;
        }
    }
}

static bool every_output_open(const cp_coprocessor_t *cp)
{
    bool open = true;

    for (uint8_t i = 0; i < cp->board.evse_count; i++) {
        open = open && !cp_evse_is_closed(&cp->evse[i]) && cp->evse[i].power != (uint8_t)CP_POWER_OPENING;
    }
    return open;
}

static void apply_config(cp_coprocessor_t *cp)
{
    for (unsigned i = 0; i < CP_CONFIG_SETS; i++) {
        const cp_config_set_t set = (cp_config_set_t)i;
        if (cp_config_waits(&cp->config, set)) {
            cp_config_apply(&cp->config, set);
            configure(cp);
            cp->store = true;
            cp_report(cp, 0, CP_EVENT_CODE_CONFIG_APPLIED, cp->config.active.crc[i], (int32_t)i, "");
        }
    }
}

/* What a power cut must not forgive. */
static void keep_lockouts(cp_coprocessor_t *cp)
{
    for (uint8_t i = 0; i < cp->board.evse_count; i++) {
        uint32_t lockouts = cp->evse[i].lockouts_at_boot;
        for (unsigned f = 0; f < CP_FAULT_COUNT; f++) {
            if (cp_fault_class((uint8_t)f) == CP_FAULT_CLASS_LOCKOUT &&
                cp_fault_stands(&cp->evse[i].faults, (cp_fault_t)f)) {
                lockouts |= (uint32_t)1u << f;
            }
        }
        if (lockouts != cp->nvm.lockouts[i] || cp->evse[i].rcm.trips != cp->nvm.rcm_trips[i]) {
            cp->nvm.lockouts[i] = lockouts;
            cp->nvm.rcm_trips[i] = cp->evse[i].rcm.trips;
            cp->store = true;
        }
    }
}

static void keep_rtc(cp_coprocessor_t *cp, uint32_t step_ms)
{
    cp->rtc.plugged = 0;
    cp->rtc.closed = 0;
    for (uint8_t i = 0; i < cp->board.evse_count; i++) {
        cp->rtc.plug[i] = cp->evse[i].plug;
        cp->rtc.s0_origin[i] = cp->evse[i].s0.origin;
        cp->rtc.s0_pulses[i] = cp->evse[i].s0.pulses;
        cp->rtc.plugged |= cp->evse[i].plugged ? (uint32_t)1u << i : 0u;
        cp->rtc.closed |= cp_evse_is_closed(&cp->evse[i]) ? (uint32_t)1u << i : 0u;
    }
    for (unsigned i = 0; i < CP_RESETS_KEPT; i++) {
        cp->rtc.closed_reset_ms[i] = cp_count_up(cp->rtc.closed_reset_ms[i], step_ms);
    }
    cp_rtc_seal(&cp->rtc);
}

static void sense_button(cp_coprocessor_t *cp, uint32_t step_ms, bool held)
{
    cp->button_other_ms = held != cp->button ? cp_count_up(cp->button_other_ms, step_ms) : 0u;
    if (cp->button_other_ms >= CP_BUTTON_DEBOUNCE_MS) {
        cp->button = held;
        cp->button_ms = 0;
        cp->button_other_ms = 0;
        cp->button_done = false;
        cp_report(cp, 0, CP_EVENT_CODE_BUTTON, held ? 1u : 0u, 0, "");
    }
    cp->button_ms = cp_count_up(cp->button_ms, step_ms);
    if (cp->button && cp->button_ms >= CP_BUTTON_CLEAR_MS && !cp->button_done) {
        cp->button_done = true;
        for (uint8_t i = 0; i < cp->board.evse_count; i++) {
            cp_notes_t notes = {0};
            cp_evse_clear_lockouts(&cp->evse[i], &notes);
            cp_report_notes(cp, (uint8_t)(i + 1u), &notes);
        }
    }
}

static void step(cp_coprocessor_t *cp, uint32_t step_ms, const cp_inputs_t *in, cp_outputs_t *out)
{
    cp_bench_mark(&cp->bench, cp->now_us);
    out->leds = 0;
    for (uint8_t i = 0; i < cp->board.evse_count; i++) {
        cp_notes_t notes = {.count = 0};
        cp_evse_tick(&cp->evse[i], step_ms, &in->evse[i], &out->evse[i], &notes);
        out->leds |= out->evse[i].leds;
        cp_report_notes(cp, (uint8_t)(i + 1u), &notes);
    }
    sense_button(cp, step_ms, in->button);
    if (cp->bench.evse > 0u) {
        const uint8_t tested = (uint8_t)(cp->bench.evse - 1u);
        cp_bench_step(&cp->bench, &cp->evse[tested], step_ms, &in->evse[tested], cp->button);
    }
    keep_lockouts(cp);
    keep_rtc(cp, step_ms);
    if (every_output_open(cp)) {
        apply_config(cp);
    }
    cp_send_due(cp, step_ms);
}

void cp_coprocessor_tick(cp_coprocessor_t *cp, uint64_t now_us, const cp_inputs_t *in, cp_outputs_t *out)
{
    cp->now_us = now_us > cp->now_us ? now_us : cp->now_us;
    const uint64_t now_ms = cp->now_us / 1000u;
    while (cp->ticked_ms < now_ms) {
        const uint64_t rest_ms = now_ms - cp->ticked_ms;
        const uint32_t step_ms = rest_ms < CP_STEP_MAX_MS ? (uint32_t)rest_ms : CP_STEP_MAX_MS;
        cp->ticked_ms += step_ms;
        step(cp, step_ms, in, out);
    }
    const bool open = every_output_open(cp);
    out->store = cp->store && open;
    out->restart = cp->restarting && open;
    out->restart_mode = cp->restart_mode;
}

size_t cp_coprocessor_tx(cp_coprocessor_t *cp, uint8_t *out, size_t max)
{
    return cp_link_drain(&cp->link, out, max);
}

size_t cp_coprocessor_nvm(const cp_coprocessor_t *cp, uint8_t out[CP_NVM_SIZE])
{
    cp_nvm_t nvm = cp->nvm;

    nvm.config = cp->config.active;
    return cp_nvm_encode(&nvm, out);
}

void cp_coprocessor_stored(cp_coprocessor_t *cp)
{
    cp->store = false;
}

const cp_config_sets_t *cp_coprocessor_config(const cp_coprocessor_t *cp)
{
    return &cp->config.active;
}

const cp_rtc_t *cp_coprocessor_rtc(const cp_coprocessor_t *cp)
{
    return &cp->rtc;
}
