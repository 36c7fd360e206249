#include "port_chip.h"

#include "port_chips.h"
#include "port_io.h"

#include "esp_mac.h"
#include "esp_random.h"
#include "esp_system.h"
#include "sdkconfig.h"
#include "soc/soc.h"
#include "soc/soc_caps.h"

#if CONFIG_IDF_TARGET_ESP32S3 || CONFIG_IDF_TARGET_ESP32C3
#include "soc/rtc_cntl_reg.h"
#elif CONFIG_IDF_TARGET_ESP32C6
#include "soc/lp_aon_reg.h"
#endif

const char *port_chip_name(void)
{
    return CONFIG_IDF_TARGET;
}

cp_reset_reason_t port_chip_reset_reason(void)
{
    switch (esp_reset_reason()) {
    case ESP_RST_POWERON:
        return CP_RESET_REASON_POWER_ON;
    case ESP_RST_EXT:
        return CP_RESET_REASON_EXTERNAL;
    case ESP_RST_SW:
        return CP_RESET_REASON_SOFTWARE;
    case ESP_RST_PANIC:
        return CP_RESET_REASON_PANIC;
    case ESP_RST_INT_WDT:
        return CP_RESET_REASON_INTERRUPT_WATCHDOG;
    case ESP_RST_TASK_WDT:
    case ESP_RST_WDT:
        return CP_RESET_REASON_TASK_WATCHDOG;
    case ESP_RST_BROWNOUT:
        return CP_RESET_REASON_BROWN_OUT;
    case ESP_RST_DEEPSLEEP:
        return CP_RESET_REASON_DEEP_SLEEP;
    case ESP_RST_SDIO:
    case ESP_RST_UNKNOWN:
    default:
        return CP_RESET_REASON_UNKNOWN;
    }
}

void port_chip_mac(uint8_t mac[6])
{
    uint8_t burnt[8] = {0}; /* some chips tell eight bytes */

    (void)esp_read_mac(burnt, ESP_MAC_EFUSE_FACTORY);
    for (unsigned i = 0; i < 6u; i++) {
        mac[i] = burnt[i];
    }
}

uint32_t port_chip_nonce(void)
{
    const uint32_t nonce = esp_random();

    return nonce != 0u ? nonce : 1u;
}

static void lead_into_loader(void)
{
#if CONFIG_IDF_TARGET_ESP32S3 || CONFIG_IDF_TARGET_ESP32C3
    REG_SET_BIT(RTC_CNTL_OPTION1_REG, RTC_CNTL_FORCE_DOWNLOAD_BOOT);
#elif CONFIG_IDF_TARGET_ESP32C6
    REG_SET_BIT(LP_AON_SYS_CFG_REG, LP_AON_FORCE_DOWNLOAD_BOOT);
#endif
}

_Noreturn void port_chip_restart(cp_reboot_mode_t mode)
{
    port_io_close();
    if (mode == CP_REBOOT_MODE_BOOTLOADER) {
        lead_into_loader();
    }
    esp_restart();
}
