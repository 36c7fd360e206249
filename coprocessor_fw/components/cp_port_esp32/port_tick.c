#include "port_tick.h"

#include "esp_attr.h"
#include "esp_task_wdt.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "sdkconfig.h"

#if !CONFIG_ESP_TIMER_SUPPORTS_ISR_DISPATCH_METHOD
#error "The tick comes from an interrupt: CONFIG_ESP_TIMER_SUPPORTS_ISR_DISPATCH_METHOD is needed"
#endif

#define MISSED_MS 10u

static void IRAM_ATTR on_beat(void *task)
{
    BaseType_t woken = pdFALSE;

    vTaskNotifyGiveFromISR((TaskHandle_t)task, &woken);
    if (woken == pdTRUE) {
        esp_timer_isr_dispatch_need_yield();
    }
}

bool port_tick_open(void)
{
    const esp_timer_create_args_t args = {
        .callback = on_beat,
        .arg = xTaskGetCurrentTaskHandle(),
        .dispatch_method = ESP_TIMER_ISR,
        .name = "tick",
    };
    esp_timer_handle_t timer = NULL;

    return esp_task_wdt_add(NULL) == ESP_OK && esp_timer_create(&args, &timer) == ESP_OK &&
           esp_timer_start_periodic(timer, PORT_TICK_US) == ESP_OK;
}

uint32_t port_tick_wait(void)
{
    const uint32_t beats = ulTaskNotifyTake(pdTRUE, pdMS_TO_TICKS(MISSED_MS));

    port_tick_feed();
    return beats;
}

void port_tick_feed(void)
{
    (void)esp_task_wdt_reset();
}

uint64_t port_tick_now_us(void)
{
    return (uint64_t)esp_timer_get_time();
}
