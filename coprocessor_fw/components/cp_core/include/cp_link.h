/* The coprocessor's side of the link: sessions, sequence numbers, the reply cache, the output buffer. No I/O. */

#ifndef CP_LINK_H
#define CP_LINK_H

#include "cp_frame.h"
#include "cp_messages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Output that the port has not drained yet: about 0.2 s of the line. What does not fit is dropped and counted. */
#define CP_TX_MAX 2048u
/* Nonces of past sessions that are remembered, so that no old frame can be replayed. */
#define CP_RETIRED_MAX 16u
#define CP_KINDS 8u

/* All fields but the counters are private. */
typedef struct {
    cp_decoder_t decoder;
    uint8_t tx[CP_TX_MAX];
    uint16_t tx_first;
    uint16_t tx_count;
    uint32_t nonce;
    bool met;     /* there is a session */
    bool foreign; /* with a host of another major version */
    uint8_t host_major;
    uint32_t host_nonce;
    uint16_t session;
    uint32_t retired[CP_RETIRED_MAX];
    uint8_t retired_next;
    uint8_t seq[CP_KINDS]; /* next of each kind that we send */
    bool command_heard;
    uint8_t command_seq;
    uint8_t reply[CP_MSG_REPLY_SIZE];
    uint32_t log_tokens; /* bytes that may still be logged */
    cp_msg_counters_t counters;
} cp_link_t;

/*@ predicate link_sound(cp_link_t *l) =
      decoder_sound(&l->decoder) && l->tx_first < CP_TX_MAX && l->tx_count <= CP_TX_MAX &&
      l->retired_next < CP_RETIRED_MAX;

    predicate text_readable(char *t, integer size) =
      \exists integer n; 0 <= n && \valid_read(t + (0 .. n)) && (t[n] == 0 || n >= size); */

/* What a received byte completed. */
typedef enum {
    CP_HEARD_NOTHING = 0,
    CP_HEARD_HELLO = 1,
    CP_HEARD_COMMAND = 2, /* new: to be carried out and answered */
    CP_HEARD_LEASE = 3,
    CP_HEARD_ACK = 4,
} cp_heard_t;

/* Start without a session, with a lone zero to end whatever the other side may hold. */
/*@ requires \valid(link);
    assigns *link;
    ensures link_sound(link); */
void cp_link_init(cp_link_t *link, uint32_t nonce);

/* Take one byte. Everything that must not be believed is counted and dropped; a repeated command is answered from
 * the cache. The frame's payload is valid until the next byte. */
/*@ requires \valid(link) && \valid(frame) && \separated(link, frame) && link_sound(link);
    assigns link->decoder, link->tx[0 .. CP_TX_MAX - 1], link->tx_count, link->counters, link->command_heard,
            link->command_seq, *frame;
    ensures link_sound(link);
    ensures inside: \result != CP_HEARD_NOTHING ==> frame->payload == &link->decoder.buffer[CP_FRAME_HEADER];
    ensures bounded: \result != CP_HEARD_NOTHING ==> frame->len <= CP_MAX_PAYLOAD;
    ensures only_in_session: \result == CP_HEARD_LEASE || \result == CP_HEARD_ACK || \result == CP_HEARD_COMMAND ==>
      link->met && frame->session == link->session;
    ensures no_lease_from_foreigners: \result == CP_HEARD_LEASE ==> !link->foreign;
    ensures heard_once: \result == CP_HEARD_COMMAND ==> link->command_heard && link->command_seq == frame->seq &&
      (\old(link->command_heard) ==> frame->seq != \old(link->command_seq));
    ensures otherwise_kept: \result != CP_HEARD_COMMAND ==>
      link->command_seq == \old(link->command_seq) && link->command_heard == \old(link->command_heard); */
cp_heard_t cp_link_take(cp_link_t *link, uint8_t byte, cp_frame_t *frame);

/* What a host's HELLO means. */
typedef enum {
    CP_MET_NOBODY = 0, /* not to be answered: no host, or a nonce of the past */
    CP_MET_AGAIN = 1,  /* the same session: answer, reset nothing */
    CP_MET_NEW = 2,    /* a new session: answer, begin anew with events */
} cp_met_t;

/*@ requires \valid(link) && \valid_read(hello) && \separated(link, hello) && link_sound(link);
    assigns link->retired[0 .. CP_RETIRED_MAX - 1], link->retired_next, link->met, link->foreign, link->host_major,
            link->host_nonce, link->session, link->command_heard, link->seq[0 .. CP_KINDS - 1], link->counters;
    ensures link_sound(link);
    ensures nobody: hello->nonce == 0 ==> \result == CP_MET_NOBODY;
    ensures no_replay: \result == CP_MET_NEW ==> \forall integer k; 0 <= k < CP_RETIRED_MAX ==>
      \old(link->retired[k]) != hello->nonce;
    ensures remembered: \result == CP_MET_NEW && \old(link->met) ==>
      link->retired[\old(link->retired_next)] == \old(link->host_nonce);
    ensures anew: \result == CP_MET_NEW ==> link->met && link->host_nonce == hello->nonce && link->session != 0 &&
      !link->command_heard && \forall integer k; 0 <= k < CP_KINDS ==> link->seq[k] == 0;
    ensures kept: \result != CP_MET_NEW ==> link->session == \old(link->session) && link->met == \old(link->met) &&
      link->host_nonce == \old(link->host_nonce); */
cp_met_t cp_link_meet(cp_link_t *link, const cp_msg_hello_t *hello);

/* Queue our HELLO. */
/*@ requires \valid(link) && \valid_read(hello) && \separated(link, hello) && link_sound(link);
    assigns link->tx[0 .. CP_TX_MAX - 1], link->tx_count, link->counters, link->seq[CP_KIND_HELLO];
    ensures link_sound(link); */
bool cp_link_send_hello(cp_link_t *link, const cp_msg_hello_t *hello);

/* Queue a message of the present session; false if there is none, or no room. */
/*@ requires \valid(link) && link_sound(link);
    requires len <= CP_MAX_PAYLOAD ==> \valid_read(payload + (0 .. len - 1));
    assigns link->tx[0 .. CP_TX_MAX - 1], link->tx_count, link->counters, link->seq[kind % CP_KINDS];
    ensures link_sound(link);
    ensures only_in_session: \result ==> link->met;
    ensures counted: \result ==> link->seq[kind % CP_KINDS] == (uint8_t)(\old(link->seq[kind % CP_KINDS]) + 1);
    ensures dropped_whole: !\result ==>
      link->tx_count == \old(link->tx_count) && link->seq[kind % CP_KINDS] == \old(link->seq[kind % CP_KINDS]); */
bool cp_link_send(cp_link_t *link, uint8_t kind, uint16_t msg, const uint8_t *payload, size_t len);

/* Answer the last command; `text` may be empty. */
/*@ requires \valid(link) && link_sound(link);
    requires text_readable(text, 80);
    assigns link->tx[0 .. CP_TX_MAX - 1], link->tx_count, link->counters, link->reply[0 .. CP_MSG_REPLY_SIZE - 1];
    ensures link_sound(link); */
void cp_link_reply(cp_link_t *link, uint16_t command, cp_result_t result, const char *text);

/* Log a line, as far as the allowance of 1 kB/s goes. */
/*@ requires \valid(link) && link_sound(link);
    requires text_readable(module, 80) && text_readable(text, 80);
    assigns link->tx[0 .. CP_TX_MAX - 1], link->tx_count, link->counters, link->seq[CP_KIND_LOG], link->log_tokens;
    ensures link_sound(link);
    ensures allowance: link->log_tokens <= \old(link->log_tokens); */
void cp_link_log(cp_link_t *link, cp_log_level_t level, const char *module, const char *text);

/* Let time pass: fills the allowance for logs. */
/*@ requires \valid(link);
    assigns link->log_tokens;
    ensures link->log_tokens <= 1024; */
void cp_link_pass_time(cp_link_t *link, uint32_t step_ms);

/* Drain up to `max` bytes of output; returns how many. */
/*@ requires \valid(link) && \valid(out + (0 .. max - 1)) && \separated(link, out + (0 .. max - 1));
    requires link_sound(link);
    assigns link->tx_first, link->tx_count, out[0 .. max - 1];
    ensures link_sound(link);
    ensures \result <= max && \result == \old(link->tx_count) - link->tx_count; */
size_t cp_link_drain(cp_link_t *link, uint8_t *out, size_t max);

/* Session of two nonces; never 0, which is HELLO's. */
/*@ assigns \nothing;
    ensures \result != 0; */
uint16_t cp_link_session(uint32_t host_nonce, uint32_t coprocessor_nonce);

/* Copy a text into a field of `size` bytes, its NUL included. */
/*@ requires 1 <= size <= 80 + 1 && \valid(out + (0 .. size - 1)) && text_readable(text, size - 1);
    requires \separated(out + (0 .. size - 1), text + (..));
    assigns out[0 .. size - 1];
    ensures ends: out[size - 1] == 0; */
void cp_text_copy(char *out, size_t size, const char *text);

#endif
