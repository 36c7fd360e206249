#include "port_chips.h"

#include <stddef.h>
#include <string.h>

/* GPIOs first..last. */
#define PINS(first, last) (((uint64_t)2u << (last)) - ((uint64_t)1u << (first)))
#define PIN(gpio) ((uint64_t)1u << (gpio))

/* 20, 24 and 28..31 do not exist; 6..11 are the flash, 1 and 3 the link. 34..39 only read, without pulls; 37 and 38 are
 * not brought out. 0, 2, 5, 12 and 15 strap; 13..15 are JTAG, and 14 moves while the ROM runs. */
#define ESP32_OUT (PIN(0) | PIN(2) | PINS(4, 5) | PINS(12, 19) | PINS(21, 23) | PINS(25, 27) | PINS(32, 33))
#define ESP32_IN_ONLY (PINS(34, 36) | PIN(39))

/* 22..25 do not exist; 26..32 are the flash, 33..37 the memory of some modules; 43 and 44 are the link. 0, 3, 45 and 46
 * strap, 39..42 are JTAG, 19 and 20 USB, and 18 moves at power-on. */
#define ESP32S3_OUT (PINS(0, 21) | PINS(38, 42) | PINS(45, 48))

/* 11..17 are the flash and its supply, 20 and 21 the link. 2, 8 and 9 strap, 18 and 19 are USB. */
#define ESP32C3_OUT (PINS(0, 10) | PINS(18, 19))

/* 24..30 are the flash, 16 and 17 the link; 14 is not brought out. 4, 5, 8, 9 and 15 strap, 12 and 13 are USB. */
#define ESP32C6_OUT (PINS(0, 13) | PIN(15) | PINS(18, 23))

static const port_chip_t chips[] = {
    {
        .chip = "esp32",
        .pins = {.input = ESP32_OUT | ESP32_IN_ONLY,
                 .output = ESP32_OUT,
                 .analogue = PINS(32, 36) | PIN(39),
                 .pull = ESP32_OUT,
                 .calm = ESP32_OUT & ~(PIN(0) | PIN(2) | PIN(5) | PINS(12, 15))},
        .boot_button = 0,
    },
    {
        .chip = "esp32s3",
        .pins = {.input = ESP32S3_OUT,
                 .output = ESP32S3_OUT,
                 .analogue = PINS(1, 10),
                 .pull = ESP32S3_OUT,
                 .calm = ESP32S3_OUT & ~(PIN(0) | PIN(3) | PINS(18, 20) | PINS(39, 42) | PINS(45, 46))},
        .boot_button = 0,
    },
    {
        .chip = "esp32c3",
        .pins = {.input = ESP32C3_OUT,
                 .output = ESP32C3_OUT,
                 .analogue = PINS(0, 4),
                 .pull = ESP32C3_OUT,
                 .calm = ESP32C3_OUT & ~(PIN(2) | PINS(8, 9) | PINS(18, 19))},
        .boot_button = 9,
    },
    {
        .chip = "esp32c6",
        .pins = {.input = ESP32C6_OUT,
                 .output = ESP32C6_OUT,
                 .analogue = PINS(0, 6),
                 .pull = ESP32C6_OUT,
                 .calm = ESP32C6_OUT & ~(PINS(4, 5) | PINS(8, 9) | PINS(12, 13) | PIN(15))},
        .boot_button = 9,
    },
};

const port_chip_t *port_chip_find(const char *chip)
{
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++) {
        if (strcmp(chips[i].chip, chip) == 0) {
            return &chips[i];
        }
    }
    return NULL;
}
