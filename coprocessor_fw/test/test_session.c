/* Sessions: HELLO, numbers, replays, other versions, and a line that drops, repeats and corrupts. */

#include "host_rig.h"

#include <string.h>

static host_t h;

/* Send a HELLO of one's own making. */
static void hello(uint8_t role, uint8_t major, uint32_t nonce)
{
    uint8_t payload[CP_MSG_HELLO_SIZE];
    uint8_t wire[CP_FRAME_WIRE_MAX];
    cp_msg_hello_t m;

    cp_msg_hello_default(&m);
    m.role = role;
    m.major = major;
    m.nonce = nonce;
    const cp_frame_t frame = {.major = major,
                              .kind = CP_KIND_HELLO,
                              .msg = CP_MSG_HELLO,
                              .payload = payload,
                              .len = cp_msg_hello_encode(&m, payload)};
    host_send_raw(&h, wire, cp_frame_encode(&frame, wire));
    host_hear(&h);
}

static cp_result_t set_available(uint8_t available)
{
    uint8_t payload[CP_MSG_SET_AVAILABLE_SIZE];
    const cp_msg_set_available_t m = {.evse = 1, .available = available};

    return host_command(&h, CP_MSG_SET_AVAILABLE, payload, cp_msg_set_available_encode(&m, payload));
}

static const cp_msg_counters_t *counters(void)
{
    return &h.sim.cp.link.counters;
}

static void it_says_hello_by_itself_until_it_is_answered(void)
{
    host_start(&h, 1);
    host_run(&h, 3500);
    CHECK_EQ(h.hellos, 4);
    CHECK_EQ(h.hello.role, CP_ROLE_COPROCESSOR);
    CHECK_EQ(h.hello.peer_nonce, 0);
    CHECK(h.hello.nonce != 0u);
    CHECK_EQ(h.hello.reset_reason, CP_RESET_REASON_POWER_ON);
    CHECK_EQ(h.hello.boot_count, 1);
    CHECK_EQ(h.hello.layout_hash, CP_LAYOUT_HASH);
    CHECK_EQ(h.snapshots, 0);
    CHECK_EQ(h.events, 0);
}

static void its_first_byte_ends_whatever_the_other_side_holds(void)
{
    uint8_t byte = 1;

    host_start(&h, 1);
    CHECK_EQ(cp_sim_link_read(&h.sim, &byte, 1), 1);
    CHECK_EQ(byte, 0);
}

static void a_hello_is_answered_and_opens_a_session(void)
{
    host_start(&h, 1);
    host_greet(&h, 42);
    CHECK_EQ(h.hello.peer_nonce, 42);
    host_run(&h, 1000);
    CHECK(h.snapshots >= 5u);
    CHECK_EQ(host_count(&h, CP_EVENT_CODE_BOOT), 1);
    CHECK_EQ(host_last(&h, CP_EVENT_CODE_BOOT)->value, CP_RESET_REASON_POWER_ON);
}

static void the_same_hello_again_is_answered_and_resets_nothing(void)
{
    host_start_commissioned(&h, 1);
    CHECK_EQ(set_available(1), CP_RESULT_OK);
    const uint16_t session = h.session;
    const unsigned hellos = h.hellos;
    hello((uint8_t)CP_ROLE_HOST, CP_PROTOCOL_MAJOR, h.nonce);
    CHECK_EQ(h.hellos, hellos + 1u);
    CHECK_EQ(h.sim.cp.link.session, session);
    host_send_raw(&h, h.wire, h.wire_len); /* the last command again: still known */
    host_hear(&h);
    CHECK_EQ(counters()->repeats, 1);
}

static void a_new_session_resets_numbers_and_nothing_else(void)
{
    host_start_commissioned(&h, 1);
    h.lease_da = 160;
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_C);
    host_run(&h, 8000);
    CHECK_EQ(h.snapshot[0].contactor, CP_CONTACTOR_CLOSED);
    const uint32_t plug = h.snapshot[0].plug;
    host_greet(&h, 4711);
    CHECK_EQ(set_available(1), CP_RESULT_OK); /* number 0 again */
    host_run(&h, 5000);
    CHECK_EQ(h.snapshot[0].contactor, CP_CONTACTOR_CLOSED);
    CHECK_EQ(h.snapshot[0].plug, plug);
    CHECK_EQ(host_plant(&h, 1)->openings, 0);
}

static void unacknowledged_events_survive_a_new_session(void)
{
    host_start_commissioned(&h, 1);
    h.acks = false;
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_B);
    host_run(&h, 50);
    CHECK_EQ(host_count(&h, CP_EVENT_CODE_PLUGGED), 1);
    h.events = 0;
    host_greet(&h, 4711);
    host_run(&h, 10);
    CHECK_EQ(host_count(&h, CP_EVENT_CODE_PLUGGED), 1);
    h.acks = true;
    host_run(&h, 3000);
    h.events = 0;
    host_greet(&h, 4712);
    host_run(&h, 2000);
    CHECK_EQ(host_count(&h, CP_EVENT_CODE_PLUGGED), 0);
}

static void before_hello_everything_else_is_dropped_and_counted(void)
{
    host_start(&h, 1);
    h.session = cp_link_session(42, h.sim.cp.link.nonce);
    host_lease(&h, 1, 0, 160);
    CHECK_EQ(counters()->wrong_session, 1);
    CHECK_EQ(h.replies, 0);
}

static void our_own_hello_come_back_is_nobody(void)
{
    host_start(&h, 1);
    hello((uint8_t)CP_ROLE_COPROCESSOR, CP_PROTOCOL_MAJOR, 99);
    hello((uint8_t)CP_ROLE_HOST, CP_PROTOCOL_MAJOR, 0);
    CHECK(!h.sim.cp.link.met);
    CHECK_EQ(counters()->unknown_message, 2);
}

static void a_repeated_command_is_answered_from_the_cache_and_not_carried_out_again(void)
{
    host_start_commissioned(&h, 1);
    CHECK_EQ(set_available(0), CP_RESULT_OK);
    CHECK_EQ(h.sim.cp.evse[0].available, 0);
    h.sim.cp.evse[0].available = true; /* so that carrying it out again would show */
    const unsigned replies = h.replies;
    host_send_raw(&h, h.wire, h.wire_len);
    host_hear(&h);
    CHECK_EQ(h.replies, replies + 1u);
    CHECK_EQ(h.reply.result, CP_RESULT_OK);
    CHECK_EQ(h.sim.cp.evse[0].available, 1);
}

static void a_delayed_older_command_is_dropped(void)
{
    uint8_t old[CP_FRAME_WIRE_MAX];

    host_start_commissioned(&h, 1);
    CHECK_EQ(set_available(0), CP_RESULT_OK);
    const size_t old_len = h.wire_len;
    memcpy(old, h.wire, old_len);
    CHECK_EQ(set_available(1), CP_RESULT_OK);
    const unsigned replies = h.replies;
    host_send_raw(&h, old, old_len);
    host_hear(&h);
    CHECK_EQ(h.replies, replies);
    CHECK_EQ(h.sim.cp.evse[0].available, 1);
    CHECK_EQ(counters()->stale, 1);
}

static void numbers_of_commands_wrap_around(void)
{
    host_start_commissioned(&h, 1);
    for (unsigned i = 0; i < 600u; i++) {
        CHECK_EQ(set_available(1), CP_RESULT_OK);
    }
    CHECK_EQ(counters()->stale, 0);
}

static void a_delayed_older_lease_never_overrules_a_newer_stop(void)
{
    uint8_t old[CP_FRAME_WIRE_MAX];

    host_start_commissioned(&h, 1);
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_C);
    host_run(&h, 300);
    host_lease(&h, 1, h.snapshot[0].plug, 160);
    const size_t old_len = h.wire_len;
    memcpy(old, h.wire, old_len);
    for (unsigned i = 0; i < 300u; i++) { /* further apart than a number of eight bits can tell */
        host_run(&h, 50);
        host_lease(&h, 1, h.snapshot[0].plug, 0);
        host_send_raw(&h, old, old_len);
        CHECK_EQ(h.sim.cp.evse[0].lease.limit_da, 0);
    }
    CHECK_EQ(counters()->stale, 300);
}

static void leases_of_one_instant_are_ordered_by_their_number(void)
{
    uint8_t old[CP_FRAME_WIRE_MAX];

    host_start_commissioned(&h, 1);
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_B);
    host_run(&h, 300);
    host_lease(&h, 1, h.snapshot[0].plug, 160);
    const size_t old_len = h.wire_len;
    memcpy(old, h.wire, old_len);
    host_lease(&h, 1, h.snapshot[0].plug, 0);
    host_send_raw(&h, old, old_len);
    CHECK_EQ(h.sim.cp.evse[0].lease.limit_da, 0);
}

static void frames_of_an_earlier_session_are_never_taken(void)
{
    uint8_t lease[CP_FRAME_WIRE_MAX];

    host_start_commissioned(&h, 1);
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_B);
    host_run(&h, 300);
    host_lease(&h, 1, h.snapshot[0].plug, 160);
    const size_t lease_len = h.wire_len;
    memcpy(lease, h.wire, lease_len);
    for (uint32_t nonce = 100; nonce < 110u; nonce++) {
        host_greet(&h, nonce);
        host_run(&h, 11000);
        CHECK(!h.sim.cp.evse[0].lease.held);
        host_send_raw(&h, lease, lease_len);
        CHECK(!h.sim.cp.evse[0].lease.held);
        /* nor if the HELLO of that session is replayed before it */
        hello((uint8_t)CP_ROLE_HOST, CP_PROTOCOL_MAJOR, 77);
        host_send_raw(&h, lease, lease_len);
        CHECK(!h.sim.cp.evse[0].lease.held);
        CHECK_EQ(h.sim.cp.link.host_nonce, nonce);
    }
}

static void another_major_gets_hello_and_reboot_and_nothing_else(void)
{
    uint8_t payload[CP_MAX_PAYLOAD];
    uint8_t wire[CP_FRAME_WIRE_MAX];
    const cp_msg_set_available_t available = {.evse = 1, .available = 0};
    const cp_msg_reboot_t reboot = {.mode = (uint8_t)CP_REBOOT_MODE_APPLICATION};

    host_start_commissioned(&h, 1);
    const unsigned hellos = h.hellos;
    hello((uint8_t)CP_ROLE_HOST, 3, 1000);
    CHECK_EQ(h.hellos, hellos + 1u);
    h.session = cp_link_session(1000, h.sim.cp.link.nonce);
    const unsigned snapshots = h.snapshots;
    host_run(&h, 2000);
    CHECK_EQ(h.snapshots, snapshots);

    cp_frame_t frame = {.major = 3, .kind = CP_KIND_COMMAND, .session = h.session, .payload = payload};
    frame.msg = CP_MSG_SET_AVAILABLE;
    frame.len = cp_msg_set_available_encode(&available, payload);
    host_send_raw(&h, wire, cp_frame_encode(&frame, wire));
    frame.major = CP_PROTOCOL_MAJOR;
    host_send_raw(&h, wire, cp_frame_encode(&frame, wire));
    CHECK_EQ(h.sim.cp.evse[0].available, 1);
    CHECK_EQ(counters()->wrong_version, 2);

    frame.major = 3;
    frame.seq = 1;
    frame.msg = CP_MSG_REBOOT;
    frame.len = cp_msg_reboot_encode(&reboot, payload);
    const unsigned replies = h.replies;
    host_send_raw(&h, wire, cp_frame_encode(&frame, wire));
    host_hear(&h);
    CHECK_EQ(h.replies, replies + 1u);
    CHECK_EQ(h.reply.result, CP_RESULT_ACCEPTED);
    host_run(&h, 2000);
    CHECK_EQ(h.hello.reset_reason, CP_RESET_REASON_SOFTWARE);
}

static void a_host_that_hears_nothing_makes_it_drop_and_count(void)
{
    host_start_commissioned(&h, 1);
    h.deaf = true;
    host_run(&h, 60000);
    CHECK(counters()->tx_dropped > 100u);
    CHECK(h.sim.cp.link.tx_count <= CP_TX_MAX);
    h.deaf = false;
    host_hear(&h);
    const unsigned snapshots = h.snapshots;
    host_run(&h, 1000);
    CHECK(h.snapshots >= snapshots + 5u);
}

static void logs_keep_to_their_allowance(void)
{
    host_start_commissioned(&h, 1);
    for (unsigned second = 0; second < 10u; second++) {
        for (unsigned i = 0; i < 100u; i++) {
            cp_link_log(&h.sim.cp.link, CP_LOG_LEVEL_INFO, "test", "a line");
            host_run(&h, 10);
        }
    }
    CHECK_BETWEEN(h.logs, 90, 110); /* a line takes about 105 bytes; 1 kB/s and a burst */
    CHECK_EQ(h.logs + counters()->logs_dropped, 1000);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(it_says_hello_by_itself_until_it_is_answered),
        TEST(its_first_byte_ends_whatever_the_other_side_holds),
        TEST(a_hello_is_answered_and_opens_a_session),
        TEST(the_same_hello_again_is_answered_and_resets_nothing),
        TEST(a_new_session_resets_numbers_and_nothing_else),
        TEST(unacknowledged_events_survive_a_new_session),
        TEST(before_hello_everything_else_is_dropped_and_counted),
        TEST(our_own_hello_come_back_is_nobody),
        TEST(a_repeated_command_is_answered_from_the_cache_and_not_carried_out_again),
        TEST(a_delayed_older_command_is_dropped),
        TEST(numbers_of_commands_wrap_around),
        TEST(a_delayed_older_lease_never_overrules_a_newer_stop),
        TEST(leases_of_one_instant_are_ordered_by_their_number),
        TEST(frames_of_an_earlier_session_are_never_taken),
        TEST(another_major_gets_hello_and_reboot_and_nothing_else),
        TEST(a_host_that_hears_nothing_makes_it_drop_and_count),
        TEST(logs_keep_to_their_allowance),
    };

    return RUN_TESTS(tests);
}
