#include "plant.h"

#include "cp_analog.h"
#include "cp_offer.h"

#define CONTACT_MS 20u /* from coil to poles, both ways */
#define LOCK_MOVE_MS 300u
#define MAINS_MV 230000u
#define RAIL_MV 12000
#define RAIL_WEAK_MV 6000
#define INVALID_MV 14500
#define ROOM_DC 250
#define HOT_DC 950
/* The monitor trips after this time, and stays tripped for at least that. */
#define RCM_TRIP_MS 20u
#define RCM_HOLD_MS 200u
#define S0_PULSE_MS 50u
#define UWH_PER_PULSE (1000000000u / CP_PLANT_PULSES_PER_KWH)
/* More than any guard lets pass. */
#define EXCESS_MA 8000u
/* mW x us in one uWh */
#define MW_US_PER_UWH 3600000u

void cp_plant_init(cp_plant_t *p)
{
    *p = (cp_plant_t){0};
    cp_vehicle_init(&p->vehicle);
    p->lock_at = (uint8_t)CP_LOCK_AT_UNLOCKED;
    cp_plant_set_temperature(p, ROOM_DC);
}

/* The highest level at the pin at which the sensor is at least this warm: it falls with the temperature. */
void cp_plant_set_temperature(cp_plant_t *p, int16_t dc)
{
    uint16_t mv = 0;

    for (uint16_t bit = 2048; bit > 0u; bit /= 2u) {
        const uint16_t tried = (uint16_t)(mv + bit);
        const uint32_t ohm = cp_divider_ohm(tried, CP_PLANT_SUPPLY_MV, CP_PLANT_NTC_OHM);
        const int16_t read = cp_ntc_dc(ohm, CP_PLANT_NTC_OHM, CP_PLANT_NTC_BETA);
        const bool cold = ohm == CP_OHM_OPEN || (read == CP_TEMPERATURE_UNKNOWN_DC && ohm > CP_PLANT_NTC_OHM);
        mv = !cold && read >= dc ? tried : mv;
    }
    p->sensors.temperature_dc = dc;
    p->sensors.temperature_mv = mv;
}

static void set_contact(cp_plant_t *p, bool closed)
{
    if (closed != p->contact) {
        p->closings += closed ? 1u : 0u;
        p->openings += closed ? 0u : 1u;
    }
    p->contact = closed;
    p->coil_ms = 0;
}

void cp_plant_reset(cp_plant_t *p, uint32_t meter_boot)
{
    set_contact(p, p->faults.welded);
    p->meter_boot = meter_boot;
    p->register_uwh = 0;
    p->rest_mw_us = 0;
}

static void move_contact(cp_plant_t *p, uint32_t step_ms, bool coil)
{
    const bool pulled = (coil && !p->faults.stuck_open) || p->faults.welded;

    if (pulled == p->contact) {
        p->coil_ms = 0;
        return;
    }
    p->coil_ms += step_ms;
    if (p->coil_ms >= CONTACT_MS || p->faults.welded || p->faults.stuck_open) {
        set_contact(p, pulled);
    }
}

static void move_lock(cp_plant_t *p, uint32_t step_ms, uint8_t drive)
{
    const uint8_t goal =
        drive == (uint8_t)CP_LOCK_DRIVE_LOCK ? (uint8_t)CP_LOCK_AT_LOCKED : (uint8_t)CP_LOCK_AT_UNLOCKED;

    if (drive == (uint8_t)CP_LOCK_DRIVE_NONE || p->lock_at == goal || p->faults.lock_jammed) {
        p->lock_ms = 0;
        return;
    }
    p->lock_ms += step_ms;
    if (p->lock_ms >= LOCK_MOVE_MS) {
        p->lock_at = goal;
        p->lock_ms = 0;
    }
}

/* Levels of the pilot as the board measures them. */
static void read_pilot(const cp_plant_t *p, cp_drive_t drive, uint16_t pulse_bp, bool broken, cp_evse_inputs_t *in)
{
    const int16_t load_mv = broken ? RAIL_MV : cp_vehicle_level_mv(&p->vehicle);
    const int16_t rail_mv = p->faults.rail_weak ? -RAIL_WEAK_MV : -RAIL_MV;
    const int16_t negative_mv = p->vehicle.diode ? rail_mv : (int16_t)-load_mv;
    int16_t high = drive == CP_DRIVE_F ? negative_mv : load_mv;
    int16_t low = drive == CP_DRIVE_STEADY ? load_mv : negative_mv;

    if (p->faults.pilot_invalid) {
        high = drive == CP_DRIVE_F ? -INVALID_MV : INVALID_MV;
        low = drive == CP_DRIVE_STEADY ? high : negative_mv;
    }
    if (p->faults.pilot_short || p->vehicle.state == (uint8_t)CP_VEHICLE_STATE_E) {
        high = 0;
        low = 0;
    }
    in->pilot_high_mv = high;
    in->pilot_low_mv = low;
    in->pilot_duty_bp = drive == CP_DRIVE_PWM && high > low ? pulse_bp : 0u;
}

static void run_meter(cp_plant_t *p, uint32_t step_us, uint8_t phases, cp_meter_reading_t *reading)
{
    uint64_t power_mw = 0;

    reading->source = (uint8_t)CP_METER_SOURCE_INTERNAL;
    for (unsigned i = 0; i < 3u; i++) {
        reading->current_ma[i] = i < phases ? p->vehicle.current_ma : 0u;
        reading->voltage_mv[i] = MAINS_MV;
        power_mw += (uint64_t)reading->current_ma[i] * MAINS_MV / 1000u;
    }
    p->rest_mw_us += power_mw * step_us;
    const uint64_t energy_uwh = p->rest_mw_us / MW_US_PER_UWH;
    p->rest_mw_us %= MW_US_PER_UWH;
    p->register_uwh += energy_uwh;
    p->delivered_uwh += energy_uwh;
    cp_vehicle_charge(&p->vehicle, energy_uwh);
    reading->meter_boot = p->meter_boot;
    reading->energy_mwh = p->register_uwh / 1000u;
    reading->power_mw = (uint32_t)power_mw;
}

/* The monitor's contact opens after a while of residual current, be it real or made by the test output. */
static bool monitor_closed(cp_plant_t *p, uint32_t step_ms, bool test)
{
    const bool reason = !p->faults.rcm_deaf && (test || (p->faults.residual && p->contact));
    cp_plant_sensors_t *const s = &p->sensors;

    s->rcm_ms = reason ? s->rcm_ms + step_ms : 0u;
    s->rcm_hold_ms = s->rcm_hold_ms > step_ms ? s->rcm_hold_ms - step_ms : 0u;
    if (s->rcm_ms >= RCM_TRIP_MS) {
        s->rcm_hold_ms = RCM_HOLD_MS;
    }
    return s->rcm_hold_ms == 0u;
}

static bool pulse(cp_plant_t *p, uint32_t step_ms)
{
    cp_plant_sensors_t *const s = &p->sensors;

    s->s0_ms = s->s0_ms > step_ms ? s->s0_ms - step_ms : 0u;
    if (s->s0_ms == 0u && p->delivered_uwh - s->s0_uwh >= UWH_PER_PULSE) {
        s->s0_uwh += UWH_PER_PULSE;
        s->s0_ms = 2u * S0_PULSE_MS; /* and its pause */
    }
    return s->s0_ms > S0_PULSE_MS;
}

static void read_sensors(cp_plant_t *p, uint32_t step_ms, const cp_evse_outputs_t *out, cp_evse_inputs_t *in)
{
    in->rcm_closed = monitor_closed(p, step_ms, out->rcm_test);
    in->earth_present = !p->faults.earth_lost;
    in->stop_closed = !p->faults.stop_pressed;
    in->temperature_mv = p->faults.sensor_open ? CP_PLANT_SUPPLY_MV : p->sensors.temperature_mv;
    in->s0_closed = pulse(p, step_ms);
    for (unsigned i = 0; i < 3u; i++) {
        in->current_mv[i] = (uint16_t)(in->meter.current_ma[i] / (CP_PLANT_MA_PER_V / 1000u));
    }
}

void cp_plant_step(cp_plant_t *p, uint32_t step_us, const cp_evse_outputs_t *out, cp_evse_inputs_t *in)
{
    const uint32_t step_ms = step_us / 1000u;
    const uint8_t live_phases = out->phases < p->vehicle.phases ? out->phases : p->vehicle.phases;
    const bool pilot_seen = !p->faults.pilot_short && !out->cp_break && out->drive == (uint8_t)CP_DRIVE_PWM;

    move_contact(p, step_ms, out->contactor_closed);
    move_lock(p, step_ms, out->lock_drive);
    const cp_vehicle_sees_t sees = {
        .offer_ma = pilot_seen ? cp_offer_from_duty_ma(out->pulse_bp) : 0u,
        .live = p->contact && p->vehicle.state != (uint8_t)CP_VEHICLE_STATE_A,
    };
    cp_vehicle_step(&p->vehicle, step_ms, &sees);
    read_pilot(p, (cp_drive_t)out->drive, out->pulse_bp, out->cp_break, in);
    in->proximity_ohm = p->faults.proximity ? 30u : cp_vehicle_proximity_ohm(&p->vehicle);
    in->feedback_closed = p->contact;
    in->lock_at = p->lock_at;
    run_meter(p, step_us, live_phases, &in->meter);
    read_sensors(p, step_ms, out, in);
}

static void ask_for_ventilation(cp_plant_t *p, bool active)
{
    if (active == p->ventilation) {
        return;
    }
    p->ventilation = active;
    if (active) {
        p->unvented_state = p->vehicle.state;
        cp_vehicle_command(&p->vehicle, (uint8_t)CP_VEHICLE_STATE_D);
    } else if (p->vehicle.state == (uint8_t)CP_VEHICLE_STATE_D) {
        cp_vehicle_command(&p->vehicle, p->unvented_state);
    }
}

bool cp_plant_inject(cp_plant_t *p, uint8_t fault, bool active)
{
    switch (fault) {
    case CP_FAULT_PILOT_SHORT:
        p->faults.pilot_short = active;
        return true;
    case CP_FAULT_PILOT_INVALID:
        p->faults.pilot_invalid = active;
        return true;
    case CP_FAULT_DIODE_MISSING:
        p->vehicle.diode = !active;
        return true;
    case CP_FAULT_VENTILATION:
        ask_for_ventilation(p, active);
        return true;
    case CP_FAULT_PROXIMITY:
        p->faults.proximity = active;
        return true;
    case CP_FAULT_CONTACTOR_WELDED:
        p->faults.welded = active;
        return true;
    case CP_FAULT_CONTACTOR_OPEN:
        p->faults.stuck_open = active;
        return true;
    case CP_FAULT_LOCK:
        p->faults.lock_jammed = active;
        return true;
    case CP_FAULT_OPENED_UNDER_LOAD:
        p->vehicle.ignores_pilot = active;
        return true;
    case CP_FAULT_RCM:
        p->faults.residual = active;
        return true;
    case CP_FAULT_RCM_SELF_TEST:
        p->faults.rcm_deaf = active;
        return true;
    case CP_FAULT_OVERCURRENT:
        p->vehicle.excess_ma = active ? EXCESS_MA : 0u;
        return true;
    case CP_FAULT_PROTECTIVE_EARTH:
        p->faults.earth_lost = active;
        return true;
    case CP_FAULT_OVER_TEMPERATURE:
        cp_plant_set_temperature(p, active ? HOT_DC : ROOM_DC);
        return true;
    case CP_FAULT_TEMPERATURE_SENSOR:
        p->faults.sensor_open = active;
        return true;
    case CP_FAULT_EMERGENCY_STOP:
        p->faults.stop_pressed = active;
        return true;
    case CP_FAULT_SELF_TEST:
        p->faults.rail_weak = active;
        return true;
    default: /* not one cause: restarts come by PlantPower, a lock-out by many trips */
        return false;
    }
}
