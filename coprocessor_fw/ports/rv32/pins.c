#include "pins.h"

#include "machine.h"

#define CONTACTORS (((uint32_t)1u << CP_EVSE_MAX) - 1u)

void pins_drive(const cp_outputs_t *out)
{
    uint32_t levels = 0;

    for (uint8_t i = 0; i < CP_EVSE_MAX; i++) {
        levels |= out->evse[i].contactor_closed ? (uint32_t)1u << i : 0u;
    }
    machine_pins_set(CONTACTORS, levels);
}

void pins_off(void)
{
    machine_pins_set(CONTACTORS, 0);
}

bool pins_contactor(uint8_t index)
{
    return (machine_pins() >> index & 1u) != 0u;
}
