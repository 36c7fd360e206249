/* Bytes from one task to the other. */

#include "cp_test.h"

#include "port_ring.h"

#include <pthread.h>
#include <sched.h>

#define STREAM 200000u

static port_ring_t ring;

/* The n-th byte of a stream that repeats with no power of two. */
static uint8_t nth(uint32_t n)
{
    return (uint8_t)(n % 251u);
}

static void what_goes_in_comes_out_in_order_however_it_is_cut(void)
{
    uint32_t in = 0;
    uint32_t out = 0;

    port_ring_init(&ring);
    for (uint32_t round = 0; round < 5000u; round++) {
        uint8_t bytes[300];
        const size_t put = round * 7u % sizeof bytes;
        for (size_t i = 0; i < put; i++) {
            bytes[i] = nth(in + (uint32_t)i);
        }
        in += (uint32_t)port_ring_put(&ring, bytes, put);
        const size_t taken = port_ring_take(&ring, bytes, round * 11u % sizeof bytes);
        for (size_t i = 0; i < taken; i++) {
            CHECK_EQ(bytes[i], nth(out + (uint32_t)i));
        }
        out += (uint32_t)taken;
        CHECK_EQ(port_ring_room(&ring), PORT_RING_SIZE - (in - out));
    }
    CHECK(out > 100u * PORT_RING_SIZE);
}

static void a_full_ring_takes_no_more_and_loses_nothing(void)
{
    static uint8_t bytes[2u * PORT_RING_SIZE];

    port_ring_init(&ring);
    CHECK_EQ(port_ring_put(&ring, bytes, sizeof bytes), PORT_RING_SIZE);
    CHECK_EQ(port_ring_room(&ring), 0);
    CHECK_EQ(port_ring_put(&ring, bytes, 1), 0);
    CHECK_EQ(port_ring_take(&ring, bytes, sizeof bytes), PORT_RING_SIZE);
    CHECK_EQ(port_ring_take(&ring, bytes, 1), 0);
}

static void indices_may_wrap(void)
{
    const uint8_t byte = 7;
    uint8_t back = 0;

    port_ring_init(&ring);
    atomic_store(&ring.head, UINT32_MAX);
    atomic_store(&ring.tail, UINT32_MAX);
    for (unsigned i = 0; i < 3u; i++) {
        CHECK_EQ(port_ring_put(&ring, &byte, 1), 1);
        CHECK_EQ(port_ring_take(&ring, &back, 1), 1);
        CHECK_EQ(back, 7);
    }
}

static void *write_stream(void *argument)
{
    uint32_t sent = 0;

    (void)argument;
    while (sent < STREAM) {
        uint8_t bytes[64];
        const size_t len = STREAM - sent < sizeof bytes ? STREAM - sent : sizeof bytes;
        for (size_t i = 0; i < len; i++) {
            bytes[i] = nth(sent + (uint32_t)i);
        }
        const size_t put = port_ring_put(&ring, bytes, len);
        sent += (uint32_t)put;
        if (put == 0u) {
            (void)sched_yield();
        }
    }
    return NULL;
}

static void two_threads_need_no_lock(void)
{
    pthread_t writer;
    uint32_t heard = 0;

    port_ring_init(&ring);
    CHECK_EQ(pthread_create(&writer, NULL, write_stream, NULL), 0);
    while (heard < STREAM) {
        uint8_t bytes[48];
        const size_t taken = port_ring_take(&ring, bytes, sizeof bytes);
        for (size_t i = 0; i < taken; i++) {
            CHECK_EQ(bytes[i], nth(heard + (uint32_t)i));
        }
        heard += (uint32_t)taken;
        if (taken == 0u) {
            (void)sched_yield();
        }
    }
    CHECK_EQ(pthread_join(writer, NULL), 0);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(what_goes_in_comes_out_in_order_however_it_is_cut),
        TEST(a_full_ring_takes_no_more_and_loses_nothing),
        TEST(indices_may_wrap),
        TEST(two_threads_need_no_lock),
    };

    return RUN_TESTS(tests);
}
