#include "slice.h"

#include "cp_invariant.h"
#include "cp_offer.h"
#include "cp_timing.h"
#include "levels.h"

#include <string.h>

#define LIMIT_DA 160u

/* Nothing fitted beyond a contactor; each slice adds to it. */
#define SOCKET                                                                                                         \
    .commissioned = true, .hard_limit_da = 320, .limit_da = 800, .phases = 3,                                          \
    .close_debounce_ms = CP_CLOSE_DEBOUNCE_MS, .retries = 1, .retry_s = 6, .rcm_lockout = 2
#define TETHERED SOCKET, .fixed_cable = true
#define NTC                                                                                                            \
    {                                                                                                                  \
        .sensor = (uint8_t)CP_TEMPERATURE_SENSOR_NTC_LOW,                                                              \
        .r25_ohm = 10000,                                                                                              \
        .beta = 3950,                                                                                                  \
        .series_ohm = 10000,                                                                                           \
        .supply_mv = 3300,                                                                                             \
        .level_dc = {600, 700, 800},                                                                                   \
    }

static const slice_t table[] = {
#ifdef CP_EXPLORE_CHATTER
    {.name = "chatter", .config = {TETHERED}, .pilots = "AC", .commands = "gz"},
#else
    {.name = "pilot", .config = {TETHERED}, .pilots = "ABCE", .commands = "g", .quick = true},
    {.name = "diode", .config = {TETHERED}, .pilots = "BCbc", .commands = "g", .quick = true},
    {.name = "any pilot", .config = {TETHERED}, .pilots = "ABCDEXbc", .commands = "g"},
    {.name = "ventilation", .config = {TETHERED, .ventilation = true}, .pilots = "ABCD", .commands = "g"},
    {.name = "lease", .config = {TETHERED}, .pilots = "ABC", .commands = "gGlofz", .quick = true},
    {.name = "stopping", .config = {TETHERED}, .pilots = "AC", .commands = "gz", .currents = "n0c", .quick = true},
    {.name = "blind guard",
     .config = {TETHERED, .current = (uint8_t)CP_CURRENT_SOURCE_METER},
     .pilots = "AC",
     .commands = "g",
     .currents = "nc"},
    {.name = "contactor",
     .config = {TETHERED, .feedback_fitted = true},
     .pilots = "AC",
     .commands = "gd",
     .feedback = true,
     .quick = true},
    {.name = "reset",
     .config = {TETHERED, .feedback_fitted = true},
     .pilots = "AC",
     .commands = "grqhd",
     .feedback = true},
    {.name = "socket", .config = {SOCKET}, .pilots = "AC", .commands = "gz", .cables = 2, .quick = true},
    {.name = "cables", .config = {SOCKET}, .pilots = "ABC", .commands = "g", .cables = 3},
    {.name = "lock",
     .config = {TETHERED, .lock_fitted = true, .lock_feedback = true},
     .pilots = "AC",
     .commands = "gLU",
     .lock = true},
    {.name = "lock without contact", .config = {TETHERED, .lock_fitted = true}, .pilots = "ABC", .commands = "gLU"},
    {.name = "residual current",
     .config = {TETHERED, .rcm = (uint8_t)CP_RCM_TYPE_NORMALLY_CLOSED},
     .pilots = "AC",
     .commands = "gc",
     .residual = true,
     .quick = true},
    {.name = "monitor's test",
     .config = {TETHERED, .rcm = (uint8_t)CP_RCM_TYPE_NORMALLY_CLOSED, .rcm_test_ms = 3},
     .pilots = "AC",
     .commands = "gcs",
     .residual = true},
    {.name = "earth", .config = {TETHERED, .earth_fitted = true}, .pilots = "AC", .commands = "g", .earth = true},
    {.name = "stop",
     .config = {TETHERED, .stop_fitted = true},
     .pilots = "ABC",
     .commands = "gc",
     .stop = true,
     .quick = true},
    {.name = "overcurrent",
     .config = {TETHERED, .current = (uint8_t)CP_CURRENT_SOURCE_METER},
     .pilots = "AC",
     .commands = "g",
     .currents = "0of"},
    {.name = "stopped overcurrent",
     .config = {TETHERED, .current = (uint8_t)CP_CURRENT_SOURCE_METER},
     .pilots = "AC",
     .commands = "gz",
     .currents = "0o"},
    {.name = "heat", .config = {TETHERED, .temperature = NTC}, .pilots = "AC", .commands = "g", .heats = "rh"},
    {.name = "sensor", .config = {TETHERED, .temperature = NTC}, .pilots = "AC", .commands = "g", .heats = "rb"},
    {.name = "derating", .config = {TETHERED, .temperature = NTC}, .pilots = "C", .commands = "g", .heats = "rdh"},
    {.name = "phases", .config = {TETHERED, .phase_switch = true}, .pilots = "ABC", .commands = "13z", .quick = true},
    {.name = "commands", .config = {TETHERED}, .pilots = "AC", .commands = "gaAwsh"},
    {.name = "pilot break",
     .config = {TETHERED, .wake = (uint8_t)CP_WAKE_BY_CP_BREAK},
     .pilots = "ACE",
     .commands = "gw"},
    {.name = "bench", .config = {TETHERED}, .pilots = "ACE", .commands = "gpns"},
#endif
    {.name = NULL},
};

const slice_t *slices(void)
{
    return table;
}

static unsigned choices(unsigned count)
{
    return count > 1u ? count : 1u;
}

static unsigned letters(const char *those)
{
    return those == NULL ? 1u : (unsigned)strlen(those);
}

unsigned slice_ticks(const slice_t *s)
{
    return (unsigned)strlen(s->pilots) * choices(s->cables) * letters(s->heats) * letters(s->currents)
           << s->feedback << s->lock << s->residual << s->earth << s->stop;
}

static unsigned take(unsigned *number, unsigned count)
{
    const unsigned digit = *number % choices(count);

    *number /= choices(count);
    return digit;
}

static char pick(unsigned *number, const char *those, char otherwise)
{
    const unsigned digit = take(number, letters(those));

    return those == NULL ? otherwise : those[digit];
}

happening_t slice_tick(const slice_t *s, unsigned number)
{
    happening_t h = {0};
    const char pilot = s->pilots[take(&number, (unsigned)strlen(s->pilots))];

    h.diode = pilot < 'a';
    h.letter = h.diode ? pilot : (char)(pilot - 'a' + 'A');
    h.cable = (uint8_t)take(&number, s->cables);
    h.heat = pick(&number, s->heats, 'r');
    h.current = pick(&number, s->currents, 'n');
    h.feedback_disagrees = take(&number, s->feedback ? 2u : 1u) != 0u;
    h.lock_stays = take(&number, s->lock ? 2u : 1u) != 0u;
    h.residual = take(&number, s->residual ? 2u : 1u) != 0u;
    h.earth_lost = take(&number, s->earth ? 2u : 1u) != 0u;
    h.stop_pressed = take(&number, s->stop ? 2u : 1u) != 0u;
    return h;
}

/* At the NTC's divider. */
static uint16_t sensor_mv(char heat)
{
    switch (heat) {
    case 'd':
        return 700;
    case 'h':
        return 300;
    case 'b':
        return 3300;
    default:
        return 1650;
    }
}

static uint32_t current_ma(char current)
{
    switch (current) {
    case 'c':
        return 16000;
    case 'o':
        return 20000;
    case 'f':
        return 40000;
    default:
        return 0;
    }
}

cp_evse_inputs_t slice_inputs(const cp_evse_t *e, const happening_t *h)
{
    static const uint32_t cables_ohm[] = {220, UINT32_MAX, 680};
    const levels_t levels = levels_of(h->letter, h->diode, (cp_drive_t)e->drive);
    const bool locked = e->lock_driven != h->lock_stays;
    const uint8_t source = h->current == 'n' ? (uint8_t)CP_METER_SOURCE_NONE : (uint8_t)CP_METER_SOURCE_INTERNAL;

    return (cp_evse_inputs_t){
        .pilot_high_mv = levels.high_mv,
        .pilot_low_mv = levels.low_mv,
        .proximity_ohm = cables_ohm[h->cable],
        .feedback_closed = cp_evse_is_closed(e) != h->feedback_disagrees,
        .lock_at = locked ? (uint8_t)CP_LOCK_AT_LOCKED : (uint8_t)CP_LOCK_AT_UNLOCKED,
        .meter = {.source = source, .current_ma = {current_ma(h->current)}},
        .rcm_closed = !h->residual,
        .earth_present = !h->earth_lost,
        .stop_closed = !h->stop_pressed,
        .temperature_mv = sensor_mv(h->heat),
    };
}

static uint32_t lease(cp_evse_t *e, int plugs_ahead, uint16_t limit_da, uint8_t phases, uint32_t ttl_ms)
{
    const cp_evse_t before = *e;
    const cp_msg_lease_t m = {
        .evse = 1,
        .plug = e->plug + (uint32_t)plugs_ahead,
        .limit_da = limit_da,
        .phases = phases,
        .ttl_ms = ttl_ms,
    };
    const cp_lease_refusal_t refusal = cp_evse_lease(e, &m);

    return cp_evse_broken_by_lease(&before, &m, refusal, e);
}

/* The chip starts again; a power cut also takes what RTC memory held. */
static void restart(cp_evse_t *e, const cp_evse_config_t *config, bool power_cut)
{
    uint32_t lockouts = e->lockouts_at_boot;

    for (unsigned i = 0; i < CP_FAULT_COUNT; i++) {
        const bool stands = cp_fault_stands(&e->faults, (cp_fault_t)i);
        lockouts |= stands && cp_fault_class((uint8_t)i) == CP_FAULT_CLASS_LOCKOUT ? 1u << i : 0u;
    }
    const cp_evse_past_t past = {
        .plug = e->plug,
        .plugged = e->plugged && !power_cut,
        .was_closed = cp_evse_is_closed(e) && !power_cut,
        .lockouts = lockouts,
        .rcm_trips = e->rcm.trips,
    };
    cp_evse_init(e, &past);
    cp_evse_configure(e, config);
}

static uint32_t command(cp_evse_t *e, char what, const cp_evse_config_t *config)
{
    const cp_evse_t before = *e;
    cp_notes_t notes = {.count = 0};

    switch (what) {
    case 'g':
        return lease(e, 0, LIMIT_DA, e->config.phases, CP_LEASE_MIN_MS);
    case 'G':
        return lease(e, 0, LIMIT_DA, e->config.phases, UINT32_MAX);
    case 'l':
        return lease(e, 0, CP_OFFER_MIN_DA, e->config.phases, CP_LEASE_MIN_MS);
    case 'o':
        return lease(e, -1, LIMIT_DA, e->config.phases, CP_LEASE_MIN_MS);
    case 'f':
        return lease(e, 1, LIMIT_DA, e->config.phases, CP_LEASE_MIN_MS);
    case '1':
        return lease(e, 0, LIMIT_DA, 1, CP_LEASE_MIN_MS);
    case '3':
        return lease(e, 0, LIMIT_DA, 3, CP_LEASE_MIN_MS);
    case 'z':
        return lease(e, 0, 0, e->config.phases, CP_LEASE_MIN_MS);
    case 'r':
    case 'q':
        restart(e, config, what == 'q');
        return 0;
    case 'h':
        cp_evse_hold_for_restart(e);
        break;
    case 'L':
    case 'U':
        (void)cp_evse_set_lock(e, what == 'L');
        break;
    case 'a':
    case 'A':
        (void)cp_evse_set_available(e, what == 'A');
        break;
    case 'w':
        (void)cp_evse_wake(e);
        break;
    case 's':
        (void)cp_evse_self_test(e);
        break;
    case 'p':
        (void)cp_evse_bench(e, CP_DRIVE_PWM, 5000, 2);
        break;
    case 'n':
        (void)cp_evse_bench(e, CP_DRIVE_F, 0, 2);
        break;
    case 'c':
        (void)cp_evse_clear_fault(e, 255, &notes);
        break;
    case 'd':
        cp_evse_clear_lockouts(e, &notes);
        break;
    default:
        break;
    }
    return cp_evse_broken_by_command(&before, e, what == 'd');
}

uint32_t slice_command(cp_evse_t *e, char what, const cp_evse_config_t *config)
{
    const uint32_t broken = command(e, what, config);

    return broken | (cp_evse_broken(e) & ~CP_CLAUSES_OF_TICKS);
}

const char *slice_command_name(char what)
{
    static const struct {
        char what;
        const char *name;
    } names[] = {
        {'g', "lease 16 A for this plug-in, shortest"},
        {'G', "lease 16 A for this plug-in, longest"},
        {'l', "lease 6 A for this plug-in"},
        {'o', "lease for the plug-in before"},
        {'f', "lease for the plug-in to come"},
        {'1', "lease, one phase"},
        {'3', "lease, three phases"},
        {'z', "stop"},
        {'r', "reset"},
        {'q', "power cut"},
        {'h', "restart waits"},
        {'L', "lock"},
        {'U', "unlock"},
        {'a', "out of service"},
        {'A', "into service"},
        {'w', "wake"},
        {'s', "self-test"},
        {'p', "bench: PWM"},
        {'n', "bench: state F"},
        {'c', "clear all faults"},
        {'d', "clear lock-outs at the device"},
    };

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].what == what) {
            return names[i].name;
        }
    }
    return "?";
}
