#include "plant_port.h"

#include "cp_timing.h"
#include "sim_inner.h"

#include <string.h>

void cp_plant_port_init(cp_plant_port_t *port)
{
    memset(port, 0, sizeof *port);
}

static void send(cp_plant_port_t *port, uint8_t seq, uint16_t msg, const uint8_t *payload, size_t len)
{
    uint8_t wire[CP_FRAME_WIRE_MAX];
    const cp_frame_t frame = {
        .major = CP_PROTOCOL_MAJOR, .kind = CP_KIND_REPLY, .seq = seq, .msg = msg, .payload = payload, .len = len};
    const size_t size = cp_frame_encode(&frame, wire);

    if (size <= CP_PLANT_TX_MAX - port->tx_count) {
        memcpy(&port->tx[port->tx_count], wire, size);
        port->tx_count += size;
    }
}

static cp_plant_t *find(cp_sim_t *sim, uint8_t evse)
{
    return evse >= 1u && evse <= sim->evse_count ? &sim->plant[evse - 1u] : NULL;
}

#define KEEP_U8 255u
#define KEEP_U16 0xFFFFu
#define KEEP_U32 0xFFFFFFFFu

static bool vehicle_is_sound(const cp_msg_plant_vehicle_t *m)
{
    const bool state = m->state <= (uint8_t)CP_VEHICLE_STATE_E || m->state == (uint8_t)CP_VEHICLE_STATE_KEEP;
    const bool phases = (m->phases >= 1u && m->phases <= 3u) || m->phases == KEEP_U8;
    const bool flags = (m->diode <= 1u || m->diode == KEEP_U8) && (m->parked <= 1u || m->parked == KEEP_U8);
    const bool battery = (m->soc_pm <= 1000u || m->soc_pm == KEEP_U16) && m->capacity_wh != 0u;
    const bool current = m->current_ma <= 100000u || m->current_ma == KEEP_U32;

    return state && phases && flags && battery && current;
}

static cp_result_t take_vehicle(cp_sim_t *sim, const cp_frame_t *frame)
{
    cp_msg_plant_vehicle_t m;

    cp_msg_plant_vehicle_decode(&m, frame->payload, frame->len);
    cp_plant_t *const p = find(sim, m.evse);
    if (p == NULL) {
        return CP_RESULT_BAD_EVSE;
    }
    if (!vehicle_is_sound(&m)) {
        return CP_RESULT_BAD_VALUE;
    }
    cp_vehicle_t *const v = &p->vehicle;
    const uint16_t soc_pm = cp_vehicle_soc_pm(v);
    v->limit_ma = m.current_ma != KEEP_U32 ? m.current_ma : v->limit_ma;
    v->phases = m.phases != KEEP_U8 ? m.phases : v->phases;
    v->diode = m.diode != KEEP_U8 ? m.diode != 0u : v->diode;
    v->cable_da = m.cable_da != KEEP_U16 ? m.cable_da : v->cable_da;
    if (m.capacity_wh != KEEP_U32 || m.soc_pm != KEEP_U16) {
        v->capacity_wh = m.capacity_wh != KEEP_U32 ? m.capacity_wh : v->capacity_wh;
        cp_vehicle_set_soc(v, m.soc_pm != KEEP_U16 ? m.soc_pm : soc_pm);
    }
    if (m.state != (uint8_t)CP_VEHICLE_STATE_KEEP) {
        cp_vehicle_command(v, m.state);
    }
    v->parked = m.parked != KEEP_U8 ? m.parked != 0u : v->parked;
    sim_apply(sim);
    return CP_RESULT_OK;
}

static cp_result_t take_fault(cp_sim_t *sim, const cp_frame_t *frame)
{
    cp_msg_plant_fault_t m;

    cp_msg_plant_fault_decode(&m, frame->payload, frame->len);
    cp_plant_t *const p = find(sim, m.evse);
    if (p == NULL) {
        return CP_RESULT_BAD_EVSE;
    }
    if (m.active > 1u || !cp_plant_inject(p, m.fault, m.active != 0u)) {
        return CP_RESULT_BAD_VALUE;
    }
    sim_apply(sim);
    return CP_RESULT_OK;
}

static cp_result_t take_sensors(cp_sim_t *sim, const cp_frame_t *frame)
{
    cp_msg_plant_sensors_t m;

    cp_msg_plant_sensors_decode(&m, frame->payload, frame->len);
    cp_plant_t *const p = find(sim, m.evse);
    if (p == NULL) {
        return CP_RESULT_BAD_EVSE;
    }
    const bool warm = m.temperature_dc == INT16_MAX || (m.temperature_dc >= -400 && m.temperature_dc <= 1500);
    const bool excess = m.excess_ma == KEEP_U32 || m.excess_ma <= 100000u;
    if (!warm || !excess) {
        return CP_RESULT_BAD_VALUE;
    }
    if (m.temperature_dc != INT16_MAX) {
        cp_plant_set_temperature(p, m.temperature_dc);
    }
    p->vehicle.excess_ma = m.excess_ma != KEEP_U32 ? m.excess_ma : p->vehicle.excess_ma;
    sim_apply(sim);
    return CP_RESULT_OK;
}

static cp_result_t take_clock(cp_sim_t *sim, const cp_frame_t *frame)
{
    cp_msg_plant_clock_t m;

    cp_msg_plant_clock_decode(&m, frame->payload, frame->len);
    sim->ahead_us = 0;
    cp_sim_step(sim, m.advance_us);
    return CP_RESULT_OK;
}

static cp_result_t take_power(cp_sim_t *sim, const cp_frame_t *frame)
{
    static const uint8_t reasons[] = {
        [CP_PLANT_POWER_MODE_CUT] = CP_RESET_REASON_POWER_ON,
        [CP_PLANT_POWER_MODE_BROWN_OUT] = CP_RESET_REASON_BROWN_OUT,
        [CP_PLANT_POWER_MODE_PANIC] = CP_RESET_REASON_PANIC,
        [CP_PLANT_POWER_MODE_WATCHDOG] = CP_RESET_REASON_TASK_WATCHDOG,
    };
    cp_msg_plant_power_t m;

    cp_msg_plant_power_decode(&m, frame->payload, frame->len);
    if (m.mode >= sizeof reasons) {
        return CP_RESULT_BAD_VALUE;
    }
    sim_restart(sim, (cp_reset_reason_t)reasons[m.mode]);
    return CP_RESULT_OK;
}

static cp_result_t take_button(cp_sim_t *sim, const cp_frame_t *frame)
{
    cp_msg_plant_button_t m;

    cp_msg_plant_button_decode(&m, frame->payload, frame->len);
    if (m.held > 1u) {
        return CP_RESULT_BAD_VALUE;
    }
    sim->button = m.held != 0u;
    for (uint32_t ms = 0; ms < CP_BUTTON_DEBOUNCE_MS + CP_STEP_MAX_MS; ms += CP_STEP_MAX_MS) {
        sim_apply(sim); /* until it no longer bounces */
    }
    return CP_RESULT_OK;
}

static uint16_t duty_pm(const cp_evse_outputs_t *out)
{
    if (out->drive == (uint8_t)CP_DRIVE_PWM) {
        return (uint16_t)(((uint32_t)out->pulse_bp + 5u) / 10u);
    }
    return out->drive == (uint8_t)CP_DRIVE_F ? 0u : 1000u;
}

static void send_state(cp_plant_port_t *port, const cp_sim_t *sim, uint8_t seq, uint8_t evse)
{
    const cp_plant_t *const p = &sim->plant[evse - 1u];
    const cp_evse_outputs_t *const out = &sim->out.evse[evse - 1u];
    uint8_t payload[CP_MSG_PLANT_STATE_SIZE];
    cp_msg_plant_state_t m;

    cp_msg_plant_state_default(&m);
    m.evse = evse;
    m.uptime_us = sim->now_us;
    m.contactor = p->contact ? 1u : 0u;
    m.vehicle = p->vehicle.state;
    m.duty_pm = duty_pm(out);
    for (unsigned i = 0; i < 3u; i++) {
        m.current_ma[i] = i < out->phases && i < p->vehicle.phases ? p->vehicle.current_ma : 0u;
    }
    m.soc_pm = cp_vehicle_soc_pm(&p->vehicle);
    m.energy_mwh = p->delivered_uwh / 1000u;
    m.closings = p->closings;
    m.openings = p->openings;
    m.locked = p->lock_at == (uint8_t)CP_LOCK_AT_LOCKED ? 1u : 0u;
    m.leds = out->leds;
    m.cp_break = out->cp_break ? 1u : 0u;
    m.rcm_test = out->rcm_test ? 1u : 0u;
    send(port, seq, CP_MSG_PLANT_STATE, payload, cp_msg_plant_state_encode(&m, payload));
}

static void send_reply(cp_plant_port_t *port, const cp_frame_t *frame, cp_result_t result)
{
    uint8_t payload[CP_MSG_PLANT_REPLY_SIZE];
    const cp_msg_plant_reply_t m = {.command = frame->msg, .result = (uint8_t)result};

    send(port, frame->seq, CP_MSG_PLANT_REPLY, payload, cp_msg_plant_reply_encode(&m, payload));
}

static void take(cp_plant_port_t *port, cp_sim_t *sim, const cp_frame_t *frame)
{
    cp_msg_plant_ask_t ask;

    switch (frame->msg) {
    case CP_MSG_PLANT_VEHICLE:
        send_reply(port, frame, take_vehicle(sim, frame));
        break;
    case CP_MSG_PLANT_FAULT:
        send_reply(port, frame, take_fault(sim, frame));
        break;
    case CP_MSG_PLANT_SENSORS:
        send_reply(port, frame, take_sensors(sim, frame));
        break;
    case CP_MSG_PLANT_CLOCK:
        send_reply(port, frame, take_clock(sim, frame));
        break;
    case CP_MSG_PLANT_POWER:
        send_reply(port, frame, take_power(sim, frame));
        break;
    case CP_MSG_PLANT_BUTTON:
        send_reply(port, frame, take_button(sim, frame));
        break;
    case CP_MSG_PLANT_ASK:
        cp_msg_plant_ask_decode(&ask, frame->payload, frame->len);
        if (find(sim, ask.evse) != NULL) {
            send_state(port, sim, frame->seq, ask.evse);
        } else {
            send_reply(port, frame, CP_RESULT_BAD_EVSE);
        }
        break;
    default:
        send_reply(port, frame, CP_RESULT_UNKNOWN_COMMAND);
        break;
    }
}

void cp_plant_port_take(cp_plant_port_t *port, cp_sim_t *sim, const uint8_t *bytes, size_t len)
{
    cp_frame_t frame = {0};

    for (size_t i = 0; i < len; i++) {
        if (cp_decoder_take(&port->decoder, bytes[i], &frame) == CP_DECODED_FRAME && frame.kind == CP_KIND_COMMAND &&
            frame.major == CP_PROTOCOL_MAJOR) {
            take(port, sim, &frame);
        }
    }
}

size_t cp_plant_port_drain(cp_plant_port_t *port, uint8_t *out, size_t max)
{
    const size_t len = max < port->tx_count ? max : port->tx_count;

    memcpy(out, port->tx, len);
    memmove(port->tx, &port->tx[len], port->tx_count - len);
    port->tx_count -= len;
    return len;
}
