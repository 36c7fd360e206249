/* The link's decoder, with any bytes between two zeros: it reads and writes nothing outside of its buffer, and gives a
 * frame only out of the buffer, with a payload that fits. */

#include "harness.h"

#include "cp_frame.h"

#define WIRE 14u

int main(void)
{
    static cp_decoder_t decoder;
    cp_frame_t frame = {.payload = NULL};

    decoder.used = ANY(uint16_t);
    ASSUME(decoder.used <= WIRE);
    for (unsigned i = 0; i < WIRE; i++) {
        decoder.buffer[i] = ANY(uint8_t);
    }
    const cp_decoded_t decoded = cp_decoder_take(&decoder, 0, &frame);
    CLAIM(decoder.used == 0u && !decoder.skipping, "ready for the next frame");
    if (decoded == CP_DECODED_FRAME) {
        CLAIM(frame.payload == &decoder.buffer[CP_FRAME_HEADER], "payload in the buffer");
        CLAIM(frame.len <= WIRE - 1u - CP_FRAME_RAW_MIN, "no longer than what came");
        REACHED("a frame out of any bytes");
    }
    REACHED_IF(decoded == CP_DECODED_BAD_COBS, "no COBS");
    REACHED_IF(decoded == CP_DECODED_BAD_CRC, "a bad CRC");
    return 0;
}
