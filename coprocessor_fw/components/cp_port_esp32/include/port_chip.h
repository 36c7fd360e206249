/* What the chip is, why it started, and how it starts again. */

#ifndef PORT_CHIP_H
#define PORT_CHIP_H

#include "cp_messages.h"

#include <stdint.h>

/* Name of the chip, as ESP-IDF names the target. */
const char *port_chip_name(void);

/* Why the chip started. */
cp_reset_reason_t port_chip_reset_reason(void);

/* The factory's MAC, the board's identity. */
void port_chip_mac(uint8_t mac[6]);

/* A random number, never 0. */
uint32_t port_chip_nonce(void);

/* Switch everything off and start again: the application, or the ROM's loader for new firmware. The ESP32 itself has no
 * way into its loader but its strapping pin, which esptool pulls by the USB adapter; it starts the application. */
_Noreturn void port_chip_restart(cp_reboot_mode_t mode);

#endif
