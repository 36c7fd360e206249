/* Every output off, by register alone: at the start, before a restart, and in a panic.
 *
 * A restart by software resets the processor, not the pins: what was driven stays driven through panic, ROM and boot
 * loader until the application starts. So the levels that mean "off" are kept in memory that such a reset leaves alone.
 */

#ifndef PORT_OFF_H
#define PORT_OFF_H

#include "cp_nvm.h"

#include <stdbool.h>
#include <stdint.h>

/* The first thing that the application does: switch off what an earlier run of it may have left on. */
void port_off_at_start(void);

/* Note an output before it is enabled. */
void port_off_remember(uint8_t gpio, bool active_low);

/* Switch every noted output off, now. Callable from anywhere, an exception included. */
void port_off_now(void);

/* The core's record of the time before this start; NULL after a power cut. */
const cp_rtc_t *port_past_core(void);

/* Keep the core's record, after every tick. */
void port_past_keep(const cp_rtc_t *core);

#endif
