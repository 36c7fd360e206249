/* The link's frames, with every byte unknown: decoding reads and writes nothing outside, whatever comes; what is
 * encoded is decoded to the same, and contains no zero but the last byte. The CRC is any function here. */

#include "harness.h"

#include "cp_frame.h"

#include <string.h>

#define PAYLOAD 6u
#define WIRE 14u

static void decode_anything(void)
{
    static cp_decoder_t decoder;
    cp_frame_t frame = {.payload = NULL};
    cp_decoded_t decoded = CP_DECODED_NOTHING;

    for (unsigned i = 0; i < WIRE && decoded == CP_DECODED_NOTHING; i++) {
        decoded = cp_decoder_take(&decoder, ANY(uint8_t), &frame);
        CLAIM(decoder.used < CP_FRAME_WIRE_MAX, "the buffer is never overrun");
    }
    if (decoded == CP_DECODED_FRAME) {
        CLAIM(frame.len <= CP_MAX_PAYLOAD && frame.payload == &decoder.buffer[CP_FRAME_HEADER],
              "payload in the buffer");
        REACHED("a frame out of any bytes");
    }
    REACHED_IF(decoded == CP_DECODED_BAD_COBS, "no COBS");
    REACHED_IF(decoded == CP_DECODED_BAD_CRC, "a bad CRC");
}

static void there_and_back(void)
{
    uint8_t payload[PAYLOAD];
    uint8_t wire[CP_FRAME_WIRE_MAX];
    static cp_decoder_t decoder;
    const size_t len = ANY(size_t);
    cp_frame_t back = {.payload = NULL};
    cp_decoded_t decoded = CP_DECODED_NOTHING;

    ASSUME(len <= PAYLOAD);
    for (unsigned i = 0; i < PAYLOAD; i++) {
        payload[i] = ANY(uint8_t);
    }
    const cp_frame_t frame = {
        .major = ANY(uint8_t) & 7u,
        .kind = ANY(uint8_t) & 0x1Fu,
        .session = ANY(uint16_t),
        .seq = ANY(uint8_t),
        .msg = ANY(uint16_t),
        .payload = payload,
        .len = len,
    };
    const size_t sent = cp_frame_encode(&frame, wire);
    CLAIM(sent == CP_FRAME_RAW_MIN + len + 2u && wire[sent - 1u] == 0u, "as long as it must be");
    for (size_t i = 0; i < sent; i++) {
        CLAIM(i + 1u == sent || wire[i] != 0u, "no zero inside");
        CLAIM(decoded == CP_DECODED_NOTHING, "no end before the end");
        decoded = cp_decoder_take(&decoder, wire[i], &back);
    }
    CLAIM(decoded == CP_DECODED_FRAME, "decoded");
    CLAIM(back.major == frame.major && back.kind == frame.kind && back.session == frame.session &&
              back.seq == frame.seq && back.msg == frame.msg && back.len == len,
          "the same header");
    for (size_t i = 0; i < len && decoded == CP_DECODED_FRAME; i++) {
        CLAIM(back.payload[i] == payload[i], "the same payload");
    }
    REACHED("there and back");
}

int main(void)
{
    if (ANY(bool)) {
        decode_anything();
    } else {
        there_and_back();
    }
    return 0;
}
