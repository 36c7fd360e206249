#include "port_store.h"

#include "port_slots.h"

#include "nvs.h"
#include "nvs_flash.h"

#include <string.h>

#define NAMESPACE "cp"
#define SLOT_BYTES (CP_NVM_SIZE + PORT_SLOT_TAIL)

static const char *const keys[PORT_SLOTS] = {"slot0", "slot1"};

static nvs_handle_t store;
static bool opened;
static port_slots_t slots;
static uint8_t buffer[SLOT_BYTES];

bool port_store_open(void)
{
    esp_err_t result = nvs_flash_init();

    if (result == ESP_ERR_NVS_NO_FREE_PAGES || result == ESP_ERR_NVS_NEW_VERSION_FOUND) {
        result = nvs_flash_erase() == ESP_OK ? nvs_flash_init() : result;
    }
    opened = result == ESP_OK && nvs_open(NAMESPACE, NVS_READWRITE, &store) == ESP_OK;
    return opened;
}

/* Bytes of a whole slot in the buffer, 0 if it is not whole. */
static size_t read_slot(unsigned slot)
{
    size_t len = sizeof buffer;

    slots.whole[slot] = nvs_get_blob(store, keys[slot], buffer, &len) == ESP_OK &&
                        port_slot_is_whole(buffer, len, &slots.generation[slot]);
    return slots.whole[slot] ? len : 0u;
}

size_t port_store_load(uint8_t out[CP_NVM_SIZE])
{
    if (!opened) {
        return 0;
    }
    for (unsigned i = 0; i < PORT_SLOTS; i++) {
        (void)read_slot(i);
    }
    const int newest = port_slots_newest(&slots);
    const size_t len = newest < 0 ? 0u : read_slot((unsigned)newest);
    if (len < PORT_SLOT_TAIL) {
        return 0;
    }
    memcpy(out, buffer, len - PORT_SLOT_TAIL);
    return len - PORT_SLOT_TAIL;
}

bool port_store_save(const uint8_t *image, size_t len)
{
    uint32_t generation = 0;

    if (!opened || len > CP_NVM_SIZE) {
        return false;
    }
    const unsigned slot = port_slots_next(&slots, &generation);
    memcpy(buffer, image, len);
    const size_t sealed = port_slot_seal(buffer, len, generation);
    slots.whole[slot] = false;
    if (nvs_set_blob(store, keys[slot], buffer, sealed) != ESP_OK || nvs_commit(store) != ESP_OK) {
        return false;
    }
    slots.whole[slot] = true;
    slots.generation[slot] = generation;
    return true;
}
