/* Bytes from one task to another without a lock: one writes, one reads, neither ever waits.
 *
 * Each index is written by one side only and published after the bytes it covers (release, acquire), so both sides
 * may run on different cores. A full ring takes less than is offered; the link's protocol heals what that costs. */

#ifndef PORT_RING_H
#define PORT_RING_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define PORT_RING_SIZE 1024u /* a power of two: 90 ms of the line at 115200 baud */

typedef struct {
    uint8_t bytes[PORT_RING_SIZE];
    atomic_uint_fast32_t head; /* bytes ever put */
    atomic_uint_fast32_t tail; /* bytes ever taken */
} port_ring_t;

/* Start empty. */
void port_ring_init(port_ring_t *ring);

/* Bytes that fit now. */
size_t port_ring_room(port_ring_t *ring);

/* Put up to `len` bytes; returns how many. Writing side only. */
size_t port_ring_put(port_ring_t *ring, const uint8_t *bytes, size_t len);

/* Take up to `max` bytes; returns how many. Reading side only. */
size_t port_ring_take(port_ring_t *ring, uint8_t *out, size_t max);

#endif
