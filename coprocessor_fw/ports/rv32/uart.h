/* SiFive's UART: the interrupt moves what comes into a ring, the firmware's loop takes it from there; what goes out is
 * handed over by the loop, at the pace of the line. */

#ifndef RV32_UART_H
#define RV32_UART_H

#include "port_ring.h"

#include <stddef.h>
#include <stdint.h>

#define UART0_ADDRESS 0x10010000u
#define UART1_ADDRESS 0x10011000u

typedef struct {
    uintptr_t address;
    port_ring_t heard;
} uart_t;

/* Open for both directions, 8N1; the interrupt is to be listened to. */
void uart_open(uart_t *uart, uintptr_t address);

/* What the interrupt does: move what has come. What the ring has no room for stays in the line. */
void uart_interrupt(uart_t *uart);

/* Take up to `max` bytes that came; returns how many. */
size_t uart_take(uart_t *uart, uint8_t *out, size_t max);

/* Send, waiting for room. */
void uart_send(const uart_t *uart, const uint8_t *bytes, size_t len);

#endif
