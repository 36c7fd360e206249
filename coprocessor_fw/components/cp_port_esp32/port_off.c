#include "port_off.h"

#include "port_past.h"

#include "esp_attr.h"
#include "soc/gpio_reg.h"
#include "soc/soc.h"
#include "soc/soc_caps.h"

/* File scope, for an exception handler has no argument of ours. In internal memory, since the flash may be out of
 * reach at that moment. */
static RTC_NOINIT_ATTR port_past_t past;
static DRAM_ATTR port_off_t off;

void IRAM_ATTR port_off_now(void)
{
    REG_WRITE(GPIO_OUT_W1TC_REG, off.low[0]);
    REG_WRITE(GPIO_OUT_W1TS_REG, off.high[0]);
#if SOC_GPIO_PIN_COUNT > 32
    REG_WRITE(GPIO_OUT1_W1TC_REG, off.low[1]);
    REG_WRITE(GPIO_OUT1_W1TS_REG, off.high[1]);
#endif
}

void port_off_at_start(void)
{
    if (port_past_is_whole(&past)) {
        off = past.off;
        port_off_now();
    }
    off = (port_off_t){{0}, {0}};
    past.off = off;
    port_past_seal(&past);
}

void port_off_remember(uint8_t gpio, bool active_low)
{
    port_off_add(&off, gpio, active_low);
    past.off = off;
    port_past_seal(&past);
}

const cp_rtc_t *port_past_core(void)
{
    return cp_rtc_is_whole(&past.core) ? &past.core : NULL;
}

void port_past_keep(const cp_rtc_t *core)
{
    past.core = *core;
}

/* The linker leads every panic (exception, abort, both watchdogs) through here; see CMakeLists.txt. */
void __real_esp_panic_handler(void *info);
void __wrap_esp_panic_handler(void *info);

void IRAM_ATTR __wrap_esp_panic_handler(void *info)
{
    port_off_now();
    __real_esp_panic_handler(info);
}
