#include "port_uart.h"

#include "driver/uart.h"
#include "esp_intr_alloc.h"
#include "freertos/FreeRTOS.h"
#include "sdkconfig.h"
#include "soc/uart_pins.h"

#if !CONFIG_UART_ISR_IN_IRAM
#error "A write to flash would lose bytes of the link: CONFIG_UART_ISR_IN_IRAM is needed, see sdkconfig.defaults"
#endif

#define BUFFER_BYTES 2048 /* 0.18 s of the line, each way: longer than a write to flash takes */
/* Bytes in the hardware's buffer that wake the handler: 2.8 ms of the line, a quarter of what the buffer holds. */
#define WAKE_BYTES 32

bool port_uart_open(int number, int baud, int tx_gpio, int rx_gpio)
{
    const uart_port_t port = (uart_port_t)number;
    const uart_config_t config = {
        .baud_rate = baud,
        .data_bits = UART_DATA_8_BITS,
        .parity = UART_PARITY_DISABLE,
        .stop_bits = UART_STOP_BITS_1,
        .flow_ctrl = UART_HW_FLOWCTRL_DISABLE,
        .source_clk = UART_SCLK_DEFAULT,
    };

    const bool own = number == 0 && tx_gpio == PORT_UART_DEFAULT_PIN && rx_gpio == PORT_UART_DEFAULT_PIN;

    return uart_driver_install(port, BUFFER_BYTES, BUFFER_BYTES, 0, NULL, ESP_INTR_FLAG_IRAM) == ESP_OK &&
           uart_param_config(port, &config) == ESP_OK &&
           uart_set_pin(port, own ? U0TXD_GPIO_NUM : tx_gpio, own ? U0RXD_GPIO_NUM : rx_gpio, UART_PIN_NO_CHANGE,
                        UART_PIN_NO_CHANGE) == ESP_OK &&
           uart_set_rx_full_threshold(port, WAKE_BYTES) == ESP_OK;
}

size_t port_uart_read(int number, uint8_t *out, size_t max)
{
    const int taken = uart_read_bytes((uart_port_t)number, out, (uint32_t)max, 1);

    return taken > 0 ? (size_t)taken : 0u;
}

size_t port_uart_room(int number)
{
    size_t room = 0;

    return uart_get_tx_buffer_free_size((uart_port_t)number, &room) == ESP_OK ? room : 0u;
}

void port_uart_write(int number, const uint8_t *bytes, size_t len)
{
    (void)uart_write_bytes((uart_port_t)number, bytes, len);
}
