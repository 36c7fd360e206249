#include "monitor.h"

#include "cp_math.h"
#include "cp_offer.h"
#include "cp_timing.h"

#define WELDED 1u
#define STOPPED 2u
#define RESIDUAL 4u

/* A letter is believed when so many windows showed it, those not counted that the contactor's coil disturbs. */
#define SEEN_MS ((CP_BLANK_WINDOWS + CP_PILOT_RUN) * CP_WINDOW_MS)
/* Nothing agrees with anything for ten windows: see cp_pilot.c. */
#define NOISE_MS (10u * CP_WINDOW_MS)

static const struct {
    const char *name;
    unsigned bound_ms;
} table[OPENS_COUNT] = {
    [OPENS_LEFT] = {"A or B (S24)", SEEN_MS},
    [OPENS_GONE] = {"neither C nor D (S1, S23)", CP_INVALID_OPEN_MS + NOISE_MS},
    [OPENS_SHORT] = {"pilot shorted (S1, S23)", CP_SHORT_MS + SEEN_MS},
    [OPENS_UNVENTILATED] = {"D without ventilation (S8)", SEEN_MS},
    [OPENS_DIODE] = {"no diode under PWM (S2)", SEEN_MS},
    [OPENS_DENIED] = {"no permission (S3, S25)", CP_WIND_DOWN_MS},
    [OPENS_STOP] = {"emergency stop (S20)", 0},
    [OPENS_RESIDUAL] = {"residual current (S20)", 0},
    [OPENS_EARTH] = {"earth lost (S21)", CP_EARTH_LOST_MS - 1u},
    [OPENS_OVERCURRENT] = {"overcurrent under an offer (S22)", CP_OVERCURRENT_MS - 1u},
    [OPENS_FAR] = {"twice the limit under an offer (S22)", CP_OVERCURRENT_FAR_MS - 1u},
    [OPENS_FEEDBACK] = {"feedback open (S26)", CP_FEEDBACK_MS - 1u},
    [OPENS_CABLE] = {"cable unknown (S5, S26)", CP_PROXIMITY_MS + CP_PROXIMITY_FAULT_MS},
    [OPENS_BLIND] = {"no reading for the overcurrent guard (S11, S25)", CP_WIND_DOWN_MS},
    [OPENS_HEAT] = {"too hot, or its sensor broken (S11)",
                    (CP_SENSOR_WINDOWS + 1u) * CP_SENSOR_WINDOW_MS + CP_WIND_DOWN_MS},
};

unsigned monitor_bound(opens_t cause)
{
    return table[cause].bound_ms;
}

const char *monitor_name(int broken)
{
    switch (broken) {
    case MONITOR_SOUND:
        return "sound";
    case MONITOR_CLOSED_LATCHED:
        return "closed, though what must stay latched was never cleared (S27)";
    case MONITOR_WAIT_CUT:
        return "the wait before the next closing is too short (S19)";
    default:
        return table[broken].name;
    }
}

static uint8_t one_more(uint8_t count)
{
    return count < UINT8_MAX ? (uint8_t)(count + 1u) : UINT8_MAX;
}

static uint8_t one_less(uint8_t count)
{
    return count > 0u ? (uint8_t)(count - 1u) : 0u;
}

/* Without a lease that fits: never, or run out, or stopped, or the vehicle was plainly away since. */
static void watch_permission(monitor_t *m, const happening_t *h, const cp_evse_t *before)
{
    const bool in_sight = before->drive != (uint8_t)CP_DRIVE_F && !cp_evse_breaks_pilot(before);

    m->permission_ms = one_less(m->permission_ms);
    m->away_ms = m->permission_ms > 0u && h->letter == 'A' && in_sight ? one_more(m->away_ms) : 0u;
    if (m->away_ms > SEEN_MS) {
        m->permission_ms = 0;
        m->away_ms = 0;
    }
}

static void watch_latches(monitor_t *m, const happening_t *h, const cp_evse_t *before)
{
    const bool tested = before->rcm.phase != (uint8_t)CP_RCM_READY;

    m->weld_ms = h->feedback_disagrees && !cp_evse_is_closed(before) ? one_more(m->weld_ms) : 0u;
    if (m->weld_ms >= CP_FEEDBACK_MS) {
        m->weld_ms = (uint8_t)CP_FEEDBACK_MS;
        m->latched |= WELDED;
    }
    m->latched |= h->stop_pressed ? STOPPED : 0u;
    m->latched |= h->residual && !tested ? RESIDUAL : 0u;
}

/* Which causes to open are there in this tick. */
static uint32_t causes(const monitor_t *m, const slice_t *slice, const happening_t *h, const cp_evse_t *before)
{
    const bool asks = h->letter == 'C' || h->letter == 'D';
    const bool same = h->letter == (char)m->letter || m->letter == 0u;
    const bool offered = before->drive == (uint8_t)CP_DRIVE_PWM;
    const bool judged = slice->config.current != (uint8_t)CP_CURRENT_SOURCE_NONE;
    const struct {
        opens_t cause;
        bool there;
    } all[] = {
        {OPENS_LEFT, same && (h->letter == 'A' || h->letter == 'B')},
        {OPENS_GONE, !asks},
        {OPENS_SHORT, h->letter == 'E'},
        {OPENS_UNVENTILATED, same && h->letter == 'D' && !slice->config.ventilation},
        {OPENS_DIODE, same && !h->diode && offered},
        {OPENS_DENIED, m->permission_ms == 0u},
        {OPENS_STOP, h->stop_pressed},
        {OPENS_RESIDUAL, h->residual},
        {OPENS_EARTH, h->earth_lost},
        {OPENS_OVERCURRENT, judged && (h->current == 'o' || h->current == 'f')},
        {OPENS_FAR, judged && h->current == 'f'},
        {OPENS_FEEDBACK, h->feedback_disagrees},
        {OPENS_CABLE, h->cable == 1u},
        {OPENS_BLIND, judged && h->current == 'n'},
        {OPENS_HEAT, h->heat == 'h' || h->heat == 'b'},
    };
    uint32_t bits = 0;

    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
        bits |= (uint32_t)all[i].there << (unsigned)all[i].cause;
    }
    return bits;
}

int monitor_tick(monitor_t *m, const slice_t *slice, const happening_t *h, const cp_evse_t *before,
                 const cp_evse_t *after)
{
    const bool was_closed = cp_evse_is_closed(before);
    const bool closed = cp_evse_is_closed(after);
    const bool offered = before->drive == (uint8_t)CP_DRIVE_PWM;

    watch_permission(m, h, before);
    if (!after->lease.held) { /* the core may end a permission early, never late */
        m->permission_ms = 0;
        m->away_ms = 0;
    }
    watch_latches(m, h, before);
    if (!closed) {
        const uint32_t wait_ms = was_closed ? CP_RECLOSE_MS : cp_count_down(before->reclose_ms, 1);
        *m = (monitor_t){
            .permission_ms = m->permission_ms,
            .away_ms = m->away_ms,
            .weld_ms = m->weld_ms,
            .latched = m->latched,
        };
        return after->reclose_ms < wait_ms ? MONITOR_WAIT_CUT : MONITOR_SOUND;
    }
    if (m->latched != 0u) {
        return MONITOR_CLOSED_LATCHED;
    }
    const uint32_t there = causes(m, slice, h, before);
    m->letter = (uint8_t)h->letter;
    for (unsigned i = 0; i < OPENS_COUNT; i++) {
        const bool stands_still = (i == OPENS_OVERCURRENT || i == OPENS_FAR) && !offered;
        const bool counts = (there >> i & 1u) != 0u && (was_closed || i == OPENS_STOP || i == OPENS_RESIDUAL);
        if (!counts) {
            m->for_ms[i] = 0;
        } else if (!stands_still) {
            m->for_ms[i] = one_more(m->for_ms[i]);
        }
        if (m->for_ms[i] > table[i].bound_ms) {
            return (int)i;
        }
    }
    return MONITOR_SOUND;
}

int monitor_command(monitor_t *m, char command, const cp_evse_t *before, const cp_evse_t *after)
{
    const bool reset = command == 'r' || command == 'q';
    const bool hard = command == 'r' && cp_evse_is_closed(before);

    switch (command) {
    case 'g':
    case 'l':
    case '1':
    case '3':
        m->permission_ms = after->lease.held ? (uint8_t)CP_LEASE_MIN_MS : 0u;
        break;
    case 'G':
        m->permission_ms = after->lease.held ? (uint8_t)CP_LEASE_MAX_MS : 0u;
        break;
    case 'z':
        m->permission_ms = 0;
        break;
    case 'c':
        m->latched &= (uint8_t)~((before->faults.entry[CP_FAULT_EMERGENCY_STOP].cause ? 0u : STOPPED) |
                                 (before->faults.entry[CP_FAULT_RCM].cause ? 0u : RESIDUAL));
        break;
    case 'd':
        m->latched &= before->faults.entry[CP_FAULT_CONTACTOR_WELDED].cause ? 0xFFu : (uint8_t)~WELDED;
        break;
    default:
        break;
    }
    if (reset) {
        *m = (monitor_t){.latched = m->latched & WELDED};
    }
    const uint32_t wait_ms = hard ? CP_RECLOSE_FAULT_MS : before->reclose_ms;
    return after->reclose_ms < wait_ms && (hard || !reset) ? MONITOR_WAIT_CUT : MONITOR_SOUND;
}
