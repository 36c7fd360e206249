/* The beat of the safety task: 1 ms, from a hardware timer's interrupt. */

#ifndef PORT_TICK_H
#define PORT_TICK_H

#include <stdbool.h>
#include <stdint.h>

#define PORT_TICK_US 1000u

/* Begin to beat for the calling task, and have the watchdog watch it. */
bool port_tick_open(void);

/* Wait for the next beat and feed the watchdog; returns how many came since the last one: more than 1 is an overrun, 0
 * that the beat itself failed to come for 10 ms. */
uint32_t port_tick_wait(void);

/* Feed the watchdog in mid-tick, during what is known to take long. */
void port_tick_feed(void);

/* Time since the start of the chip. */
uint64_t port_tick_now_us(void);

#endif
