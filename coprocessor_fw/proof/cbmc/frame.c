/* The link's frames, with any header and payload: what is encoded has no zero but the last byte, and is decoded to the
 * same. */

#include "harness.h"

#include "cp_frame.h"

#define PAYLOAD 2u
#define WIRE (CP_FRAME_RAW_MIN + PAYLOAD + 2u)

int main(void)
{
    const uint8_t payload[PAYLOAD] = {ANY(uint8_t), ANY(uint8_t)};
    const cp_frame_t frame = {
        .major = ANY(uint8_t) & 7u,
        .kind = ANY(uint8_t) & 0x1Fu,
        .session = ANY(uint16_t),
        .seq = ANY(uint8_t),
        .msg = ANY(uint16_t),
        .payload = payload,
        .len = PAYLOAD,
    };
    static cp_decoder_t decoder;
    uint8_t wire[CP_FRAME_WIRE_MAX];
    cp_frame_t back = {.payload = NULL};

    CLAIM(cp_frame_encode(&frame, wire) == WIRE && wire[WIRE - 1u] == 0u, "as long as it must be, and closed");
    for (unsigned i = 0; i + 1u < WIRE; i++) {
        CLAIM(wire[i] != 0u, "no zero inside");
        decoder.buffer[i] = wire[i];
    }
    decoder.used = WIRE - 1u;
    CLAIM(cp_decoder_take(&decoder, 0, &back) == CP_DECODED_FRAME, "decoded");
    CLAIM(back.major == frame.major && back.kind == frame.kind && back.session == frame.session &&
              back.seq == frame.seq && back.msg == frame.msg && back.len == PAYLOAD,
          "the same header");
    CLAIM(back.payload[0] == payload[0] && back.payload[1] == payload[1], "the same payload");
    REACHED_IF(payload[0] == 0u, "a zero in the payload");
    return 0;
}
