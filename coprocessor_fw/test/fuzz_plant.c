/* Fuzz target: the plant's line, raw or as the insides of frames, and saved worlds. Contract: accept or refuse, never
 * anything else; whatever the world does, the safety property holds, and a world that is taken can be saved again. */

#include "cp_frame.h"
#include "cp_invariant.h"
#include "sim_inner.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAMED 1u
#define WORLD 2u
/* A clock that is told to run for hours would only be slow. */
#define ADVANCE_MAX_US 1000000u

static cp_sim_t sim;

static void tell(const uint8_t *payload, size_t len, uint16_t msg)
{
    uint8_t wire[CP_FRAME_WIRE_MAX];
    uint8_t bounded[CP_MSG_PLANT_CLOCK_SIZE];
    cp_msg_plant_clock_t clock;

    if (msg == CP_MSG_PLANT_CLOCK) {
        cp_msg_plant_clock_decode(&clock, payload, len);
        clock.advance_us %= ADVANCE_MAX_US;
        len = cp_msg_plant_clock_encode(&clock, bounded);
        payload = bounded;
    }
    const cp_frame_t frame = {
        .major = CP_PROTOCOL_MAJOR, .kind = CP_KIND_COMMAND, .msg = msg, .payload = payload, .len = len};
    (void)cp_sim_plant_write(&sim, wire, cp_frame_encode(&frame, wire));
}

/* Input as [msg low, length, payload...]. */
static void tell_frames(const uint8_t *data, size_t size)
{
    while (size >= 2u) {
        const size_t len = data[1] < size - 2u ? data[1] : size - 2u;
        tell(&data[2], len <= CP_MAX_PAYLOAD ? len : CP_MAX_PAYLOAD, (uint16_t)(0x0100u | data[0]));
        data += 2u + len;
        size -= 2u + len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
    static uint8_t world[CP_SIM_WORLD_MAX];
    uint8_t drained[256];

    if (size < 1u) {
        return 0;
    }
    cp_sim_init(&sim, 2, mac, 1);
    if ((data[0] & WORLD) != 0u) {
        (void)cp_sim_load(&sim, &data[1], size - 1u);
    } else if ((data[0] & FRAMED) != 0u) {
        tell_frames(&data[1], size - 1u);
    } else {
        (void)cp_sim_plant_write(&sim, &data[1], size - 1u);
    }
    for (unsigned i = 0; i < 10u; i++) {
        cp_sim_step(&sim, 10000);
        if (!cp_evse_invariant(&sim.cp.evse[0]) || !cp_evse_invariant(&sim.cp.evse[1])) {
            abort();
        }
        while (cp_sim_plant_read(&sim, drained, sizeof drained) > 0u) {
        }
    }
    const size_t len = cp_sim_save(&sim, world, sizeof world);
    if (len == 0u || cp_sim_load(&sim, world, len) != 1) {
        abort();
    }
    return 0;
}
