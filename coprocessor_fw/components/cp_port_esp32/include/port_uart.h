/* A UART that carries frames: interrupt handler in internal memory, bytes buffered both ways, nothing waits. */

#ifndef PORT_UART_H
#define PORT_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PORT_UART_DEFAULT_PIN (-1)

/* Open a UART at this speed, 8N1. Default pins are UART0's own; on another they mean that none is connected. */
bool port_uart_open(int number, int baud, int tx_gpio, int rx_gpio);

/* Wait at most one system tick for bytes, and take up to `max`. */
size_t port_uart_read(int number, uint8_t *out, size_t max);

/* Bytes that can be written without waiting. */
size_t port_uart_room(int number);

/* Write bytes, no more than there is room for. */
void port_uart_write(int number, const uint8_t *bytes, size_t len);

#endif
