/* The pilot's generator: steady +12 V, PWM, or -12 V on each EVSE's pin. One of two backends stands behind it: MCPWM
 * where the chip has it, else (and in the emulator's configuration) LEDC.
 *
 * Logic high on the pin is +12 V, unless the pin is active low. Every change takes effect between two periods, so no
 * pulse is ever cut. */

#ifndef PORT_PILOT_H
#define PORT_PILOT_H

#include "cp_coprocessor.h"
#include "port_lines.h"

#include <stdbool.h>
#include <stdint.h>

/* Start every pilot that is wired, at steady +12 V. False if one can't be: none is then to be relied on. */
bool port_pilot_open(const port_lines_t *lines);

/* Set one pilot (EVSE 1..n); nothing if it is as it was, or not wired. */
void port_pilot_drive(uint8_t evse, cp_drive_t drive, uint16_t pulse_bp);

#endif
