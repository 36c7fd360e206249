/* Fuzz target: bytes from the line, the first two bits of the first byte saying whether a session stands and whether
 * the bytes are raw or the insides of frames. Contract: accept or drop, never anything else; the safety property holds.
 */

#include "cp_coprocessor.h"
#include "cp_frame.h"
#include "cp_invariant.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SESSION_STANDS 1u
#define FRAMED 2u

static void meet(cp_coprocessor_t *cp)
{
    uint8_t payload[CP_MSG_HELLO_SIZE];
    uint8_t wire[CP_FRAME_WIRE_MAX];
    cp_msg_hello_t hello;

    cp_msg_hello_default(&hello);
    hello.role = (uint8_t)CP_ROLE_HOST;
    hello.major = CP_PROTOCOL_MAJOR;
    hello.nonce = 1;
    const cp_frame_t frame = {.major = CP_PROTOCOL_MAJOR,
                              .kind = CP_KIND_HELLO,
                              .msg = CP_MSG_HELLO,
                              .payload = payload,
                              .len = cp_msg_hello_encode(&hello, payload)};
    cp_coprocessor_rx(cp, 0, wire, cp_frame_encode(&frame, wire));
}

/* Input as [kind, msg low, msg high, length, payload...]: the checksum would keep a fuzzer from getting any further. */
static void feed_frames(cp_coprocessor_t *cp, const uint8_t *data, size_t size)
{
    uint8_t wire[CP_FRAME_WIRE_MAX];
    uint8_t seq = 0;

    while (size >= 4u) {
        const size_t len = data[3] < size - 4u ? data[3] : size - 4u;
        const cp_frame_t frame = {.major = CP_PROTOCOL_MAJOR,
                                  .kind = (uint8_t)(data[0] & 0x1Fu),
                                  .session = cp->link.session,
                                  .seq = seq,
                                  .msg = (uint16_t)((unsigned)data[1] | (unsigned)data[2] << 8),
                                  .payload = &data[4],
                                  .len = len <= CP_MAX_PAYLOAD ? len : CP_MAX_PAYLOAD};
        cp_coprocessor_rx(cp, cp->now_us, wire, cp_frame_encode(&frame, wire));
        seq++;
        data += 4u + len;
        size -= 4u + len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const cp_board_t board = {
        .evse_count = 2, .revision = "", .chip = "fuzz", .nonce = 1, .capabilities = 0xFFu};
    static cp_coprocessor_t cp;
    cp_inputs_t in = {.button = false};
    cp_outputs_t out = {.store = false};
    uint8_t drained[256];

    if (size < 1u) {
        return 0;
    }
    for (unsigned i = 0; i < 2u; i++) {
        in.evse[i].pilot_high_mv = 6000;
        in.evse[i].pilot_low_mv = -12000;
        in.evse[i].proximity_ohm = 220;
    }
    cp_coprocessor_init(&cp, &board, NULL, NULL, 0);
    if ((data[0] & SESSION_STANDS) != 0u) {
        meet(&cp);
    }
    if ((data[0] & FRAMED) != 0u) {
        feed_frames(&cp, &data[1], size - 1u);
    } else {
        cp_coprocessor_rx(&cp, 0, &data[1], size - 1u);
    }
    for (uint64_t now_us = 10000; now_us <= 200000u; now_us += 10000u) {
        const cp_config_sets_t before = *cp_coprocessor_config(&cp);
        cp_coprocessor_tick(&cp, now_us, &in, &out);
        /* a configuration is applied behind the EVSEs' own tick, and may be ahead of some clauses until the next */
        const bool configured = memcmp(before.crc, cp_coprocessor_config(&cp)->crc, sizeof before.crc) != 0;
        for (unsigned i = 0; i < 2u; i++) {
            if ((cp_evse_broken(&cp.evse[i]) & ~(configured ? CP_CLAUSES_OF_TICKS : 0u)) != 0u) {
                abort();
            }
        }
        while (cp_coprocessor_tx(&cp, drained, sizeof drained) > 0u) {
        }
    }
    return 0;
}
