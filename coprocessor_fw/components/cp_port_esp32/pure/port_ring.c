#include "port_ring.h"

_Static_assert((PORT_RING_SIZE & (PORT_RING_SIZE - 1u)) == 0u, "indices wrap with the counters");

void port_ring_init(port_ring_t *ring)
{
    atomic_init(&ring->head, 0u);
    atomic_init(&ring->tail, 0u);
}

static uint32_t used(uint32_t head, uint32_t tail)
{
    return head - tail;
}

size_t port_ring_room(port_ring_t *ring)
{
    const uint32_t head = (uint32_t)atomic_load_explicit(&ring->head, memory_order_relaxed);
    const uint32_t tail = (uint32_t)atomic_load_explicit(&ring->tail, memory_order_acquire);

    return PORT_RING_SIZE - used(head, tail);
}

size_t port_ring_put(port_ring_t *ring, const uint8_t *bytes, size_t len)
{
    const uint32_t head = (uint32_t)atomic_load_explicit(&ring->head, memory_order_relaxed);
    const size_t room = port_ring_room(ring);
    const size_t taken = len < room ? len : room;

    for (size_t i = 0; i < taken; i++) {
        ring->bytes[(head + i) % PORT_RING_SIZE] = bytes[i];
    }
    atomic_store_explicit(&ring->head, head + (uint32_t)taken, memory_order_release);
    return taken;
}

size_t port_ring_take(port_ring_t *ring, uint8_t *out, size_t max)
{
    const uint32_t tail = (uint32_t)atomic_load_explicit(&ring->tail, memory_order_relaxed);
    const uint32_t head = (uint32_t)atomic_load_explicit(&ring->head, memory_order_acquire);
    const size_t there = used(head, tail);
    const size_t taken = max < there ? max : there;

    for (size_t i = 0; i < taken; i++) {
        out[i] = ring->bytes[(tail + i) % PORT_RING_SIZE];
    }
    atomic_store_explicit(&ring->tail, tail + (uint32_t)taken, memory_order_release);
    return taken;
}
