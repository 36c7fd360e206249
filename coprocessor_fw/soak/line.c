#include "line.h"

#include "cp_crc32.h"
#include "cp_test.h"

#include <string.h>

/* Bytes that the line takes in a millisecond. */
#define BYTES_PER_MS 12u
#define DELAY_MAX_MS 1500u

static uint32_t roll(const line_t *line, uint32_t sides)
{
    return dice_roll(line->dice, sides);
}

static line_frame_t *free_slot(line_t *line)
{
    for (unsigned i = 0; i < LINE_SLOTS; i++) {
        if (!line->slot[i].used) {
            return &line->slot[i];
        }
    }
    return NULL;
}

/* What the way does to a frame. */
static void spoil(line_t *line, line_frame_t *f)
{
    const uint32_t what = line->quiet ? 99u : roll(line, 24);

    line->spoiled += what <= 4u ? 1u : 0u;
    switch (what) {
    case 0:
    case 1: /* bits turn over, the end of the frame included */
        for (uint32_t i = roll(line, 4) + 1u; i > 0u; i--) {
            f->bytes[roll(line, (uint32_t)f->len)] ^= (uint8_t)(1u << roll(line, 8));
        }
        break;
    case 2: /* cut: glued to what comes next */
        f->len = 1u + roll(line, (uint32_t)f->len - 1u);
        break;
    case 3: /* noise in its place */
        for (size_t i = 0; i < f->len; i++) {
            f->bytes[i] = (uint8_t)roll(line, 256);
        }
        break;
    case 4:
        f->used = false;
        line->waiting--;
        break;
    default: /* as it is, now or much later */
        f->due_us += line->quiet || what < 18u ? 0u : (uint64_t)roll(line, DELAY_MAX_MS) * 1000u;
        break;
    }
}

static void send_frame(line_t *line, uint8_t kind, uint16_t session, uint16_t msg, const uint8_t *payload, size_t len)
{
    line_frame_t *const f = free_slot(line);
    const cp_frame_t frame = {.major = CP_PROTOCOL_MAJOR,
                              .kind = kind,
                              .session = session,
                              .seq = line->seq[kind],
                              .msg = msg,
                              .payload = payload,
                              .len = len};

    line->seq[kind]++;
    if (f == NULL) {
        return;
    }
    f->used = true;
    f->due_us = line->cp->now_us;
    f->len = cp_frame_encode(&frame, f->bytes);
    line->waiting++;
    line_frame_t *const twin = !line->quiet && roll(line, 12) == 0u ? free_slot(line) : NULL;
    if (twin != NULL) {
        *twin = *f;
        line->waiting++;
        spoil(line, twin);
    }
    spoil(line, f);
}

/* Mostly of the present session; now and then of none that there is. */
static uint16_t session(const line_t *line)
{
    const uint16_t present = line->cp->link.session;

    return roll(line, 40) == 0u ? (uint16_t)(present + 1u) : present;
}

static void greet(line_t *line)
{
    uint8_t payload[CP_MSG_HELLO_SIZE];
    cp_msg_hello_t hello;

    cp_msg_hello_default(&hello);
    line->nonce = roll(line, 8) == 0u ? line->nonce : line->nonce * 1664525u + 1013904223u;
    hello.role = (uint8_t)CP_ROLE_HOST;
    hello.major = CP_PROTOCOL_MAJOR;
    hello.layout_hash = CP_LAYOUT_HASH;
    hello.nonce = line->nonce != 0u ? line->nonce : 1u;
    hello.peer_nonce = line->cp->link.nonce;
    send_frame(line, CP_KIND_HELLO, 0, CP_MSG_HELLO, payload, cp_msg_hello_encode(&hello, payload));
}

static void lease(line_t *line, uint8_t evse)
{
    static const uint16_t limits[] = {0, 59, 60, 100, 160, 160, 160, 160, 320, 320, 515, 800};
    uint8_t payload[CP_MSG_LEASE_SIZE];

    line->behind = roll(line, line->behind ? 240 : 960) == 0u ? !line->behind : line->behind;
    line->limit_da = roll(line, 24) == 0u ? limits[roll(line, 12)] : line->limit_da;
    const cp_msg_lease_t m = {
        .evse = evse,
        .plug = line->cp->evse[evse - 1u].plug - (line->behind || roll(line, 24) == 0u ? 1u : 0u),
        .limit_da = line->limit_da,
        .phases = roll(line, 24) == 0u ? 1u : line->cp->evse[evse - 1u].config.phases,
        .ttl_ms = roll(line, 40000),
        .host_clock_us = line->clock_us,
    };

    line->clock_us++; /* the host's clock is finer than its doings */
    dice_note(line->dice, "lease", (uint32_t)(line->cp->now_us / 1000u), evse * 10000 + m.limit_da);
    send_frame(line, CP_KIND_LEASE, session(line), CP_MSG_LEASE, payload, cp_msg_lease_encode(&m, payload));
}

static void command(line_t *line, uint8_t evse)
{
    static const struct {
        uint16_t msg;
        uint8_t sides; /* of its second byte */
    } commands[] = {
        {CP_MSG_SET_LOCK, 2}, {CP_MSG_SET_AVAILABLE, 3}, {CP_MSG_SET_AVAILABLE, 2},
        {CP_MSG_WAKE, 1},     {CP_MSG_SELF_TEST, 1},     {CP_MSG_CLEAR_FAULT, 20},
        {CP_MSG_REBOOT, 1},   {CP_MSG_CONFIG_BEGIN, 2},  {CP_MSG_CONFIG_COMMIT, 2},
    };
    const unsigned i = roll(line, sizeof commands / sizeof commands[0]);
    uint8_t payload[2] = {evse, (uint8_t)roll(line, commands[i].sides)};

    if (commands[i].msg == CP_MSG_REBOOT && roll(line, 20) != 0u) {
        return;
    }
    if (commands[i].msg == CP_MSG_CLEAR_FAULT && roll(line, 2) == 0u) {
        payload[1] = 255;
    }
    dice_note(line->dice, "command", (uint32_t)(line->cp->now_us / 1000u), commands[i].msg);
    send_frame(line, CP_KIND_COMMAND, session(line), commands[i].msg, payload, sizeof payload);
}

static void bench(line_t *line, uint8_t evse)
{
    uint8_t payload[CP_MSG_BENCH_SIZE];
    const cp_msg_bench_t m = {
        .evse = evse,
        .act = (uint8_t)roll(line, 6),
        .duty_bp = (uint16_t)roll(line, 10000),
        .ms = (uint16_t)roll(line, 3000),
    };

    send_frame(line, CP_KIND_COMMAND, session(line), CP_MSG_BENCH, payload, cp_msg_bench_encode(&m, payload));
}

/* Another operational set, whole or with something missing. */
static void configure(line_t *line, uint8_t evse)
{
    static const uint16_t id = CP_MSG_CONFIG_OPERATIONAL;
    const uint8_t head[2] = {(uint8_t)(id & 0xFFu), (uint8_t)(id >> 8)};
    const cp_msg_config_begin_t begin = {.set = (uint8_t)CP_CONFIG_SET_OPERATIONAL};
    uint8_t payload[CP_MAX_PAYLOAD];
    cp_msg_config_operational_t m;

    cp_msg_config_operational_default(&m);
    m.evse = evse;
    m.limit_da = (uint16_t)roll(line, 400);
    m.close_debounce_ms = (uint16_t)(250u + roll(line, 1800));
    send_frame(line, CP_KIND_COMMAND, session(line), CP_MSG_CONFIG_BEGIN, payload,
               cp_msg_config_begin_encode(&begin, payload));
    const size_t len = cp_msg_config_operational_encode(&m, payload);
    const cp_msg_config_commit_t commit = {.set = (uint8_t)CP_CONFIG_SET_OPERATIONAL,
                                           .crc = cp_crc32(cp_crc32(0, head, sizeof head), payload, len)};
    send_frame(line, CP_KIND_COMMAND, session(line), id, payload, len);
    send_frame(line, CP_KIND_COMMAND, session(line), CP_MSG_CONFIG_COMMIT, payload,
               cp_msg_config_commit_encode(&commit, payload));
}

static void acknowledge(line_t *line)
{
    uint8_t payload[CP_MSG_EVENT_ACK_SIZE];
    const cp_msg_event_ack_t ack = {.id = line->cp->events.highest_sent + (roll(line, 30) == 0u ? 1u : 0u)};

    send_frame(line, CP_KIND_ACK, session(line), CP_MSG_EVENT_ACK, payload, cp_msg_event_ack_encode(&ack, payload));
}

void line_start(line_t *line, cp_coprocessor_t *cp, dice_t *dice, witness_t *witness)
{
    const line_t before = *line;

    *line = (line_t){
        .cp = cp,
        .dice = dice,
        .witness = witness,
        .nonce = dice_roll(dice, UINT32_MAX),
        .clock_us = before.clock_us,
        .arrived = before.arrived,
        .spoiled = before.spoiled,
    };
}

void line_talk(line_t *line)
{
    const uint8_t evse = (uint8_t)(1u + roll(line, LINE_EVSES));
    const uint32_t what = roll(line, 40);

    line->clock_us += 20000u;
    line->quiet = roll(line, 200) == 0u ? !line->quiet : line->quiet;
    if (!line->cp->link.met || what == 0u) {
        greet(line);
    } else if (what < 24u) {
        lease(line, evse);
    } else if (what < 30u) {
        command(line, evse);
    } else if (what == 30u) {
        bench(line, evse);
    } else if (what == 31u) {
        configure(line, evse);
    } else {
        acknowledge(line);
    }
}

/* What the witnesses learn from a frame that came through: only the newest lease of a session says anything. */
static void testify(line_t *line, const cp_frame_t *frame)
{
    const cp_link_t *const link = &line->cp->link;
    cp_msg_lease_t m;

    if (link->session != line->heard_session) {
        line->heard_session = link->session;
        memset(line->heard_clock_us, 0, sizeof line->heard_clock_us);
    }
    if (!link->met || frame->session != link->session || frame->major != CP_PROTOCOL_MAJOR) {
        return;
    }
    if (frame->msg == CP_MSG_CLEAR_FAULT) {
        for (unsigned i = 0; i < LINE_EVSES; i++) {
            line->witness[i].stop = false;
        }
    }
    if (frame->msg != CP_MSG_LEASE || frame->kind != CP_KIND_LEASE) {
        return;
    }
    cp_msg_lease_decode(&m, frame->payload, frame->len);
    if (m.evse < 1u || m.evse > LINE_EVSES || m.host_clock_us <= line->heard_clock_us[m.evse - 1u]) {
        return;
    }
    line->heard_clock_us[m.evse - 1u] = m.host_clock_us;
    if (m.plug == line->cp->evse[m.evse - 1u].plug) {
        witness_lease(&line->witness[m.evse - 1u], m.limit_da, m.ttl_ms);
    }
}

static void deliver(line_t *line, uint64_t now_us, const line_frame_t *f)
{
    cp_frame_t frame;

    for (size_t i = 0; i < f->len; i++) {
        cp_coprocessor_rx(line->cp, now_us, &f->bytes[i], 1);
        if (cp_decoder_take(&line->tap, f->bytes[i], &frame) == CP_DECODED_FRAME) {
            line->arrived++;
            testify(line, &frame);
        }
    }
}

void line_run(line_t *line, uint64_t now_us, uint32_t step_ms)
{
    uint8_t bytes[16u * BYTES_PER_MS];
    cp_frame_t frame;

    for (unsigned i = 0; i < LINE_SLOTS && line->waiting > 0u; i++) {
        if (line->slot[i].used && line->slot[i].due_us <= now_us) {
            line->slot[i].used = false;
            line->waiting--;
            deliver(line, now_us, &line->slot[i]);
        }
    }
    const size_t len = cp_coprocessor_tx(line->cp, bytes, (size_t)step_ms * BYTES_PER_MS);
    for (size_t i = 0; i < len; i++) {
        const cp_decoded_t decoded = cp_decoder_take(&line->decoder, bytes[i], &frame);
        CHECK(decoded == CP_DECODED_NOTHING || decoded == CP_DECODED_FRAME);
    }
}
