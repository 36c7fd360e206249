/* What the pins of each chip can do, for the check of a board's pins. Pure tables, tested on the host.
 *
 * Left out altogether: the flash's pins, the link's UART0, and pins that no module brings out. Not `calm`: strapping
 * pins, JTAG and USB pins, and those whose level moves between power-on and the start of the application, by the
 * chips' datasheets. */

#ifndef PORT_CHIPS_H
#define PORT_CHIPS_H

#include "cp_pins.h"

typedef struct {
    const char *chip; /* as HELLO tells it, and as ESP-IDF names the target */
    cp_chip_pins_t pins;
    uint8_t boot_button; /* GPIO of the button that every DevKit has; held at reset it starts the ROM's loader */
} port_chip_t;

/* The chip of this name, NULL if it is none of ours. */
const port_chip_t *port_chip_find(const char *chip);

#endif
