#include "pairs.h"

#include "cp_coprocessor.h"
#include "cp_test.h"
#include "dice.h"
#include "event.h"

#include <string.h>

#define TWO 2u

/* A coprocessor with two EVSEs of this configuration and a session. */
static void start(cp_coprocessor_t *cp, const cp_evse_config_t *config)
{
    static const cp_board_t board = {.evse_count = TWO, .revision = "", .chip = "explore", .nonce = 1};
    uint8_t payload[CP_MSG_HELLO_SIZE];
    uint8_t wire[CP_FRAME_WIRE_MAX];
    cp_msg_hello_t hello;

    cp_coprocessor_init(cp, &board, NULL, NULL, 0);
    for (unsigned i = 0; i < TWO; i++) {
        cp_evse_configure(&cp->evse[i], config);
    }
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
    CHECK(cp->link.met);
}

static bool same(const cp_evse_t *a, const cp_evse_t *b)
{
    const monitor_t quiet = {.letter = 0};
    cp_evse_t one = *a;
    cp_evse_t other = *b;

    state_canonicalise(&one);
    state_canonicalise(&other);
    const node_t node = event_node(&one, &quiet);
    const node_t twin = event_node(&other, &quiet);
    return memcmp(&node, &twin, sizeof node) == 0;
}

static void take(cp_evse_t *e, const slice_t *slice, const graph_t *reached, uint32_t node)
{
    state_unpack(e, &slice->config, reached->node[node].evse);
}

/* Both tick at once; each must go its own way. */
static uint64_t try_ticks(cp_coprocessor_t *cp, const slice_t *slice, const cp_evse_t before[TWO])
{
    const unsigned ticks = slice_ticks(slice);
    const cp_coprocessor_t fresh = *cp;
    cp_outputs_t out;

    for (unsigned i = 0; i < ticks * ticks; i++) {
        const happening_t h[TWO] = {slice_tick(slice, i / ticks), slice_tick(slice, i % ticks)};
        cp_inputs_t in = {.button = false};
        *cp = fresh;
        for (unsigned k = 0; k < TWO; k++) {
            in.evse[k] = slice_inputs(&before[k], &h[k]);
        }
        cp_coprocessor_tick(cp, cp->now_us + 1000u, &in, &out);
        for (unsigned k = 0; k < TWO; k++) {
            cp_evse_outputs_t alone_out;
            cp_notes_t notes = {.count = 0};
            cp_evse_t alone = before[k];
            cp_evse_tick(&alone, 1, &in.evse[k], &alone_out, &notes);
            CHECK(same(&alone, &cp->evse[k]));
            CHECK(alone_out.contactor_closed == out.evse[k].contactor_closed);
        }
    }
    *cp = fresh;
    return (uint64_t)ticks * ticks;
}

/* A lease over the line for the one leaves the other as it is, whoever's plug-in it names. */
static uint64_t try_lease(cp_coprocessor_t *cp, const cp_evse_t before[TWO])
{
    uint8_t payload[CP_MSG_LEASE_SIZE];
    uint8_t wire[CP_FRAME_WIRE_MAX];
    const cp_coprocessor_t fresh = *cp;

    for (unsigned k = 0; k < TWO; k++) {
        const cp_msg_lease_t m = {.evse = (uint8_t)(k + 1u),
                                  .plug = before[k].plug,
                                  .limit_da = 160,
                                  .phases = 3,
                                  .ttl_ms = 1,
                                  .host_clock_us = 1};
        const cp_frame_t frame = {.major = CP_PROTOCOL_MAJOR,
                                  .kind = CP_KIND_LEASE,
                                  .session = cp->link.session,
                                  .msg = CP_MSG_LEASE,
                                  .payload = payload,
                                  .len = cp_msg_lease_encode(&m, payload)};
        cp_evse_t alone = before[k];
        (void)cp_evse_lease(&alone, &m);
        *cp = fresh;
        cp_coprocessor_rx(cp, cp->now_us, wire, cp_frame_encode(&frame, wire));
        CHECK(same(&alone, &cp->evse[k]));
        CHECK(same(&before[1u - k], &cp->evse[1u - k]));
    }
    *cp = fresh;
    return TWO;
}

uint64_t pairs_try(const slice_t *slice, const graph_t *reached, unsigned others, uint32_t seed)
{
    static cp_coprocessor_t cp;
    uint64_t tried = 0;
    dice_t dice;

    dice_begin(&dice, seed);
    start(&cp, &slice->config);
    for (uint32_t i = 0; i < reached->count; i++) {
        for (unsigned other = 0; other < others; other++) {
            cp_evse_t before[TWO];
            take(&before[other % TWO], slice, reached, i);
            take(&before[1u - other % TWO], slice, reached, dice_roll(&dice, reached->count));
            memcpy(cp.evse, before, sizeof before);
            tried += try_ticks(&cp, slice, before);
            tried += try_lease(&cp, before);
        }
    }
    return tried;
}
