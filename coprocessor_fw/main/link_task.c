#include "app.h"

#include "port_uart.h"

#include "esp_log.h"
#include "esp_task_wdt.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "sdkconfig.h"

#define PRIORITY (configMAX_PRIORITIES - 4)
#define CORE 0
/* The deepest it goes is the UART's driver; measured by nobody yet, so twice what ESP-IDF's examples give such a task.
 */
#define STACK_BYTES 4096u
#define CHUNK_BYTES 128u
/* Late ticks are told this often at most. */
#define TELL_TICKS pdMS_TO_TICKS(60000)

static const char TAG[] = "link";

static StackType_t stack[STACK_BYTES / sizeof(StackType_t)];
static StaticTask_t task;

/* What the line brings beyond the ring's room stays in the driver's buffer. */
static void move_in(int uart, port_ring_t *ring)
{
    uint8_t bytes[CHUNK_BYTES];
    const size_t room = port_ring_room(ring);

    if (room == 0u) {
        vTaskDelay(1);
        return;
    }
    const size_t len = port_uart_read(uart, bytes, room < sizeof bytes ? room : sizeof bytes);
    (void)port_ring_put(ring, bytes, len);
}

static void move_out(int uart, port_ring_t *ring)
{
    uint8_t bytes[CHUNK_BYTES];
    const size_t room = port_uart_room(uart);
    const size_t len = port_ring_take(ring, bytes, room < sizeof bytes ? room : sizeof bytes);

    if (len > 0u) {
        port_uart_write(uart, bytes, len);
    }
}

static void tell_late_ticks(app_t *app)
{
    const unsigned overruns = atomic_exchange_explicit(&app->overruns, 0u, memory_order_relaxed);
    const unsigned longest_us = atomic_exchange_explicit(&app->longest_us, 0u, memory_order_relaxed);

    if (overruns > 0u) {
        ESP_LOGW(TAG, "%u ticks were late, the longest took %u us", overruns, longest_us);
    }
}

static void run(void *argument)
{
    app_t *const app = argument;
    TickType_t told = xTaskGetTickCount();

    (void)esp_task_wdt_add(NULL);
    for (;;) {
        move_in(CONFIG_CP_LINK_UART, &app->heard); /* waits for a system tick if nothing comes */
        move_out(CONFIG_CP_LINK_UART, &app->said);
#if CONFIG_CP_EMULATOR
        move_in(CONFIG_CP_PLANT_UART, &app->plant_heard);
        move_out(CONFIG_CP_PLANT_UART, &app->plant_said);
#endif
        if (xTaskGetTickCount() - told >= TELL_TICKS) {
            told = xTaskGetTickCount();
            tell_late_ticks(app);
        }
        (void)esp_task_wdt_reset();
    }
}

void link_task_start(app_t *app)
{
    (void)xTaskCreateStaticPinnedToCore(run, "link", STACK_BYTES, app, PRIORITY, stack, &task, CORE);
}
