#include "cp_link.h"

#include "cp_crc32.h"
#include "cp_math.h"

#include <string.h>

/* Logs may burst to this, and refill at a byte a millisecond. */
#define LOG_BURST 1024u

uint16_t cp_link_session(uint32_t host_nonce, uint32_t coprocessor_nonce)
{
    uint8_t nonces[8];

    /*@ loop invariant 0 <= i <= 4;
        loop assigns i, nonces[0 .. 7];
        loop variant 4 - i; */
    for (unsigned i = 0; i < 4u; i++) {
        nonces[i] = (uint8_t)(host_nonce >> (8u * i) & 0xFFu);
        nonces[4u + i] = (uint8_t)(coprocessor_nonce >> (8u * i) & 0xFFu);
    }
    const uint16_t session = (uint16_t)(cp_crc32(0, nonces, sizeof nonces) & 0xFFFFu);
    return session != 0u ? session : 1u;
}

void cp_text_copy(char *out, size_t size, const char *text)
{
    size_t i = 0;

    /*@ loop invariant 0 <= i < size && \forall integer k; 0 <= k < i ==> text[k] != 0;
        loop assigns i, out[0 .. size - 1];
        loop variant size - i; */
    for (; i + 1u < size && text[i] != '\0'; i++) {
        out[i] = text[i];
    }
    /*@ loop invariant 0 <= i <= size && \forall integer k; \at(i, LoopEntry) <= k < i ==> out[k] == 0;
        loop assigns i, out[0 .. size - 1];
        loop variant size - i; */
    for (; i < size; i++) {
        out[i] = '\0';
    }
}

/* ---------------------------------------------------------------- output */

/*@ requires \valid(link) && link_sound(link) && \valid_read(bytes + (0 .. len - 1));
    requires \separated(link, bytes + (0 .. len - 1));
    assigns link->tx[0 .. CP_TX_MAX - 1], link->tx_count, link->counters;
    ensures link_sound(link);
    ensures whole_or_not: link->tx_count == \old(link->tx_count) + (\result ? len : 0); */
static bool queue(cp_link_t *link, const uint8_t *bytes, size_t len)
{
    if (len > CP_TX_MAX - (size_t)link->tx_count) {
        link->counters.tx_dropped++;
        return false;
    }
    /*@ loop invariant 0 <= i <= len;
        loop assigns i, link->tx[0 .. CP_TX_MAX - 1];
        loop variant len - i; */
    for (size_t i = 0; i < len; i++) {
        link->tx[((size_t)link->tx_first + link->tx_count + i) % CP_TX_MAX] = bytes[i];
    }
    link->tx_count = (uint16_t)(link->tx_count + len);
    link->counters.tx_bytes += (uint32_t)len;
    return true;
}

/*@ requires \valid(link) && link_sound(link) && \valid_read(frame);
    requires frame->len <= CP_MAX_PAYLOAD ==> \valid_read(frame->payload + (0 .. frame->len - 1));
    assigns link->tx[0 .. CP_TX_MAX - 1], link->tx_count, link->counters;
    ensures link_sound(link);
    ensures dropped_whole: !\result ==> link->tx_count == \old(link->tx_count); */
static bool queue_frame(cp_link_t *link, const cp_frame_t *frame)
{
    uint8_t wire[CP_FRAME_WIRE_MAX];

    if (!queue(link, wire, cp_frame_encode(frame, wire))) {
        return false;
    }
    link->counters.tx_frames++;
    return true;
}

void cp_link_init(cp_link_t *link, uint32_t nonce)
{
    static const uint8_t opening = 0;

    *link = (cp_link_t){0};
    link->nonce = nonce;
    link->log_tokens = LOG_BURST;
    (void)queue(link, &opening, 1);
}

bool cp_link_send_hello(cp_link_t *link, const cp_msg_hello_t *hello)
{
    uint8_t payload[CP_MSG_HELLO_SIZE];
    const cp_frame_t frame = {
        .major = CP_PROTOCOL_MAJOR,
        .kind = CP_KIND_HELLO,
        .seq = link->seq[CP_KIND_HELLO],
        .msg = CP_MSG_HELLO,
        .payload = payload,
        .len = cp_msg_hello_encode(hello, payload),
    };

    link->seq[CP_KIND_HELLO]++;
    return queue_frame(link, &frame);
}

bool cp_link_send(cp_link_t *link, uint8_t kind, uint16_t msg, const uint8_t *payload, size_t len)
{
    const cp_frame_t frame = {
        .major = CP_PROTOCOL_MAJOR,
        .kind = kind,
        .session = link->session,
        .seq = link->seq[kind % CP_KINDS],
        .msg = msg,
        .payload = payload,
        .len = len,
    };

    if (!link->met || !queue_frame(link, &frame)) {
        return false;
    }
    link->seq[kind % CP_KINDS]++;
    return true;
}

/*@ requires \valid(link) && link_sound(link);
    assigns link->tx[0 .. CP_TX_MAX - 1], link->tx_count, link->counters;
    ensures link_sound(link); */
static void send_reply(cp_link_t *link)
{
    const cp_frame_t frame = {
        .major = CP_PROTOCOL_MAJOR,
        .kind = CP_KIND_REPLY,
        .session = link->session,
        .seq = link->command_seq,
        .msg = CP_MSG_REPLY,
        .payload = link->reply,
        .len = sizeof link->reply,
    };

    (void)queue_frame(link, &frame);
}

void cp_link_reply(cp_link_t *link, uint16_t command, cp_result_t result, const char *text)
{
    cp_msg_reply_t reply;

    cp_msg_reply_default(&reply);
    reply.command = command;
    reply.result = (uint8_t)result;
    cp_text_copy(reply.text, sizeof reply.text, text);
    (void)cp_msg_reply_encode(&reply, link->reply);
    send_reply(link);
}

void cp_link_log(cp_link_t *link, cp_log_level_t level, const char *module, const char *text)
{
    uint8_t payload[CP_MSG_LOG_SIZE];
    const uint32_t cost = CP_FRAME_RAW_MIN + CP_MSG_LOG_SIZE + 2u;
    cp_msg_log_t log;

    cp_msg_log_default(&log);
    log.level = (uint8_t)level;
    cp_text_copy(log.module, sizeof log.module, module);
    cp_text_copy(log.text, sizeof log.text, text);
    const size_t len = cp_msg_log_encode(&log, payload);
    if (link->log_tokens < cost || !cp_link_send(link, CP_KIND_LOG, CP_MSG_LOG, payload, len)) {
        link->counters.logs_dropped++;
        return;
    }
    link->log_tokens -= cost;
}

void cp_link_pass_time(cp_link_t *link, uint32_t step_ms)
{
    const uint32_t tokens = cp_count_up(link->log_tokens, step_ms);

    link->log_tokens = tokens < LOG_BURST ? tokens : LOG_BURST;
}

size_t cp_link_drain(cp_link_t *link, uint8_t *out, size_t max)
{
    const size_t len = max < link->tx_count ? max : link->tx_count;

    /*@ loop invariant 0 <= i <= len;
        loop assigns i, out[0 .. max - 1];
        loop variant len - i; */
    for (size_t i = 0; i < len; i++) {
        out[i] = link->tx[((size_t)link->tx_first + i) % CP_TX_MAX];
    }
    link->tx_first = (uint16_t)(((size_t)link->tx_first + len) % CP_TX_MAX);
    link->tx_count = (uint16_t)(link->tx_count - len);
    return len;
}

/* ---------------------------------------------------------------- input */

/* Only what a host sends is taken; our own messages, come back as an echo, are unknown. */
/*@ assigns \nothing; */
static bool is_hosts(uint16_t msg, uint8_t kind)
{
    const bool known = cp_msg_kind(msg) == (int)kind && msg < 0x0100u;

    return known && (kind == CP_KIND_COMMAND || kind == CP_KIND_LEASE || kind == CP_KIND_ACK);
}

/*@ requires \valid(link) && \valid_read(frame) && \separated(link, frame) && link_sound(link);
    assigns link->tx[0 .. CP_TX_MAX - 1], link->tx_count, link->counters, link->command_heard, link->command_seq;
    ensures link_sound(link);
    ensures \result == CP_HEARD_NOTHING || \result == CP_HEARD_COMMAND;
    ensures \result == CP_HEARD_COMMAND ==> link->command_heard && link->command_seq == frame->seq &&
      (\old(link->command_heard) ==> frame->seq != \old(link->command_seq));
    ensures \result != CP_HEARD_COMMAND ==>
      link->command_seq == \old(link->command_seq) && link->command_heard == \old(link->command_heard); */
static cp_heard_t hear_command(cp_link_t *link, const cp_frame_t *frame)
{
    const int8_t ahead = (int8_t)(uint8_t)(frame->seq - link->command_seq);

    if (link->command_heard && ahead == 0) {
        link->counters.repeats++;
        send_reply(link);
        return CP_HEARD_NOTHING;
    }
    if (link->command_heard && ahead < 0) {
        link->counters.stale++;
        return CP_HEARD_NOTHING;
    }
    link->command_heard = true;
    link->command_seq = frame->seq;
    return CP_HEARD_COMMAND;
}

/*@ requires \valid(link) && \valid_read(frame) && \separated(link, frame) && link_sound(link);
    assigns link->tx[0 .. CP_TX_MAX - 1], link->tx_count, link->counters, link->command_heard, link->command_seq;
    ensures link_sound(link);
    ensures \result == CP_HEARD_LEASE || \result == CP_HEARD_ACK || \result == CP_HEARD_COMMAND ==>
      link->met && frame->session == link->session;
    ensures \result == CP_HEARD_LEASE ==> !link->foreign;
    ensures \result == CP_HEARD_COMMAND ==> link->command_heard && link->command_seq == frame->seq &&
      (\old(link->command_heard) ==> frame->seq != \old(link->command_seq));
    ensures \result != CP_HEARD_COMMAND ==>
      link->command_seq == \old(link->command_seq) && link->command_heard == \old(link->command_heard); */
static cp_heard_t hear(cp_link_t *link, const cp_frame_t *frame)
{
    link->counters.rx_frames++;
    if (frame->msg == CP_MSG_HELLO && frame->kind == CP_KIND_HELLO) {
        return CP_HEARD_HELLO; /* reads the same in every major version */
    }
    const bool reboot = frame->msg == CP_MSG_REBOOT && frame->kind == CP_KIND_COMMAND; /* and so does this */
    if (frame->major != CP_PROTOCOL_MAJOR || link->foreign) {
        if (!reboot || !link->foreign || frame->major != link->host_major) {
            link->counters.wrong_version++;
            return CP_HEARD_NOTHING;
        }
    }
    if (!link->met || frame->session != link->session) {
        link->counters.wrong_session++;
        return CP_HEARD_NOTHING;
    }
    if (!is_hosts(frame->msg, frame->kind)) {
        link->counters.unknown_message++;
        return CP_HEARD_NOTHING;
    }
    switch (frame->kind) {
    case CP_KIND_COMMAND:
        return hear_command(link, frame);
    case CP_KIND_LEASE:
        return CP_HEARD_LEASE;
    case CP_KIND_ACK:
        return CP_HEARD_ACK;
    default:
        return CP_HEARD_NOTHING;
    }
}

cp_heard_t cp_link_take(cp_link_t *link, uint8_t byte, cp_frame_t *frame)
{
    link->counters.rx_bytes++;
    switch (cp_decoder_take(&link->decoder, byte, frame)) {
    case CP_DECODED_FRAME:
        return hear(link, frame);
    case CP_DECODED_BAD_COBS:
        link->counters.bad_cobs++;
        break;
    case CP_DECODED_BAD_CRC:
        link->counters.bad_crc++;
        break;
    case CP_DECODED_NOTHING:
    default:
        break;
    }
    return CP_HEARD_NOTHING;
}

/* ---------------------------------------------------------------- sessions */

/*@ requires \valid_read(link);
    assigns \nothing;
    ensures \result <==> \exists integer k; 0 <= k < CP_RETIRED_MAX && link->retired[k] == nonce; */
static bool is_retired(const cp_link_t *link, uint32_t nonce)
{
    bool found = false;

    /*@ loop invariant 0 <= i <= CP_RETIRED_MAX;
        loop invariant found <==> \exists integer k; 0 <= k < i && link->retired[k] == nonce;
        loop assigns i, found;
        loop variant CP_RETIRED_MAX - i; */
    for (unsigned i = 0; i < CP_RETIRED_MAX; i++) {
        found = found || link->retired[i] == nonce;
    }
    return found;
}

cp_met_t cp_link_meet(cp_link_t *link, const cp_msg_hello_t *hello)
{
    if (hello->role != (uint8_t)CP_ROLE_HOST || hello->nonce == 0u) {
        link->counters.unknown_message++;
        return CP_MET_NOBODY;
    }
    if (link->met && hello->nonce == link->host_nonce) {
        return CP_MET_AGAIN;
    }
    if (is_retired(link, hello->nonce)) { /* a HELLO of the past would bring its session's frames back to life */
        link->counters.wrong_session++;
        return CP_MET_NOBODY;
    }
    if (link->met) {
        link->retired[link->retired_next] = link->host_nonce;
        link->retired_next = (uint8_t)((link->retired_next + 1u) % CP_RETIRED_MAX);
    }
    link->met = true;
    link->foreign = hello->major != CP_PROTOCOL_MAJOR;
    link->host_major = hello->major;
    link->host_nonce = hello->nonce;
    link->session = cp_link_session(hello->nonce, link->nonce);
    link->command_heard = false;
    memset(link->seq, 0, sizeof link->seq);
    return CP_MET_NEW;
}
