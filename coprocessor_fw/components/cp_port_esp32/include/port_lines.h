/* The digital pins of a commissioned board, by EVSE (1..n, 0 for the board) and role. */

#ifndef PORT_LINES_H
#define PORT_LINES_H

#include "cp_config.h"
#include "port_chips.h"

#include <stdbool.h>
#include <stdint.h>

#define PORT_ROLES ((unsigned)CP_PIN_ROLE_BRAKE + 1u)
#define PORT_NO_GPIO (-1)

typedef struct {
    int8_t gpio; /* PORT_NO_GPIO: not wired */
    bool active_low;
    bool pull_up;
    bool pull_down;
} port_line_t;

typedef struct {
    port_line_t line[CP_EVSE_MAX + 1u][PORT_ROLES];
} port_lines_t;

/* Nothing is wired. */
void port_lines_init(port_lines_t *lines);

/* Set up the digital pins of a validated board, every output switched off before it is enabled, and the button that
 * every DevKit has where the board names none. Pilots and analogue pins are only noted. False if a pin is refused. */
bool port_lines_open(port_lines_t *lines, const cp_pins_t *pins, const port_chip_t *chip);

/* The pin of a role at an EVSE. */
port_line_t port_line(const port_lines_t *lines, uint8_t evse, cp_pin_role_t role);

/* The same, or the board's where the EVSE has none of its own. */
port_line_t port_line_or_shared(const port_lines_t *lines, uint8_t evse, cp_pin_role_t role);

/* True if the pin is at its active level; false where none is wired. */
bool port_line_is_active(port_line_t line);

/* Drive an output to its active or idle level; nothing where none is wired. */
void port_line_drive(port_line_t line, bool active);

#endif
