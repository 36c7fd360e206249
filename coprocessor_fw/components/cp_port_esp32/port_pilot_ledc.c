/* Pilots by LEDC: one timer of 1 kHz for all, a channel for each. There is no brake: a board that wires one is refused.
 *
 * A new duty is taken over by the hardware at the end of a period. */

#include "port_pilot.h"

#include "port_duty.h"

#include "driver/gpio.h"
#include "driver/ledc.h"

#define SPEED LEDC_LOW_SPEED_MODE /* the one that every chip has */
#define TIMER LEDC_TIMER_0
/* 0.12 us a step. One bit below the narrowest timer (14 bits), for a duty of the whole period overflows at full width;
 * and 80 MHz / (1 kHz * 2^13) is within the fraction that the divider has. */
#define RESOLUTION LEDC_TIMER_13_BIT
#define PERIOD_TICKS ((uint32_t)1u << 13)

typedef struct {
    bool wired;
    uint8_t drive; /* cp_drive_t */
    uint16_t pulse_bp;
} pilot_t;

static pilot_t pilots[CP_EVSE_MAX];

static bool open_timer(void)
{
    const ledc_timer_config_t config = {
        .speed_mode = SPEED,
        .duty_resolution = RESOLUTION,
        .timer_num = TIMER,
        .freq_hz = PORT_PILOT_HZ,
        .clk_cfg = LEDC_AUTO_CLK,
    };

    return ledc_timer_config(&config) == ESP_OK;
}

static bool open_pilot(unsigned index, port_line_t line)
{
    const ledc_channel_config_t config = {
        .gpio_num = line.gpio,
        .speed_mode = SPEED,
        .channel = (ledc_channel_t)index,
        .timer_sel = TIMER,
        .duty = PERIOD_TICKS,
        .hpoint = 0,
        .flags.output_invert = line.active_low,
    };

    pilots[index] = (pilot_t){.wired = true, .drive = (uint8_t)CP_DRIVE_STEADY};
    return ledc_channel_config(&config) == ESP_OK &&
           gpio_set_drive_capability((gpio_num_t)line.gpio, GPIO_DRIVE_CAP_2) == ESP_OK;
}

bool port_pilot_open(const port_lines_t *lines)
{
    bool timed = false;

    if (port_line(lines, 0, CP_PIN_ROLE_BRAKE).gpio != PORT_NO_GPIO) {
        return false;
    }
    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        const port_line_t line = port_line(lines, (uint8_t)(i + 1u), CP_PIN_ROLE_PILOT_PWM);
        if (line.gpio == PORT_NO_GPIO) {
            continue;
        }
        timed = timed || open_timer();
        if (!timed || !open_pilot(i, line)) {
            return false;
        }
    }
    return true;
}

static uint32_t duty_of(cp_drive_t drive, uint16_t pulse_bp)
{
    switch (drive) {
    case CP_DRIVE_PWM:
        return port_duty_ticks(pulse_bp, PERIOD_TICKS);
    case CP_DRIVE_F:
        return 0;
    case CP_DRIVE_STEADY:
    default:
        return PERIOD_TICKS;
    }
}

void port_pilot_drive(uint8_t evse, cp_drive_t drive, uint16_t pulse_bp)
{
    if (evse < 1u || evse > CP_EVSE_MAX) {
        return;
    }
    pilot_t *const p = &pilots[evse - 1u];
    if (!p->wired || (p->drive == (uint8_t)drive && p->pulse_bp == pulse_bp)) {
        return;
    }
    p->drive = (uint8_t)drive;
    p->pulse_bp = pulse_bp;
    if (ledc_set_duty(SPEED, (ledc_channel_t)(evse - 1u), duty_of(drive, pulse_bp)) == ESP_OK) {
        (void)ledc_update_duty(SPEED, (ledc_channel_t)(evse - 1u));
    }
}
