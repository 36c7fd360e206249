#include "plant.h"

#include "cp_offer.h"

#define CONTACT_MS 20u /* from coil to poles, both ways */
#define LOCK_MOVE_MS 300u
#define MAINS_MV 230000u
#define RAIL_MV 12000
#define RAIL_WEAK_MV 6000
#define INVALID_MV 14500
/* mW x us in one uWh */
#define MW_US_PER_UWH 3600000u

void cp_plant_init(cp_plant_t *p)
{
    *p = (cp_plant_t){0};
    cp_vehicle_init(&p->vehicle);
    p->lock_at = (uint8_t)CP_LOCK_AT_UNLOCKED;
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

static void move_lock(cp_plant_t *p, uint32_t step_ms, bool driven)
{
    const uint8_t goal = driven ? (uint8_t)CP_LOCK_AT_LOCKED : (uint8_t)CP_LOCK_AT_UNLOCKED;

    if (p->lock_at == goal || p->faults.lock_jammed) {
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
static void read_pilot(const cp_plant_t *p, cp_drive_t drive, cp_evse_inputs_t *in)
{
    const int16_t load_mv = cp_vehicle_level_mv(&p->vehicle);
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

void cp_plant_step(cp_plant_t *p, uint32_t step_us, const cp_evse_outputs_t *out, cp_evse_inputs_t *in)
{
    const uint32_t step_ms = step_us / 1000u;
    const uint8_t live_phases = out->phases < p->vehicle.phases ? out->phases : p->vehicle.phases;
    const bool pilot_seen = !p->faults.pilot_short && out->drive == (uint8_t)CP_DRIVE_PWM;

    move_contact(p, step_ms, out->contactor_closed);
    move_lock(p, step_ms, out->lock);
    const cp_vehicle_sees_t sees = {
        .offer_ma = pilot_seen ? cp_offer_from_duty_ma(out->pulse_bp) : 0u,
        .live = p->contact && p->vehicle.state != (uint8_t)CP_VEHICLE_STATE_A,
    };
    cp_vehicle_step(&p->vehicle, step_ms, &sees);
    read_pilot(p, (cp_drive_t)out->drive, in);
    in->proximity_ohm = p->faults.proximity ? 30u : cp_vehicle_proximity_ohm(&p->vehicle);
    in->feedback_closed = p->contact;
    in->lock_at = p->lock_at;
    run_meter(p, step_us, live_phases, &in->meter);
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
    case CP_FAULT_SELF_TEST:
        p->faults.rail_weak = active;
        return true;
    default: /* not built, or not one cause: restarts come by PlantPower */
        return false;
    }
}
