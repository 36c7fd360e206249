/* A line that loses, repeats, delays and corrupts. */

#include "host_rig.h"

#include <string.h>

static host_t h;

static const cp_msg_counters_t *counters(void)
{
    return &h.sim.cp.link.counters;
}

static uint32_t dice = 7;

static uint32_t roll(uint32_t sides)
{
    dice ^= dice << 13;
    dice ^= dice >> 17;
    dice ^= dice << 5;
    return dice % sides;
}

/* The session over a line that loses, repeats, delays and corrupts every fifth frame: a stop always ends the charge. */
static void over_a_bad_line_a_stop_still_stops(void)
{
    static uint8_t late[CP_FRAME_WIRE_MAX];
    size_t late_len = 0;

    host_start_commissioned(&h, 1);
    for (unsigned round = 0; round < 5u; round++) {
        (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_C);
        for (unsigned i = 0; i < 400u; i++) {
            const bool stop = i >= 200u;
            uint8_t wire[CP_FRAME_WIRE_MAX];
            uint8_t payload[CP_MSG_LEASE_SIZE];
            const cp_msg_lease_t lease = {.evse = 1,
                                          .plug = h.snapshot[0].plug,
                                          .limit_da = stop ? 0u : 160u,
                                          .phases = 3,
                                          .ttl_ms = 10000,
                                          .host_clock_us = h.clock_us};
            const cp_frame_t frame = {.major = CP_PROTOCOL_MAJOR,
                                      .kind = CP_KIND_LEASE,
                                      .session = h.session,
                                      .seq = h.seq[CP_KIND_LEASE]++,
                                      .msg = CP_MSG_LEASE,
                                      .payload = payload,
                                      .len = cp_msg_lease_encode(&lease, payload)};
            const size_t len = cp_frame_encode(&frame, wire);
            switch (roll(10)) {
            case 0: /* lost */
                break;
            case 1: /* corrupt */
                wire[roll((uint32_t)len - 1u)] ^= (uint8_t)(1u << roll(8));
                host_send_raw(&h, wire, len);
                break;
            case 2: /* late, after others */
                memcpy(late, wire, len);
                late_len = len;
                break;
            case 3: /* twice, and then the late one */
                host_send_raw(&h, wire, len);
                host_send_raw(&h, wire, len);
                host_send_raw(&h, late, late_len);
                break;
            default:
                for (size_t k = 0; k < len; k++) {
                    host_send_raw(&h, &wire[k], 1);
                }
                break;
            }
            host_run(&h, 50);
            if (i == 199u) {
                CHECK_EQ(h.sim.cp.evse[0].power, CP_POWER_ENERGISED);
            }
        }
        CHECK_EQ(h.sim.cp.evse[0].power, CP_POWER_OFF);
        (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_A);
        host_run(&h, 30000);
    }
    CHECK(counters()->bad_crc + counters()->bad_cobs > 10u);
    CHECK(counters()->stale > 10u);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(over_a_bad_line_a_stop_still_stops),
    };

    return RUN_TESTS(tests);
}
