#include "port_io.h"

#include "port_lines.h"
#include "port_off.h"
#include "port_pilot.h"
#include "port_sampler.h"

#include "cp_analog.h"

typedef struct {
    bool open;
    bool fed;
    port_lines_t lines;
    cp_config_sets_t config;
    bool locked[CP_EVSE_MAX]; /* where the lock shall be, for one without a contact */
} io_t;

static io_t io;

bool port_io_open(const cp_config_sets_t *config, const char *chip)
{
    const port_chip_t *const known = port_chip_find(chip);

    io.config = *config;
    port_lines_init(&io.lines);
    io.open = known != NULL && port_lines_open(&io.lines, &config->pins, known) && port_pilot_open(&io.lines) &&
              port_sampler_open(&io.lines);
    if (!io.open) {
        port_off_now();
    }
    return io.open;
}

void port_io_rescale(const cp_config_sets_t *config)
{
    io.config = *config;
}

static bool reads_active(uint8_t evse, cp_pin_role_t role)
{
    return port_line_is_active(port_line_or_shared(&io.lines, evse, role));
}

static uint8_t lock_position(uint8_t evse)
{
    const port_line_t contact = port_line(&io.lines, evse, CP_PIN_ROLE_LOCK_FEEDBACK);
    const bool locked = contact.gpio == PORT_NO_GPIO ? io.locked[evse - 1u] : port_line_is_active(contact);

    return locked ? (uint8_t)CP_LOCK_AT_LOCKED : (uint8_t)CP_LOCK_AT_UNLOCKED;
}

static void read_pilot(uint8_t evse, uint64_t now_us, cp_evse_inputs_t *in)
{
    const cp_msg_config_evse_t *const config = &io.config.evse[evse - 1u];
    int32_t high_mv = 0;
    int32_t low_mv = 0;

    if (port_sampler_is_alive(now_us) && port_sampler_pilot_mv(evse, &high_mv, &low_mv)) {
        in->pilot_high_mv = cp_pilot_from_pin_mv(high_mv, config->pilot_minus12_mv, config->pilot_plus12_mv);
        in->pilot_low_mv = cp_pilot_from_pin_mv(low_mv, config->pilot_minus12_mv, config->pilot_plus12_mv);
    }
}

static void read_analogue(uint8_t evse, cp_evse_inputs_t *in)
{
    static const cp_pin_role_t currents[] = {CP_PIN_ROLE_CURRENT_L1_ADC, CP_PIN_ROLE_CURRENT_L2_ADC,
                                             CP_PIN_ROLE_CURRENT_L3_ADC};
    const cp_msg_config_evse_t *const config = &io.config.evse[evse - 1u];
    const port_line_t proximity = port_line(&io.lines, evse, CP_PIN_ROLE_PROXIMITY_ADC);

    if (proximity.gpio != PORT_NO_GPIO) {
        in->proximity_ohm =
            cp_divider_ohm(port_sampler_mean_mv(proximity), config->proximity_supply_mv, config->proximity_series_ohm);
    }
    in->temperature_mv = port_sampler_mean_mv(port_line_or_shared(&io.lines, evse, CP_PIN_ROLE_TEMPERATURE_ADC));
    for (unsigned i = 0; i < 3u; i++) {
        in->current_mv[i] = port_sampler_rms_mv(port_line(&io.lines, evse, currents[i]));
    }
}

static void read_contacts(uint8_t evse, cp_evse_inputs_t *in)
{
    in->feedback_closed = reads_active(evse, CP_PIN_ROLE_CONTACTOR_FEEDBACK);
    in->lock_at = lock_position(evse);
    in->rcm_closed = reads_active(evse, CP_PIN_ROLE_RCM_TRIP);
    in->earth_present = reads_active(evse, CP_PIN_ROLE_PROTECTIVE_EARTH);
    in->stop_closed = reads_active(evse, CP_PIN_ROLE_EMERGENCY_STOP);
    in->s0_closed = reads_active(evse, CP_PIN_ROLE_S0_PULSE);
}

void port_io_read(uint64_t now_us, cp_inputs_t *in)
{
    *in = (cp_inputs_t){0};
    if (!io.open) {
        return;
    }
    port_sampler_poll(now_us);
    for (uint8_t i = 0; i < CP_EVSE_MAX; i++) {
        read_pilot((uint8_t)(i + 1u), now_us, &in->evse[i]);
        read_analogue((uint8_t)(i + 1u), &in->evse[i]);
        read_contacts((uint8_t)(i + 1u), &in->evse[i]);
    }
    in->button = port_line_is_active(port_line(&io.lines, 0, CP_PIN_ROLE_BUTTON));
}

static void write_contactor(uint8_t evse, const cp_evse_outputs_t *out)
{
    port_line_drive(port_line(&io.lines, evse, CP_PIN_ROLE_CONTACTOR), out->contactor_closed);
    port_line_drive(port_line(&io.lines, evse, CP_PIN_ROLE_CONTACTOR_3P), out->contactor_closed && out->phases == 3u);
}

/* An actuator with one wire is held in its place, one with two is moved by pulses. */
static void write_lock(uint8_t evse, const cp_evse_outputs_t *out)
{
    io.locked[evse - 1u] = out->lock;
    port_line_drive(port_line(&io.lines, evse, CP_PIN_ROLE_LOCK_A), out->lock_drive == (uint8_t)CP_LOCK_DRIVE_LOCK);
    port_line_drive(port_line(&io.lines, evse, CP_PIN_ROLE_LOCK_B), out->lock_drive == (uint8_t)CP_LOCK_DRIVE_UNLOCK);
}

static void write_lamps(uint8_t evse, uint8_t leds)
{
    port_line_drive(port_line(&io.lines, evse, CP_PIN_ROLE_LED_READY), (leds >> CP_LED_READY & 1u) != 0u);
    port_line_drive(port_line(&io.lines, evse, CP_PIN_ROLE_LED_CHARGING), (leds >> CP_LED_CHARGING & 1u) != 0u);
    port_line_drive(port_line(&io.lines, evse, CP_PIN_ROLE_LED_FAULT), (leds >> CP_LED_FAULT & 1u) != 0u);
}

static void write_pilot(uint8_t evse, const cp_evse_outputs_t *out)
{
    port_sampler_expect(evse, (cp_drive_t)out->drive);
    port_pilot_drive(evse, (cp_drive_t)out->drive, out->pulse_bp);
    port_line_drive(port_line(&io.lines, evse, CP_PIN_ROLE_CP_BREAK), out->cp_break);
}

void port_io_write(const cp_outputs_t *out)
{
    if (!io.open) {
        return;
    }
    for (uint8_t i = 0; i < CP_EVSE_MAX; i++) {
        write_contactor((uint8_t)(i + 1u), &out->evse[i]);
    }
    for (uint8_t i = 0; i < CP_EVSE_MAX; i++) {
        const uint8_t evse = (uint8_t)(i + 1u);
        write_pilot(evse, &out->evse[i]);
        write_lock(evse, &out->evse[i]);
        write_lamps(evse, out->evse[i].leds);
        port_line_drive(port_line(&io.lines, evse, CP_PIN_ROLE_RCM_TEST), out->evse[i].rcm_test);
    }
    write_lamps(0, out->leds);
}

void port_io_feed(void)
{
    if (io.open) {
        io.fed = !io.fed;
        port_line_drive(port_line(&io.lines, 0, CP_PIN_ROLE_ENABLE), io.fed);
    }
}

void port_io_close(void)
{
    if (io.open) {
        for (uint8_t evse = 1; evse <= CP_EVSE_MAX; evse++) {
            port_pilot_drive(evse, CP_DRIVE_STEADY, 0);
        }
    }
    io.open = false;
    port_off_now();
}
