/* The ring of events: order, resending, acknowledgement, overflow. */

#include "cp_events.h"
#include "cp_test.h"

static cp_events_t ring;

static cp_msg_event_t event(uint32_t value)
{
    cp_msg_event_t e;

    cp_msg_event_default(&e);
    e.code = (uint8_t)CP_EVENT_CODE_PLUGGED;
    e.value = value;
    return e;
}

static void put(uint32_t value)
{
    const cp_msg_event_t e = event(value);

    CHECK(cp_events_put(&ring, &e));
}

/* Send all that may go; returns how many went, the first's id in `first`. */
static unsigned send_all(uint32_t *first)
{
    cp_msg_event_t e;
    unsigned sent = 0;

    while (cp_events_next(&ring, &e)) {
        *first = sent == 0u ? e.id : *first;
        (void)cp_events_sent(&ring);
        sent++;
    }
    return sent;
}

static void events_go_once_in_order_and_wait_for_the_acknowledgement(void)
{
    cp_msg_event_t e;
    uint32_t first = 0;

    cp_events_init(&ring);
    put(10);
    put(11);
    CHECK(cp_events_next(&ring, &e));
    CHECK_EQ(e.id, 1);
    CHECK_EQ(e.value, 10);
    CHECK_EQ(e.oldest, 1);
    CHECK(!cp_events_sent(&ring));
    CHECK(cp_events_next(&ring, &e));
    CHECK_EQ(e.id, 2);
    CHECK_EQ(e.oldest, 1);
    CHECK(!cp_events_sent(&ring));
    CHECK_EQ(send_all(&first), 0);
    cp_events_ack(&ring, 2);
    CHECK_EQ(ring.count, 0);
}

static void a_missing_acknowledgement_is_asked_for_ever_more_patiently(void)
{
    static const uint32_t waits_ms[] = {100, 200, 400, 800, 1000, 1000, 1000};
    uint32_t first = 0;

    cp_events_init(&ring);
    put(1);
    CHECK_EQ(send_all(&first), 1);
    for (unsigned i = 0; i < sizeof waits_ms / sizeof waits_ms[0]; i++) {
        cp_events_pass_time(&ring, waits_ms[i] - 1u);
        CHECK_EQ(send_all(&first), 0);
        cp_events_pass_time(&ring, 1);
        CHECK_EQ(send_all(&first), 1);
        CHECK_EQ(first, 1);
    }
}

static void an_acknowledgement_makes_impatient_again(void)
{
    uint32_t first = 0;

    cp_events_init(&ring);
    put(1);
    put(2);
    CHECK_EQ(send_all(&first), 2);
    for (unsigned i = 0; i < 5u; i++) {
        cp_events_pass_time(&ring, 1000);
        CHECK_EQ(send_all(&first), 2);
    }
    cp_events_ack(&ring, 1);
    cp_events_pass_time(&ring, 99);
    CHECK_EQ(send_all(&first), 0);
    cp_events_pass_time(&ring, 1);
    CHECK_EQ(send_all(&first), 1);
    CHECK_EQ(first, 2);
}

static void only_a_few_are_on_their_way_at_a_time(void)
{
    uint32_t first = 0;

    cp_events_init(&ring);
    for (uint32_t i = 0; i < 20u; i++) {
        put(i);
    }
    CHECK_EQ(send_all(&first), 8);
    cp_events_ack(&ring, 3);
    CHECK_EQ(send_all(&first), 3);
    CHECK_EQ(first, 9);
}

static void an_acknowledgement_of_what_was_never_sent_means_nothing(void)
{
    uint32_t first = 0;

    cp_events_init(&ring);
    put(1);
    put(2);
    cp_events_ack(&ring, 1);
    cp_events_ack(&ring, UINT32_MAX);
    CHECK_EQ(ring.count, 2);
    CHECK_EQ(send_all(&first), 2);
    cp_events_ack(&ring, 3);
    CHECK_EQ(ring.count, 2);
    cp_events_ack(&ring, 0);
    CHECK_EQ(ring.count, 2);
}

static void an_old_acknowledgement_again_harms_nothing(void)
{
    uint32_t first = 0;

    cp_events_init(&ring);
    put(1);
    put(2);
    (void)send_all(&first);
    cp_events_ack(&ring, 2);
    put(3);
    (void)send_all(&first);
    cp_events_ack(&ring, 1);
    CHECK_EQ(ring.count, 1);
}

static void a_new_session_begins_again_with_the_oldest(void)
{
    uint32_t first = 0;

    cp_events_init(&ring);
    put(1);
    put(2);
    (void)send_all(&first);
    cp_events_rewind(&ring);
    CHECK_EQ(send_all(&first), 2);
    CHECK_EQ(first, 1);
}

static void what_finds_the_ring_full_is_lost_counted_and_told(void)
{
    uint32_t first = 0;
    cp_msg_event_t e = event(0);

    cp_events_init(&ring);
    for (uint32_t i = 0; i < CP_EVENTS_MAX; i++) {
        put(i);
    }
    for (unsigned i = 0; i < 5u; i++) {
        CHECK(!cp_events_put(&ring, &e));
    }
    CHECK_EQ(send_all(&first), 8);
    cp_events_ack(&ring, 8);
    put(99);
    unsigned told = 0;
    uint32_t last_id = 8;
    while (ring.count > 0u) {
        CHECK(cp_events_next(&ring, &e));
        CHECK_EQ(e.id, last_id + 1u); /* the ids have no gap */
        last_id = e.id;
        told += e.code == (uint8_t)CP_EVENT_CODE_EVENTS_LOST ? e.value : 0u;
        (void)cp_events_sent(&ring);
        cp_events_ack(&ring, e.id);
    }
    CHECK_EQ(told, 5);
    CHECK_EQ(e.value, 99); /* told before what came after */
}

static void the_ring_goes_round_for_ever(void)
{
    uint32_t first = 0;

    cp_events_init(&ring);
    for (uint32_t i = 1; i <= 1000u; i++) {
        put(i);
        CHECK_EQ(send_all(&first), 1);
        CHECK_EQ(first, i);
        cp_events_ack(&ring, i);
    }
}

static void a_loss_is_told_before_what_comes_after_it_and_when_it_was(void)
{
    uint32_t first = 0;
    cp_msg_event_t e = event(0);

    cp_events_init(&ring);
    for (uint32_t i = 0; i < CP_EVENTS_MAX; i++) {
        e.uptime_us = 100u + i;
        CHECK(cp_events_put(&ring, &e));
    }
    CHECK(!cp_events_put(&ring, &e));
    (void)send_all(&first);
    cp_events_ack(&ring, 1);
    CHECK_EQ(ring.count, CP_EVENTS_MAX); /* the room went to the news of the loss */
    cp_events_ack(&ring, 2);
    e.uptime_us = 999;
    CHECK(cp_events_put(&ring, &e));
    const cp_msg_event_t *const told = &ring.ring[(ring.first + ring.count - 2u) % CP_EVENTS_MAX];
    CHECK_EQ(told->code, CP_EVENT_CODE_EVENTS_LOST);
    CHECK(told->uptime_us >= 100u);
}

static void a_new_session_is_as_impatient_as_the_first(void)
{
    uint32_t first = 0;

    cp_events_init(&ring);
    put(1);
    for (unsigned i = 0; i < 6u; i++) {
        (void)send_all(&first);
        cp_events_pass_time(&ring, 1000);
    }
    cp_events_rewind(&ring);
    CHECK_EQ(send_all(&first), 1);
    cp_events_pass_time(&ring, 100);
    CHECK_EQ(send_all(&first), 1);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(events_go_once_in_order_and_wait_for_the_acknowledgement),
        TEST(a_missing_acknowledgement_is_asked_for_ever_more_patiently),
        TEST(an_acknowledgement_makes_impatient_again),
        TEST(only_a_few_are_on_their_way_at_a_time),
        TEST(an_acknowledgement_of_what_was_never_sent_means_nothing),
        TEST(an_old_acknowledgement_again_harms_nothing),
        TEST(a_new_session_begins_again_with_the_oldest),
        TEST(what_finds_the_ring_full_is_lost_counted_and_told),
        TEST(the_ring_goes_round_for_ever),
        TEST(a_loss_is_told_before_what_comes_after_it_and_when_it_was),
        TEST(a_new_session_is_as_impatient_as_the_first),
    };

    return RUN_TESTS(tests);
}
