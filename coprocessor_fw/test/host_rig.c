#include "host_rig.h"

#include "clauses.h"
#include "cp_crc32.h"

#include <string.h>

#define TICK_MS 10u

void host_start(host_t *h, uint8_t evses)
{
    static const uint8_t mac[6] = {2, 0x43, 0, 0, 0, 1};

    memset(h, 0, sizeof *h);
    h->acks = true;
    h->lease_phases = 3;
    cp_sim_init(&h->sim, evses, mac, 12345);
}

void host_send_raw(host_t *h, const uint8_t *bytes, size_t len)
{
    (void)cp_sim_link_write(&h->sim, bytes, len);
}

static void send_frame(host_t *h, uint8_t kind, uint16_t session, uint8_t seq, uint16_t msg, const uint8_t *payload,
                       size_t len)
{
    const cp_frame_t frame = {.major = CP_PROTOCOL_MAJOR,
                              .kind = kind,
                              .session = session,
                              .seq = seq,
                              .msg = msg,
                              .payload = payload,
                              .len = len};

    h->wire_len = cp_frame_encode(&frame, h->wire);
    host_send_raw(h, h->wire, h->wire_len);
}

void host_send(host_t *h, uint8_t kind, uint16_t msg, const uint8_t *payload, size_t len)
{
    send_frame(h, kind, h->session, h->seq[kind], msg, payload, len);
    h->seq[kind]++;
}

static void hear_event(host_t *h, const cp_frame_t *frame)
{
    cp_msg_event_t *const event = &h->event[h->events % HOST_EVENTS_MAX];
    uint8_t payload[CP_MSG_EVENT_ACK_SIZE];

    cp_msg_event_decode(event, frame->payload, frame->len);
    h->events++;
    if (h->acks) {
        const cp_msg_event_ack_t ack = {.id = event->id};
        host_send(h, CP_KIND_ACK, CP_MSG_EVENT_ACK, payload, cp_msg_event_ack_encode(&ack, payload));
    }
}

static void hear_frame(host_t *h, const cp_frame_t *frame)
{
    cp_msg_snapshot_t snapshot;

    if (frame->msg == CP_MSG_HELLO) {
        cp_msg_hello_decode(&h->hello, frame->payload, frame->len);
        h->hellos++;
        return;
    }
    CHECK_EQ(frame->session, h->session);
    switch (frame->msg) {
    case CP_MSG_SNAPSHOT:
        cp_msg_snapshot_decode(&snapshot, frame->payload, frame->len);
        CHECK_BETWEEN(snapshot.evse, 1, CP_EVSE_MAX);
        h->snapshot[snapshot.evse - 1u] = snapshot;
        h->snapshots++;
        break;
    case CP_MSG_METER:
        cp_msg_meter_decode(&h->meter, frame->payload, frame->len);
        h->meters++;
        break;
    case CP_MSG_BENCH_STATE:
        cp_msg_bench_state_decode(&h->bench, frame->payload, frame->len);
        break;
    case CP_MSG_COUNTERS:
        cp_msg_counters_decode(&h->counters, frame->payload, frame->len);
        break;
    case CP_MSG_REPLY:
        cp_msg_reply_decode(&h->reply, frame->payload, frame->len);
        h->reply_seq = frame->seq;
        h->replies++;
        break;
    case CP_MSG_EVENT:
        hear_event(h, frame);
        break;
    case CP_MSG_LOG:
        h->logs++;
        break;
    default:
        CHECK(false);
    }
}

void host_hear(host_t *h)
{
    uint8_t bytes[256];
    size_t len = 0;
    cp_frame_t frame;

    while (!h->deaf && (len = cp_sim_link_read(&h->sim, bytes, sizeof bytes)) > 0u) {
        for (size_t i = 0; i < len; i++) {
            const cp_decoded_t decoded = cp_decoder_take(&h->decoder, bytes[i], &frame);
            CHECK(decoded == CP_DECODED_NOTHING || decoded == CP_DECODED_FRAME);
            if (decoded == CP_DECODED_FRAME) {
                hear_frame(h, &frame);
            }
        }
    }
}

static uint64_t both_crcs(const host_t *h)
{
    const uint32_t *const crc = h->sim.cp.config.active.crc;

    return (uint64_t)crc[1] << 32 | crc[0];
}

void host_run(host_t *h, uint32_t ms)
{
    for (uint32_t ran = 0; ran < ms; ran += TICK_MS) {
        h->clock_us += TICK_MS * 1000u;
        if (h->lease_da > 0u && h->clock_us % 500000u == 0u) {
            for (uint8_t i = 0; i < h->sim.evse_count; i++) {
                host_lease(h, (uint8_t)(i + 1u), h->snapshot[i].plug, h->lease_da);
            }
        }
        const uint64_t ticked_ms = h->sim.cp.ticked_ms;
        const uint64_t crcs = both_crcs(h);
        cp_sim_step(&h->sim, TICK_MS * 1000u);
        host_hear(h);
        for (unsigned i = 0; i < h->sim.evse_count && h->sim.cp.ticked_ms != ticked_ms; i++) {
            /* it is of ticks: a lease may have come since, or a configuration after it */
            const uint32_t later = crcs != both_crcs(h) ? CP_CLAUSES_OF_TICKS : 0u;
            CHECK_CLAUSES(cp_evse_broken(&h->sim.cp.evse[i]) & ~later);
        }
    }
}

void host_greet(host_t *h, uint32_t nonce)
{
    uint8_t payload[CP_MSG_HELLO_SIZE];
    cp_msg_hello_t hello;

    cp_msg_hello_default(&hello);
    hello.role = (uint8_t)CP_ROLE_HOST;
    hello.major = CP_PROTOCOL_MAJOR;
    hello.nonce = nonce;
    h->nonce = nonce;
    h->session = cp_link_session(nonce, h->sim.cp.link.nonce);
    memset(h->seq, 0, sizeof h->seq);
    send_frame(h, CP_KIND_HELLO, 0, 0, CP_MSG_HELLO, payload, cp_msg_hello_encode(&hello, payload));
    host_hear(h);
}

cp_result_t host_command(host_t *h, uint16_t msg, const uint8_t *payload, size_t len)
{
    const unsigned before = h->replies;
    const uint8_t seq = h->seq[CP_KIND_COMMAND];

    host_send(h, CP_KIND_COMMAND, msg, payload, len);
    host_hear(h);
    CHECK_EQ(h->replies, before + 1u);
    CHECK_EQ(h->reply.command, msg);
    CHECK_EQ(h->reply_seq, seq);
    return (cp_result_t)h->reply.result;
}

typedef struct {
    host_t *h;
    uint32_t crc;
    cp_result_t worst;
} push_t;

static void push_item(push_t *p, uint16_t msg, const uint8_t *payload, size_t len)
{
    const uint8_t id[2] = {(uint8_t)(msg & 0xFFu), (uint8_t)(msg >> 8)};
    const cp_result_t result = host_command(p->h, msg, payload, len);

    p->crc = cp_crc32(cp_crc32(p->crc, id, sizeof id), payload, len);
    p->worst = result != CP_RESULT_OK ? result : p->worst;
}

cp_result_t host_push(host_t *h, cp_config_set_t set, const cp_msg_config_board_t *board,
                      const cp_msg_config_evse_t *evses, size_t evse_count,
                      const cp_msg_config_operational_t *operational, size_t operational_count)
{
    uint8_t payload[CP_MAX_PAYLOAD];
    push_t p = {.h = h, .crc = 0, .worst = CP_RESULT_OK};
    const cp_msg_config_begin_t begin = {.set = (uint8_t)set};

    CHECK_EQ(host_command(h, CP_MSG_CONFIG_BEGIN, payload, cp_msg_config_begin_encode(&begin, payload)), CP_RESULT_OK);
    if (board != NULL) {
        push_item(&p, CP_MSG_CONFIG_BOARD, payload, cp_msg_config_board_encode(board, payload));
    }
    for (size_t i = 0; i < evse_count; i++) {
        push_item(&p, CP_MSG_CONFIG_EVSE, payload, cp_msg_config_evse_encode(&evses[i], payload));
    }
    for (size_t i = 0; i < operational_count; i++) {
        push_item(&p, CP_MSG_CONFIG_OPERATIONAL, payload, cp_msg_config_operational_encode(&operational[i], payload));
    }
    if (p.worst != CP_RESULT_OK) {
        return p.worst;
    }
    const cp_msg_config_commit_t commit = {.set = (uint8_t)set, .crc = p.crc};
    return host_command(h, CP_MSG_CONFIG_COMMIT, payload, cp_msg_config_commit_encode(&commit, payload));
}

cp_msg_config_evse_t host_evse_config(uint8_t evse)
{
    cp_msg_config_evse_t config;

    cp_msg_config_evse_default(&config);
    config.evse = evse;
    config.hard_limit_da = 320;
    config.lock_fitted = 1;
    config.feedback = (uint8_t)CP_FEEDBACK_MIRROR_CONTACT;
    config.rcm = (uint8_t)CP_RCM_TYPE_NORMALLY_CLOSED;
    config.rcm_test_ms = 300;
    config.protective_earth = 1;
    config.emergency_stop = 1;
    config.current = (uint8_t)CP_CURRENT_SOURCE_METER;
    config.temperature = (uint8_t)CP_TEMPERATURE_SENSOR_NTC_LOW;
    return config;
}

void host_start_commissioned(host_t *h, uint8_t evses)
{
    cp_msg_config_board_t board;
    cp_msg_config_evse_t configs[CP_EVSE_MAX];

    host_start(h, evses);
    host_greet(h, 77);
    cp_msg_config_board_default(&board);
    board.evse_count = evses;
    for (uint8_t i = 0; i < evses; i++) {
        configs[i] = host_evse_config((uint8_t)(i + 1u));
    }
    CHECK_EQ(host_push(h, CP_CONFIG_SET_COMMISSIONED, &board, configs, evses, NULL, 0), CP_RESULT_ACCEPTED);
    host_run(h, 15000);
    CHECK_EQ(host_count(h, CP_EVENT_CODE_CONFIG_APPLIED), 1);
    h->events = 0;
}

void host_lease(host_t *h, uint8_t evse, uint32_t plug, uint16_t limit_da)
{
    uint8_t payload[CP_MSG_LEASE_SIZE];
    const cp_msg_lease_t lease = {.evse = evse,
                                  .plug = plug,
                                  .limit_da = limit_da,
                                  .phases = h->lease_phases,
                                  .ttl_ms = 10000,
                                  .host_clock_us = h->clock_us};

    host_send(h, CP_KIND_LEASE, CP_MSG_LEASE, payload, cp_msg_lease_encode(&lease, payload));
}

/* ---------------------------------------------------------------- plant */

static void tell_plant(host_t *h, uint16_t msg, const uint8_t *payload, size_t len)
{
    uint8_t wire[CP_FRAME_WIRE_MAX];
    const cp_frame_t asked = {
        .major = CP_PROTOCOL_MAJOR, .kind = CP_KIND_COMMAND, .seq = 9, .msg = msg, .payload = payload, .len = len};
    cp_frame_t frame;
    bool answered = false;

    (void)cp_sim_plant_write(&h->sim, wire, cp_frame_encode(&asked, wire));
    const size_t got = cp_sim_plant_read(&h->sim, wire, sizeof wire);
    for (size_t i = 0; i < got; i++) {
        if (cp_decoder_take(&h->plant_decoder, wire[i], &frame) == CP_DECODED_FRAME) {
            CHECK_EQ(frame.seq, 9);
            answered = true;
            if (frame.msg == CP_MSG_PLANT_STATE) {
                cp_msg_plant_state_decode(&h->plant, frame.payload, frame.len);
            } else {
                CHECK_EQ(frame.msg, CP_MSG_PLANT_REPLY);
                cp_msg_plant_reply_decode(&h->plant_reply, frame.payload, frame.len);
                CHECK_EQ(h->plant_reply.command, msg);
            }
        }
    }
    CHECK(answered);
}

cp_result_t host_vehicle(host_t *h, uint8_t evse, cp_vehicle_state_t state)
{
    uint8_t payload[CP_MAX_PAYLOAD];
    cp_msg_plant_vehicle_t m;

    cp_msg_plant_vehicle_default(&m);
    m.evse = evse;
    m.state = (uint8_t)state;
    tell_plant(h, CP_MSG_PLANT_VEHICLE, payload, cp_msg_plant_vehicle_encode(&m, payload));
    return (cp_result_t)h->plant_reply.result;
}

cp_result_t host_fault(host_t *h, uint8_t evse, cp_fault_t fault, bool active)
{
    uint8_t payload[CP_MAX_PAYLOAD];
    const cp_msg_plant_fault_t m = {.evse = evse, .fault = (uint8_t)fault, .active = active ? 1u : 0u};

    tell_plant(h, CP_MSG_PLANT_FAULT, payload, cp_msg_plant_fault_encode(&m, payload));
    return (cp_result_t)h->plant_reply.result;
}

cp_result_t host_power(host_t *h, cp_plant_power_mode_t mode)
{
    uint8_t payload[CP_MAX_PAYLOAD];
    const cp_msg_plant_power_t m = {.mode = (uint8_t)mode};

    tell_plant(h, CP_MSG_PLANT_POWER, payload, cp_msg_plant_power_encode(&m, payload));
    return (cp_result_t)h->plant_reply.result;
}

cp_result_t host_button(host_t *h, bool held)
{
    uint8_t payload[CP_MAX_PAYLOAD];
    const cp_msg_plant_button_t m = {.held = held ? 1u : 0u};

    tell_plant(h, CP_MSG_PLANT_BUTTON, payload, cp_msg_plant_button_encode(&m, payload));
    return (cp_result_t)h->plant_reply.result;
}

const cp_msg_plant_state_t *host_plant(host_t *h, uint8_t evse)
{
    uint8_t payload[CP_MAX_PAYLOAD];
    const cp_msg_plant_ask_t m = {.evse = evse};

    tell_plant(h, CP_MSG_PLANT_ASK, payload, cp_msg_plant_ask_encode(&m, payload));
    return &h->plant;
}

/* ---------------------------------------------------------------- what was heard */

unsigned host_count(const host_t *h, cp_event_code_t code)
{
    unsigned count = 0;
    uint32_t seen = 0;

    for (unsigned i = 0; i < h->events && i < HOST_EVENTS_MAX; i++) {
        if (h->event[i].code == (uint8_t)code && h->event[i].id > seen) {
            seen = h->event[i].id;
            count++;
        }
    }
    return count;
}

const cp_msg_event_t *host_last(const host_t *h, cp_event_code_t code)
{
    const cp_msg_event_t *found = NULL;

    for (unsigned i = 0; i < h->events && i < HOST_EVENTS_MAX; i++) {
        found = h->event[i].code == (uint8_t)code ? &h->event[i] : found;
    }
    return found;
}
