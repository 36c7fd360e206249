/* Frames of the link: COBS(header | payload | CRC-32) and a closing zero. */

#ifndef CP_FRAME_H
#define CP_FRAME_H

#include "cp_messages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CP_FRAME_HEADER 6u
#define CP_FRAME_CRC 4u
#define CP_FRAME_RAW_MIN (CP_FRAME_HEADER + CP_FRAME_CRC)
#define CP_FRAME_RAW_MAX (CP_FRAME_HEADER + CP_MAX_PAYLOAD + CP_FRAME_CRC)
/* COBS adds one byte to fewer than 254; the closing zero is one more. */
#define CP_FRAME_WIRE_MAX (CP_FRAME_RAW_MAX + 2u)

typedef struct {
    uint8_t major;
    uint8_t kind;
    uint16_t session;
    uint8_t seq;
    uint16_t msg;
    const uint8_t *payload;
    size_t len; /* of the payload, at most CP_MAX_PAYLOAD */
} cp_frame_t;

/* Write a frame as it goes on the wire; returns its length, 0 if the payload is too long. */
/*@ requires \valid_read(frame);
    requires frame->len <= CP_MAX_PAYLOAD ==> \valid_read(frame->payload + (0 .. frame->len - 1));
    requires \valid(out + (0 .. CP_FRAME_WIRE_MAX - 1));
    assigns out[0 .. CP_FRAME_WIRE_MAX - 1];
    behavior too_long:
      assumes frame->len > CP_MAX_PAYLOAD;
      assigns \nothing;
      ensures \result == 0;
    behavior fits:
      assumes frame->len <= CP_MAX_PAYLOAD;
      ensures length: \result == frame->len + CP_FRAME_RAW_MIN + 2;
      ensures one_zero: \forall integer k; 0 <= k < \result - 1 ==> out[k] != 0;
      ensures closed: out[\result - 1] == 0;
    complete behaviors;
    disjoint behaviors; */
size_t cp_frame_encode(const cp_frame_t *frame, uint8_t out[CP_FRAME_WIRE_MAX]);

typedef enum {
    CP_DECODED_NOTHING = 0, /* needs more, or an empty frame */
    CP_DECODED_FRAME = 1,
    CP_DECODED_BAD_COBS = 2, /* no COBS, too short or too long */
    CP_DECODED_BAD_CRC = 3,
} cp_decoded_t;

/* A decoder of one stream, in one fixed buffer; zero it to start. */
typedef struct {
    uint8_t buffer[CP_FRAME_WIRE_MAX];
    uint16_t used;
    bool skipping; /* too long already: dropped to the next zero */
} cp_decoder_t;

/*@ predicate decoder_sound(cp_decoder_t *d) = d->used < CP_FRAME_WIRE_MAX; */

/* Take one byte; a frame's payload stays valid until the next byte is taken. */
/*@ requires \valid(decoder) && \valid(frame) && \separated(decoder, frame);
    requires decoder_sound(decoder);
    assigns *decoder, *frame;
    ensures decoder_sound(decoder);
    ensures inside: \result == CP_DECODED_FRAME ==> frame->payload == &decoder->buffer[CP_FRAME_HEADER];
    ensures bounded: \result == CP_DECODED_FRAME ==> frame->len <= CP_MAX_PAYLOAD;
    ensures untouched: \result != CP_DECODED_FRAME ==> *frame == \old(*frame);
    ensures ended: byte == 0 ==> decoder->used == 0; */
cp_decoded_t cp_decoder_take(cp_decoder_t *decoder, uint8_t byte, cp_frame_t *frame);

#endif
