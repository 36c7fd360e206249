/* Pilots by MCPWM: one timer of 1 kHz for all, an operator for each pair, a comparator and a generator for each one.
 *
 * Actions and comparator are taken over when the timer is at zero, and the order of the two writes is such that the
 * period between them, if one begins there, is a plain level. A brake input, where wired, forces +12 V by hardware,
 * with the processor dead too, and lets go at the next period. */

#include "port_pilot.h"

#include "port_duty.h"

#include "driver/gpio.h"
#include "driver/mcpwm_prelude.h"

#define GROUP 0
#define RESOLUTION_HZ 10000000u /* a tick is 0.1 us, one basis point of the period */
#define PERIOD_TICKS (RESOLUTION_HZ / PORT_PILOT_HZ)
#define PILOTS_PER_OPERATOR 2u

typedef struct {
    mcpwm_cmpr_handle_t comparator;
    mcpwm_gen_handle_t generator; /* NULL: not wired */
    uint8_t drive;                /* cp_drive_t */
    uint16_t pulse_bp;
} pilot_t;

static pilot_t pilots[CP_EVSE_MAX];

static bool act_on_compare(const pilot_t *p, mcpwm_generator_action_t action)
{
    return mcpwm_generator_set_action_on_compare_event(
               p->generator, MCPWM_GEN_COMPARE_EVENT_ACTION(MCPWM_TIMER_DIRECTION_UP, p->comparator, action)) == ESP_OK;
}

static bool act_on_zero(const pilot_t *p, mcpwm_generator_action_t action)
{
    return mcpwm_generator_set_action_on_timer_event(
               p->generator, MCPWM_GEN_TIMER_EVENT_ACTION(MCPWM_TIMER_DIRECTION_UP, MCPWM_TIMER_EVENT_EMPTY, action)) ==
           ESP_OK;
}

static bool open_timer(mcpwm_timer_handle_t *timer)
{
    const mcpwm_timer_config_t config = {
        .group_id = GROUP,
        .clk_src = MCPWM_TIMER_CLK_SRC_DEFAULT,
        .resolution_hz = RESOLUTION_HZ,
        .count_mode = MCPWM_TIMER_COUNT_MODE_UP,
        .period_ticks = PERIOD_TICKS,
    };

    return mcpwm_new_timer(&config, timer) == ESP_OK;
}

static bool open_brake(port_line_t line, mcpwm_fault_handle_t *fault)
{
    const mcpwm_gpio_fault_config_t config = {
        .group_id = GROUP,
        .gpio_num = line.gpio,
        .flags.active_level = line.active_low ? 0u : 1u,
    };

    const gpio_pull_mode_t pull = line.pull_up ? GPIO_PULLUP_ONLY : line.pull_down ? GPIO_PULLDOWN_ONLY : GPIO_FLOATING;

    *fault = NULL;
    return line.gpio == PORT_NO_GPIO ||
           (mcpwm_new_gpio_fault(&config, fault) == ESP_OK && /* takes the pulls away in ESP-IDF 5 */
            gpio_set_pull_mode((gpio_num_t)line.gpio, pull) == ESP_OK);
}

static bool open_operator(mcpwm_timer_handle_t timer, mcpwm_fault_handle_t fault, mcpwm_oper_handle_t *oper)
{
    const mcpwm_operator_config_t config = {
        .group_id = GROUP,
        .flags.update_gen_action_on_tez = true,
    };
    mcpwm_brake_config_t brake = {
        .fault = fault,
        .brake_mode = MCPWM_OPER_BRAKE_MODE_CBC,
        .flags.cbc_recover_on_tez = true,
    };

    return mcpwm_new_operator(&config, oper) == ESP_OK && mcpwm_operator_connect_timer(*oper, timer) == ESP_OK &&
           (fault == NULL || mcpwm_operator_set_brake_on_fault(*oper, &brake) == ESP_OK);
}

/* Forced high until its actions stand. */
static bool open_pilot(pilot_t *p, mcpwm_oper_handle_t oper, port_line_t line, bool braked)
{
    const mcpwm_comparator_config_t comparator = {.flags.update_cmp_on_tez = true};
    const mcpwm_generator_config_t generator = {
        .gen_gpio_num = line.gpio,
        .flags.invert_pwm = line.active_low,
    };
    const mcpwm_gen_brake_event_action_t on_brake =
        MCPWM_GEN_BRAKE_EVENT_ACTION(MCPWM_TIMER_DIRECTION_UP, MCPWM_OPER_BRAKE_MODE_CBC, MCPWM_GEN_ACTION_HIGH);

    p->drive = (uint8_t)CP_DRIVE_STEADY;
    return mcpwm_new_comparator(oper, &comparator, &p->comparator) == ESP_OK &&
           mcpwm_new_generator(oper, &generator, &p->generator) == ESP_OK &&
           mcpwm_generator_set_force_level(p->generator, 1, true) == ESP_OK &&
           gpio_set_drive_capability((gpio_num_t)line.gpio, GPIO_DRIVE_CAP_2) == ESP_OK &&
           mcpwm_comparator_set_compare_value(p->comparator, PERIOD_TICKS / 2u) == ESP_OK &&
           act_on_compare(p, MCPWM_GEN_ACTION_KEEP) && act_on_zero(p, MCPWM_GEN_ACTION_HIGH) &&
           (!braked || mcpwm_generator_set_action_on_brake_event(p->generator, on_brake) == ESP_OK);
}

static bool any_pilot(const port_lines_t *lines)
{
    bool any = false;

    for (uint8_t evse = 1; evse <= CP_EVSE_MAX; evse++) {
        any = any || port_line(lines, evse, CP_PIN_ROLE_PILOT_PWM).gpio != PORT_NO_GPIO;
    }
    return any;
}

bool port_pilot_open(const port_lines_t *lines)
{
    mcpwm_oper_handle_t operators[CP_EVSE_MAX / PILOTS_PER_OPERATOR] = {NULL};
    mcpwm_timer_handle_t timer = NULL;
    mcpwm_fault_handle_t fault = NULL;

    if (!any_pilot(lines)) {
        return true;
    }
    if (!open_timer(&timer) || !open_brake(port_line(lines, 0, CP_PIN_ROLE_BRAKE), &fault)) {
        return false;
    }
    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        const port_line_t line = port_line(lines, (uint8_t)(i + 1u), CP_PIN_ROLE_PILOT_PWM);
        mcpwm_oper_handle_t *const oper = &operators[i / PILOTS_PER_OPERATOR];
        if (line.gpio == PORT_NO_GPIO) {
            continue;
        }
        if ((*oper == NULL && !open_operator(timer, fault, oper)) ||
            !open_pilot(&pilots[i], *oper, line, fault != NULL)) {
            return false;
        }
    }
    bool started =
        mcpwm_timer_enable(timer) == ESP_OK && mcpwm_timer_start_stop(timer, MCPWM_TIMER_START_NO_STOP) == ESP_OK;
    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        started = started && (pilots[i].generator == NULL ||
                              mcpwm_generator_set_force_level(pilots[i].generator, -1, true) == ESP_OK);
    }
    return started;
}

void port_pilot_drive(uint8_t evse, cp_drive_t drive, uint16_t pulse_bp)
{
    if (evse < 1u || evse > CP_EVSE_MAX) {
        return;
    }
    pilot_t *const p = &pilots[evse - 1u];
    if (p->generator == NULL || (p->drive == (uint8_t)drive && p->pulse_bp == pulse_bp)) {
        return;
    }
    p->drive = (uint8_t)drive;
    p->pulse_bp = pulse_bp;
    switch (drive) {
    case CP_DRIVE_PWM:
        (void)mcpwm_comparator_set_compare_value(p->comparator, port_duty_ticks(pulse_bp, PERIOD_TICKS));
        (void)act_on_compare(p, MCPWM_GEN_ACTION_LOW);
        (void)act_on_zero(p, MCPWM_GEN_ACTION_HIGH);
        break;
    case CP_DRIVE_F:
        (void)act_on_compare(p, MCPWM_GEN_ACTION_KEEP);
        (void)act_on_zero(p, MCPWM_GEN_ACTION_LOW);
        break;
    case CP_DRIVE_STEADY:
    default:
        (void)act_on_compare(p, MCPWM_GEN_ACTION_KEEP);
        (void)act_on_zero(p, MCPWM_GEN_ACTION_HIGH);
        break;
    }
}
