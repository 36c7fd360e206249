#include "uart.h"

#include "machine.h"

#define TX_DATA 0x00u
#define RX_DATA 0x04u
#define TX_CONTROL 0x08u
#define RX_CONTROL 0x0Cu
#define INTERRUPTS 0x10u
#define DIVISOR 0x18u

#define ENABLE 1u
#define FULL_OR_EMPTY (1u << 31)
#define ON_RECEIVED 2u
/* 115200 baud of the peripherals' 500 MHz; QEMU's line has no baud rate. */
#define DIVIDE_BY 4339u

static volatile uint32_t *at(uintptr_t address, uint32_t offset)
{
    return machine_register(address + offset);
}

void uart_open(uart_t *uart, uintptr_t address)
{
    uart->address = address;
    port_ring_init(&uart->heard);
    *at(address, DIVISOR) = DIVIDE_BY;
    *at(address, TX_CONTROL) = ENABLE;
    *at(address, RX_CONTROL) = ENABLE; /* interrupts from the first byte on */
    *at(address, INTERRUPTS) = ON_RECEIVED;
}

void uart_interrupt(uart_t *uart)
{
    while (port_ring_room(&uart->heard) > 0u) {
        const uint32_t data = *at(uart->address, RX_DATA);
        const uint8_t byte = (uint8_t)(data & 0xFFu);
        if ((data & FULL_OR_EMPTY) != 0u) {
            return;
        }
        (void)port_ring_put(&uart->heard, &byte, 1);
    }
    *at(uart->address, INTERRUPTS) = 0; /* until some of it was taken */
}

size_t uart_take(uart_t *uart, uint8_t *out, size_t max)
{
    const size_t len = port_ring_take(&uart->heard, out, max);

    if (len > 0u) {
        *at(uart->address, INTERRUPTS) = ON_RECEIVED;
    }
    return len;
}

void uart_send(const uart_t *uart, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        while ((*at(uart->address, TX_DATA) & FULL_OR_EMPTY) != 0u) {
        }
        *at(uart->address, TX_DATA) = bytes[i];
    }
}
