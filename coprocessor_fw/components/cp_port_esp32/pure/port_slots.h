/* Two slots of flash for one image: the older one is overwritten, so a power cut between writes leaves the newer one.
 *
 * A slot holds: image | generation (u32) | CRC-32 over both. Pure bytes, tested on the host. */

#ifndef PORT_SLOTS_H
#define PORT_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PORT_SLOTS 2u
#define PORT_SLOT_TAIL 8u

/* Close a slot whose first `len` bytes are the image; returns its length, PORT_SLOT_TAIL more. */
size_t port_slot_seal(uint8_t *slot, size_t len, uint32_t generation);

/* True if a slot of `len` bytes is whole; its generation is told. */
bool port_slot_is_whole(const uint8_t *slot, size_t len, uint32_t *generation);

/* What both slots hold. */
typedef struct {
    bool whole[PORT_SLOTS];
    uint32_t generation[PORT_SLOTS];
} port_slots_t;

/* Slot to read: the newer whole one; -1 if there is none. Generations may wrap. */
int port_slots_newest(const port_slots_t *slots);

/* Slot to write next, and the generation to give it. */
unsigned port_slots_next(const port_slots_t *slots, uint32_t *generation);

#endif
