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

/* What a received byte completed. */
typedef enum {
    CP_HEARD_NOTHING = 0,
    CP_HEARD_HELLO = 1,
    CP_HEARD_COMMAND = 2, /* new: to be carried out and answered */
    CP_HEARD_LEASE = 3,
    CP_HEARD_ACK = 4,
} cp_heard_t;

/* Start without a session, with a lone zero to end whatever the other side may hold. */
void cp_link_init(cp_link_t *link, uint32_t nonce);

/* Take one byte. Everything that must not be believed is counted and dropped; a repeated command is answered from
 * the cache. The frame's payload is valid until the next byte. */
cp_heard_t cp_link_take(cp_link_t *link, uint8_t byte, cp_frame_t *frame);

/* What a host's HELLO means. */
typedef enum {
    CP_MET_NOBODY = 0, /* not to be answered: no host, or a nonce of the past */
    CP_MET_AGAIN = 1,  /* the same session: answer, reset nothing */
    CP_MET_NEW = 2,    /* a new session: answer, begin anew with events */
} cp_met_t;

cp_met_t cp_link_meet(cp_link_t *link, const cp_msg_hello_t *hello);

/* Queue our HELLO. */
bool cp_link_send_hello(cp_link_t *link, const cp_msg_hello_t *hello);

/* Queue a message of the present session; false if there is none, or no room. */
bool cp_link_send(cp_link_t *link, uint8_t kind, uint16_t msg, const uint8_t *payload, size_t len);

/* Answer the last command; `text` may be empty. */
void cp_link_reply(cp_link_t *link, uint16_t command, cp_result_t result, const char *text);

/* Log a line, as far as the allowance of 1 kB/s goes. */
void cp_link_log(cp_link_t *link, cp_log_level_t level, const char *module, const char *text);

/* Let time pass: fills the allowance for logs. */
void cp_link_pass_time(cp_link_t *link, uint32_t step_ms);

/* Drain up to `max` bytes of output; returns how many. */
size_t cp_link_drain(cp_link_t *link, uint8_t *out, size_t max);

/* Session of two nonces; never 0, which is HELLO's. */
uint16_t cp_link_session(uint32_t host_nonce, uint32_t coprocessor_nonce);

/* Copy a text into a field of `size` bytes, its NUL included. */
void cp_text_copy(char *out, size_t size, const char *text);

#endif
