/* What the host asks for: commands and leases. */

#include "cp_coprocessor_parts.h"

#include "cp_offer.h"

/* The EVSE of a command, or NULL. */
static cp_evse_t *find_evse(cp_coprocessor_t *cp, uint8_t evse)
{
    return evse >= 1u && evse <= cp->board.evse_count ? &cp->evse[evse - 1u] : NULL;
}

static cp_result_t set_lock(cp_coprocessor_t *cp, const cp_frame_t *frame)
{
    cp_msg_set_lock_t m;

    cp_msg_set_lock_decode(&m, frame->payload, frame->len);
    cp_evse_t *const e = find_evse(cp, m.evse);
    if (e == NULL) {
        return CP_RESULT_BAD_EVSE;
    }
    return m.locked > 1u ? CP_RESULT_BAD_VALUE : cp_evse_set_lock(e, m.locked != 0u);
}

static cp_result_t set_available(cp_coprocessor_t *cp, const cp_frame_t *frame)
{
    cp_msg_set_available_t m;

    cp_msg_set_available_decode(&m, frame->payload, frame->len);
    cp_evse_t *const e = find_evse(cp, m.evse);
    if (e == NULL) {
        return CP_RESULT_BAD_EVSE;
    }
    return m.available > 1u ? CP_RESULT_BAD_VALUE : cp_evse_set_available(e, m.available != 0u);
}

static cp_result_t clear_fault(cp_coprocessor_t *cp, const cp_frame_t *frame)
{
    cp_notes_t notes = {0};
    cp_msg_clear_fault_t m;

    cp_msg_clear_fault_decode(&m, frame->payload, frame->len);
    cp_evse_t *const e = find_evse(cp, m.evse);
    if (e == NULL) {
        return CP_RESULT_BAD_EVSE;
    }
    const cp_result_t result = cp_evse_clear_fault(e, m.fault, &notes);
    cp_report_notes(cp, m.evse, &notes);
    return result;
}

static cp_result_t wake(cp_coprocessor_t *cp, const cp_frame_t *frame)
{
    cp_msg_wake_t m;

    cp_msg_wake_decode(&m, frame->payload, frame->len);
    cp_evse_t *const e = find_evse(cp, m.evse);
    return e == NULL ? CP_RESULT_BAD_EVSE : cp_evse_wake(e);
}

static cp_result_t self_test(cp_coprocessor_t *cp, const cp_frame_t *frame)
{
    cp_msg_self_test_t m;

    cp_msg_self_test_decode(&m, frame->payload, frame->len);
    cp_evse_t *const e = find_evse(cp, m.evse);
    return e == NULL ? CP_RESULT_BAD_EVSE : cp_evse_self_test(e);
}

static cp_result_t bench(cp_coprocessor_t *cp, const cp_frame_t *frame)
{
    cp_msg_bench_t m;

    cp_msg_bench_decode(&m, frame->payload, frame->len);
    cp_evse_t *const e = find_evse(cp, m.evse);
    return e == NULL ? CP_RESULT_BAD_EVSE : cp_bench_begin(&cp->bench, e, &m);
}

static cp_result_t reboot(cp_coprocessor_t *cp, const cp_frame_t *frame)
{
    cp_msg_reboot_t m;

    cp_msg_reboot_decode(&m, frame->payload, frame->len);
    if (m.mode > (uint8_t)CP_REBOOT_MODE_BOOTLOADER) {
        return CP_RESULT_BAD_VALUE;
    }
    cp->restarting = true;
    cp->restart_mode = m.mode;
    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        cp_evse_hold_for_restart(&cp->evse[i]);
    }
    return CP_RESULT_ACCEPTED;
}

static cp_result_t config_begin(cp_coprocessor_t *cp, const cp_frame_t *frame)
{
    cp_msg_config_begin_t m;

    cp_msg_config_begin_decode(&m, frame->payload, frame->len);
    return cp_config_begin(&cp->config, &m);
}

/* Name the offending field; of a pin its number, then what is wrong with it. */
static void name_refusal(char *text, size_t size, const cp_config_outcome_t *outcome)
{
    if (outcome->gpio < 0) {
        cp_text_copy(text, size, outcome->refused);
        return;
    }
    const unsigned gpio = (unsigned)outcome->gpio;
    cp_text_copy(text, size, "gpio 000 ");
    text[5] = (char)('0' + gpio / 100u);
    text[6] = (char)('0' + gpio / 10u % 10u);
    text[7] = (char)('0' + gpio % 10u);
    cp_text_copy(&text[9], size - 9u, outcome->refused);
}

static void config_commit(cp_coprocessor_t *cp, const cp_frame_t *frame)
{
    const cp_config_board_t board = {
        .evse_count = cp->board.evse_max > 0u ? cp->board.evse_max : cp->board.evse_count,
        .capabilities = cp->board.capabilities,
        .chip = cp->board.chip,
        .pins = cp->board.pins,
    };
    char field[33];
    cp_msg_config_commit_t m;

    cp_msg_config_commit_decode(&m, frame->payload, frame->len);
    const cp_config_outcome_t outcome = cp_config_commit(&cp->config, &m, &board, cp->button);
    cp_link_reply(&cp->link, CP_MSG_CONFIG_COMMIT, outcome.result, outcome.text);
    if (outcome.refused != NULL) {
        name_refusal(field, sizeof field, &outcome);
        cp_report(cp, 0, CP_EVENT_CODE_CONFIG_REFUSED, m.set, outcome.evse, field);
    } else if (outcome.result == CP_RESULT_ACCEPTED) {
        bool busy = false;
        for (uint8_t i = 0; i < cp->board.evse_count; i++) {
            busy = busy || !cp_evse_proved_open(&cp->evse[i]);
        }
        if (busy) {
            cp_report(cp, 0, CP_EVENT_CODE_CONFIG_PENDING, m.crc, m.set, "");
        }
    }
}

static cp_result_t carry_out(cp_coprocessor_t *cp, const cp_frame_t *frame)
{
    switch (frame->msg) {
    case CP_MSG_SET_LOCK:
        return set_lock(cp, frame);
    case CP_MSG_SET_AVAILABLE:
        return set_available(cp, frame);
    case CP_MSG_CLEAR_FAULT:
        return clear_fault(cp, frame);
    case CP_MSG_WAKE:
        return wake(cp, frame);
    case CP_MSG_SELF_TEST:
        return self_test(cp, frame);
    case CP_MSG_BENCH:
        return bench(cp, frame);
    case CP_MSG_REBOOT:
        return reboot(cp, frame);
    case CP_MSG_CONFIG_BEGIN:
        return config_begin(cp, frame);
    case CP_MSG_CONFIG_BOARD:
    case CP_MSG_CONFIG_EVSE:
    case CP_MSG_CONFIG_PIN:
    case CP_MSG_CONFIG_OPERATIONAL:
        return cp_config_item(&cp->config, frame->msg, frame->payload, frame->len);
    default:
        return CP_RESULT_UNKNOWN_COMMAND;
    }
}

void cp_command_take(cp_coprocessor_t *cp, const cp_frame_t *frame)
{
    if (frame->msg == CP_MSG_CONFIG_COMMIT) {
        config_commit(cp, frame);
    } else {
        cp_link_reply(&cp->link, frame->msg, carry_out(cp, frame), "");
    }
}

/* Older than what was heard of this EVSE in this session, or the same again. The host's clock orders them over any
 * time, the sequence number within one instant of it. */
static bool is_stale(const cp_lease_line_t *line, const cp_msg_lease_t *lease, uint8_t seq)
{
    if (!line->heard || lease->host_clock_us > line->host_clock_us) {
        return false;
    }
    return lease->host_clock_us < line->host_clock_us || (int8_t)(uint8_t)(seq - line->seq) <= 0;
}

static void tell_refusal(cp_coprocessor_t *cp, uint8_t evse, cp_lease_refusal_t refusal, uint32_t plug)
{
    cp_lease_line_t *const line = &cp->leases[evse - 1u];

    cp->link.counters.refused[refusal]++;
    if (line->refusal_told != (uint8_t)refusal || line->refusal_plug != plug) {
        cp_report(cp, evse, CP_EVENT_CODE_LEASE_REFUSED, (uint32_t)refusal, (int32_t)(plug & 0x7FFFFFFFu), "");
    }
    line->refusal_told = (uint8_t)refusal;
    line->refusal_plug = plug;
}

void cp_lease_take(cp_coprocessor_t *cp, const cp_frame_t *frame)
{
    cp_msg_lease_t lease;

    cp_msg_lease_decode(&lease, frame->payload, frame->len);
    cp_evse_t *const e = find_evse(cp, lease.evse);
    if (e == NULL) {
        cp->link.counters.refused[CP_LEASE_REFUSAL_BAD_EVSE]++;
        return;
    }
    cp_lease_line_t *const line = &cp->leases[lease.evse - 1u];
    if (is_stale(line, &lease, frame->seq)) {
        cp->link.counters.stale++;
        return;
    }
    line->heard = true;
    line->seq = frame->seq;
    line->host_clock_us = lease.host_clock_us;
    line->heard_us = cp->now_us;
    const cp_lease_refusal_t refusal = cp_evse_lease(e, &lease);
    if (refusal != CP_LEASE_REFUSAL_NONE) {
        tell_refusal(cp, lease.evse, refusal, lease.plug);
        return;
    }
    line->refusal_told = (uint8_t)CP_LEASE_REFUSAL_NONE;
    line->hurry = line->hurry || lease.limit_da < CP_OFFER_MIN_DA; /* a stop */
}
