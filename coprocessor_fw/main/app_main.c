/* Start: everything off, then the flash's store, the line, and the two tasks. After that nothing is allocated. */

#include "app.h"

#include "port_log.h"
#include "port_off.h"
#include "port_store.h"
#include "port_uart.h"

#include "esp_log.h"
#include "esp_system.h"
#include "sdkconfig.h"

static const char TAG[] = "app";

static app_t app;

void app_main(void)
{
    port_off_at_start();
    port_log_open();
    if (!port_store_open()) {
        ESP_LOGE(TAG, "no flash store: not commissioned, and nothing will be kept");
    }
    port_ring_init(&app.heard);
    port_ring_init(&app.said);
    port_ring_init(&app.plant_heard);
    port_ring_init(&app.plant_said);
    if (!port_uart_open(CONFIG_CP_LINK_UART, CONFIG_CP_LINK_BAUD, CONFIG_CP_LINK_TX_GPIO, CONFIG_CP_LINK_RX_GPIO)) {
        esp_restart(); /* without the line there is nobody to tell, and nothing to do */
    }
#if CONFIG_CP_EMULATOR
    if (!port_uart_open(CONFIG_CP_PLANT_UART, CONFIG_CP_LINK_BAUD, PORT_UART_DEFAULT_PIN, PORT_UART_DEFAULT_PIN)) {
        ESP_LOGE(TAG, "no UART for the plant protocol");
    }
#endif
    safety_task_start(&app);
    link_task_start(&app);
}
