/* What is kept in memory that a reset leaves alone: the core's record, and the levels that switch every output off.
 * Pure values, tested on the host. */

#ifndef PORT_PAST_H
#define PORT_PAST_H

#include "cp_nvm.h"

#include <stdbool.h>
#include <stdint.h>

/* GPIOs in two words: 0..31, 32..63. */
typedef struct {
    uint32_t low[2];  /* off when low */
    uint32_t high[2]; /* off when high */
} port_off_t;

/* Words only, so that it has no gaps. */
typedef struct {
    cp_rtc_t core;
    port_off_t off;
    uint32_t check; /* over `off`; the core's record has its own */
} port_past_t;

/* Close the record of the outputs, after any change. */
void port_past_seal(port_past_t *past);

/* True if the record of the outputs survived. */
bool port_past_is_whole(const port_past_t *past);

/* Add an output. */
void port_off_add(port_off_t *off, uint8_t gpio, bool active_low);

#endif
