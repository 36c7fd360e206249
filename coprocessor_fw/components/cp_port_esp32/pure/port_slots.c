#include "port_slots.h"

#include "cp_crc32.h"

static void put(uint8_t *out, uint32_t value)
{
    for (unsigned i = 0; i < 4u; i++) {
        out[i] = (uint8_t)(value >> (8u * i) & 0xFFu);
    }
}

static uint32_t get(const uint8_t *in)
{
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

size_t port_slot_seal(uint8_t *slot, size_t len, uint32_t generation)
{
    put(&slot[len], generation);
    put(&slot[len + 4u], cp_crc32(0, slot, len + 4u));
    return len + PORT_SLOT_TAIL;
}

bool port_slot_is_whole(const uint8_t *slot, size_t len, uint32_t *generation)
{
    if (len < PORT_SLOT_TAIL || get(&slot[len - 4u]) != cp_crc32(0, slot, len - 4u)) {
        return false;
    }
    *generation = get(&slot[len - PORT_SLOT_TAIL]);
    return true;
}

int port_slots_newest(const port_slots_t *slots)
{
    if (slots->whole[0] && slots->whole[1]) {
        return (int32_t)(slots->generation[1] - slots->generation[0]) > 0 ? 1 : 0;
    }
    if (slots->whole[0]) {
        return 0;
    }
    return slots->whole[1] ? 1 : -1;
}

unsigned port_slots_next(const port_slots_t *slots, uint32_t *generation)
{
    const int newest = port_slots_newest(slots);

    if (newest < 0) {
        *generation = 1;
        return 0;
    }
    *generation = slots->generation[newest] + 1u;
    return newest == 0 ? 1u : 0u;
}
