#include "port_lines.h"

#include "port_off.h"

#include "driver/gpio.h"

/* Enough for an optocoupler, a transistor's base, a relay driver's input; more would only make sharper edges. */
#define POWER_DRIVE GPIO_DRIVE_CAP_2 /* about 20 mA */
#define LAMP_DRIVE GPIO_DRIVE_CAP_1  /* about 10 mA */

static const port_line_t NOT_WIRED = {.gpio = PORT_NO_GPIO};

void port_lines_init(port_lines_t *lines)
{
    for (unsigned evse = 0; evse <= CP_EVSE_MAX; evse++) {
        for (unsigned role = 0; role < PORT_ROLES; role++) {
            lines->line[evse][role] = NOT_WIRED;
        }
    }
}

static bool flag(const cp_msg_config_pin_t *pin, cp_pin_flag_t position)
{
    return ((uint32_t)pin->flags >> (unsigned)position & 1u) != 0u;
}

static bool is_lamp(uint8_t role)
{
    return role == (uint8_t)CP_PIN_ROLE_LED_READY || role == (uint8_t)CP_PIN_ROLE_LED_CHARGING ||
           role == (uint8_t)CP_PIN_ROLE_LED_FAULT;
}

/* The level comes before the direction: a pin that begins to drive does so at its idle level. */
static bool open_output(const cp_msg_config_pin_t *pin)
{
    const gpio_num_t gpio = (gpio_num_t)pin->gpio;
    const bool active_low = flag(pin, CP_PIN_FLAG_ACTIVE_LOW);
    const gpio_config_t config = {
        .pin_bit_mask = (uint64_t)1u << pin->gpio,
        .mode = flag(pin, CP_PIN_FLAG_OPEN_DRAIN) ? GPIO_MODE_OUTPUT_OD : GPIO_MODE_OUTPUT,
        .pull_up_en = flag(pin, CP_PIN_FLAG_PULL_UP) ? GPIO_PULLUP_ENABLE : GPIO_PULLUP_DISABLE,
        .pull_down_en = flag(pin, CP_PIN_FLAG_PULL_DOWN) ? GPIO_PULLDOWN_ENABLE : GPIO_PULLDOWN_DISABLE,
        .intr_type = GPIO_INTR_DISABLE,
    };

    port_off_remember(pin->gpio, active_low);
    return gpio_set_level(gpio, active_low ? 1u : 0u) == ESP_OK && gpio_config(&config) == ESP_OK &&
           gpio_set_drive_capability(gpio, is_lamp(pin->role) ? LAMP_DRIVE : POWER_DRIVE) == ESP_OK;
}

static bool open_input(const cp_msg_config_pin_t *pin)
{
    const gpio_config_t config = {
        .pin_bit_mask = (uint64_t)1u << pin->gpio,
        .mode = GPIO_MODE_INPUT,
        .pull_up_en = flag(pin, CP_PIN_FLAG_PULL_UP) ? GPIO_PULLUP_ENABLE : GPIO_PULLUP_DISABLE,
        .pull_down_en = flag(pin, CP_PIN_FLAG_PULL_DOWN) ? GPIO_PULLDOWN_ENABLE : GPIO_PULLDOWN_DISABLE,
        .intr_type = GPIO_INTR_DISABLE,
    };

    return gpio_config(&config) == ESP_OK;
}

static bool open_pin(const cp_msg_config_pin_t *pin)
{
    switch (cp_pin_use(pin->role)) {
    case CP_PIN_OUTPUT:
        return pin->role == (uint8_t)CP_PIN_ROLE_PILOT_PWM ||
               open_output(pin); /* the pilot's generator opens its own */
    case CP_PIN_INPUT:
        return open_input(pin);
    case CP_PIN_ANALOGUE:
    default:
        return true;
    }
}

static bool is_used(const cp_pins_t *pins, uint8_t gpio)
{
    bool used = false;

    for (uint8_t i = 0; i < pins->count; i++) {
        used = used || pins->pin[i].gpio == gpio;
    }
    return used;
}

/* A hand on the board's own button is physical presence too, and the only one before a board is commissioned. */
static bool open_boot_button(port_lines_t *lines, const cp_pins_t *pins, const port_chip_t *chip)
{
    const cp_msg_config_pin_t pin = {
        .role = (uint8_t)CP_PIN_ROLE_BUTTON,
        .gpio = chip->boot_button,
        .flags = 1u << CP_PIN_FLAG_ACTIVE_LOW | 1u << CP_PIN_FLAG_PULL_UP,
    };

    if (lines->line[0][CP_PIN_ROLE_BUTTON].gpio != PORT_NO_GPIO || is_used(pins, pin.gpio)) {
        return true;
    }
    lines->line[0][CP_PIN_ROLE_BUTTON] = (port_line_t){.gpio = (int8_t)pin.gpio, .active_low = true};
    return open_pin(&pin);
}

bool port_lines_open(port_lines_t *lines, const cp_pins_t *pins, const port_chip_t *chip)
{
    port_lines_init(lines);
    for (uint8_t i = 0; i < pins->count && i < CP_PINS_MAX; i++) {
        const cp_msg_config_pin_t *const pin = &pins->pin[i];
        if (pin->evse > CP_EVSE_MAX || pin->role >= PORT_ROLES || pin->gpio > CP_GPIO_MAX || !open_pin(pin)) {
            return false;
        }
        lines->line[pin->evse][pin->role] = (port_line_t){
            .gpio = (int8_t)pin->gpio,
            .active_low = flag(pin, CP_PIN_FLAG_ACTIVE_LOW),
            .pull_up = flag(pin, CP_PIN_FLAG_PULL_UP),
            .pull_down = flag(pin, CP_PIN_FLAG_PULL_DOWN),
        };
    }
    return open_boot_button(lines, pins, chip);
}

port_line_t port_line(const port_lines_t *lines, uint8_t evse, cp_pin_role_t role)
{
    return evse <= CP_EVSE_MAX && (unsigned)role < PORT_ROLES ? lines->line[evse][role] : NOT_WIRED;
}

port_line_t port_line_or_shared(const port_lines_t *lines, uint8_t evse, cp_pin_role_t role)
{
    const port_line_t own = port_line(lines, evse, role);

    return own.gpio != PORT_NO_GPIO ? own : port_line(lines, 0, role);
}

bool port_line_is_active(port_line_t line)
{
    if (line.gpio == PORT_NO_GPIO) {
        return false;
    }
    const bool high = gpio_get_level((gpio_num_t)line.gpio) != 0;
    return high != line.active_low;
}

void port_line_drive(port_line_t line, bool active)
{
    if (line.gpio != PORT_NO_GPIO) {
        (void)gpio_set_level((gpio_num_t)line.gpio, active != line.active_low ? 1u : 0u);
    }
}
