/* The pins by which this board switches: the contactor of EVSE n is on GPIO n - 1, closed when high. */

#ifndef RV32_PINS_H
#define RV32_PINS_H

#include "cp_coprocessor.h"

#include <stdbool.h>
#include <stdint.h>

/* Drive what the core asks for. */
void pins_drive(const cp_outputs_t *out);

/* Everything off, whoever asked for what. */
void pins_off(void);

/* The level at an EVSE's contactor pin (from 0). */
bool pins_contactor(uint8_t index);

#endif
