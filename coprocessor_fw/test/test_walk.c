/* Random walks: any input at any time, and after each tick the safety property (checked by the rig) and a second
 * opinion that shares no code with it. A failure prints its seed and the way there.
 *
 *   test_walk [SEED [WALKS]]                                                                                        */

#include "clauses.h"
#include "dice.h"
#include "evse_rig.h"

static dice_t dice; /* a test's, not the core's */

static uint32_t roll(uint32_t sides)
{
    return dice_roll(&dice, sides);
}

static void note(const char *what, uint32_t now_ms, int64_t value)
{
    dice_note(&dice, what, now_ms, value);
}

static void say_way(void)
{
    dice_say(&dice);
}

/* What a bystander can see, kept apart from the core's own state. */
typedef struct {
    bool permission;        /* a lease was taken for this plug and has not lapsed */
    uint32_t permission_ms; /* rest of it */
    uint32_t denied_ms;     /* without permission for */
    uint32_t gone_ms;       /* vehicle not in C or D for */
    uint32_t away_ms;       /* vehicle in A or B for */
    uint32_t bad_diode_ms;
    uint32_t back_ms;    /* since the vehicle was plainly not in C or D */
    uint32_t flicker_ms; /* since it was so first, with no quiet time in between */
    uint32_t earth_ms;   /* earth lost for */
    uint32_t over_ms;    /* more than any vehicle may draw for */
    bool alarm;          /* residual current, or the emergency stop */
} witness_t;

/* Two letters that take turns. */
typedef struct {
    char letter[2];
    uint32_t turn_ms[2];
    uint32_t rest_ms; /* of the whole; 0: none */
    uint32_t now_ms;
} flicker_t;

/* Gone this long, the core must have seen it; back this long, it may have forgiven it. */
#define PLAINLY_GONE_MS 100u
#define QUIET_MS 400u
/* A tenth above the greatest offer of the walk. */
#define MOST_MA 35200u

static void watch(witness_t *w, const rig_t *r, uint32_t ms)
{
    const bool asks = r->letter == 'C' || r->letter == 'D';

    w->permission_ms = w->permission_ms > ms ? w->permission_ms - ms : 0u;
    w->permission = w->permission && w->permission_ms > 0u;
    w->denied_ms = w->permission ? 0u : w->denied_ms + ms;
    w->gone_ms = asks ? 0u : w->gone_ms + ms;
    w->away_ms = r->letter == 'A' || r->letter == 'B' ? w->away_ms + ms : 0u;
    /* A short or a senseless level shows no diode, good or bad; those have their own deadline. */
    const bool seen = asks || r->letter == 'B';
    w->bad_diode_ms = r->diode || !seen || r->out.drive != (uint8_t)CP_DRIVE_PWM ? 0u : w->bad_diode_ms + ms;
    w->back_ms = w->gone_ms >= PLAINLY_GONE_MS ? 0u : w->back_ms + ms;
    w->flicker_ms = w->back_ms < QUIET_MS ? w->flicker_ms + ms : 0u;
    w->earth_ms = r->earth_lost ? w->earth_ms + ms : 0u;
    w->over_ms = r->out.contactor_closed && r->draw_ma > MOST_MA ? w->over_ms + ms : 0u;
    w->alarm = r->residual || r->stop_pressed;
    if (!r->out.contactor_closed) {
        return;
    }
    CHECK(!w->alarm);
    CHECK(!r->out.rcm_test && !r->out.cp_break);
    CHECK(w->earth_ms <= 50u);
    CHECK(w->over_ms <= 15000u);
    CHECK(w->flicker_ms <= 3000u);
    CHECK(w->denied_ms <= 6000u + 50u);
    CHECK(w->away_ms <= 100u);
    CHECK(w->gone_ms <= 3000u + 100u);
    CHECK(w->bad_diode_ms <= 100u);
    CHECK(r->out.lock);
}

static void take_lease(rig_t *r, witness_t *w)
{
    static const uint16_t limits[] = {0, 59, 60, 100, 160, 320, 515, 800, 160, 160, 320, 320};
    const cp_msg_lease_t lease = {
        .evse = 1,
        .plug = roll(16) == 0u ? r->e.plug - 1u : r->e.plug,
        .limit_da = limits[roll(12)],
        .phases = roll(20) == 0u ? 1u : 3u,
        .ttl_ms = roll(40000),
    };
    const cp_lease_refusal_t refusal = rig_take(r, &lease);

    note("lease", r->now_ms, lease.limit_da);
    if (refusal == CP_LEASE_REFUSAL_NONE && lease.plug == r->e.plug) {
        w->permission = lease.limit_da >= 60u;
        w->permission_ms = lease.ttl_ms < 1000u ? 1000u : lease.ttl_ms;
    }
}

static void start_flicker(const rig_t *r, flicker_t *f)
{
    static const char letters[] = "CCCEEXXD";

    for (unsigned i = 0; i < 2u; i++) {
        f->letter[i] = letters[roll(sizeof letters - 1u)];
        f->turn_ms[i] = 10u + roll(500);
    }
    f->rest_ms = roll(8000);
    f->now_ms = 0;
    note("flicker", r->now_ms, f->letter[0] * 1000 + f->letter[1]);
}

static void run_flicker(rig_t *r, flicker_t *f)
{
    if (f->rest_ms > 0u) {
        f->rest_ms = f->rest_ms > r->step_ms ? f->rest_ms - r->step_ms : 0u;
        f->now_ms += r->step_ms;
        r->letter = f->letter[f->now_ms % (f->turn_ms[0] + f->turn_ms[1]) < f->turn_ms[0] ? 0 : 1];
    }
}

static void do_something(rig_t *r, witness_t *w, flicker_t *f)
{
    static const char letters[] = "ABBCCCCCCCCCCCDEX";
    static const uint32_t cables[] = {220, 220, 220, 100, 680, 1500, 30, UINT32_MAX};
    const cp_evse_t before = r->e;
    const uint32_t what = roll(27);
    cp_notes_t notes = {0};

    switch (what) {
    case 0:
    case 1:
    case 2:
    case 3:
        r->letter = letters[roll(sizeof letters - 1u)];
        note("letter", r->now_ms, r->letter);
        break;
    case 4:
    case 5:
    case 6:
    case 7:
        take_lease(r, w);
        break;
    case 8:
        r->diode = roll(6) != 0u;
        note("diode", r->now_ms, r->diode);
        break;
    case 9:
        r->welded = roll(8) == 0u;
        r->stuck_open = roll(8) == 0u;
        note("contactor", r->now_ms, r->welded * 2 + r->stuck_open);
        break;
    case 10:
        r->in.proximity_ohm = cables[roll(8)];
        note("cable", r->now_ms, (int64_t)r->in.proximity_ohm);
        break;
    case 11:
        (void)cp_evse_set_lock(&r->e, roll(2) == 0u);
        r->lock_jammed = roll(8) == 0u;
        note("lock jammed", r->now_ms, r->lock_jammed);
        break;
    case 12:
        (void)cp_evse_set_available(&r->e, roll(4) != 0u);
        note("available", r->now_ms, r->e.available);
        break;
    case 13:
        (void)cp_evse_wake(&r->e);
        note("wake", r->now_ms, 0);
        break;
    case 14:
        (void)cp_evse_self_test(&r->e);
        note("self-test", r->now_ms, 0);
        break;
    case 15:
        start_flicker(r, f);
        break;
    case 16:
        r->residual = roll(6) == 0u;
        r->rcm_deaf = roll(4) == 0u;
        note("residual current, deaf", r->now_ms, r->residual * 2 + r->rcm_deaf);
        break;
    case 17:
        r->earth_lost = roll(6) == 0u;
        note("earth lost", r->now_ms, r->earth_lost);
        break;
    case 18:
        r->stop_pressed = roll(6) == 0u;
        note("emergency stop", r->now_ms, r->stop_pressed);
        break;
    case 19:
        r->draw_ma = roll(60000);
        r->temperature_mv = roll(3) == 0u ? (uint16_t)roll(3301) : RIG_ROOM_MV;
        note("draws, sensor's mV", r->now_ms, r->temperature_mv);
        break;
    default: /* somebody comes and mends everything */
        r->diode = true;
        r->welded = false;
        r->stuck_open = false;
        r->lock_jammed = false;
        r->residual = false;
        r->rcm_deaf = false;
        r->earth_lost = false;
        r->stop_pressed = false;
        r->draw_ma = 16000;
        r->temperature_mv = RIG_ROOM_MV;
        r->in.proximity_ohm = 220;
        f->rest_ms = 0;
        r->letter = r->letter == 'E' || r->letter == 'X' ? 'A' : r->letter;
        (void)cp_evse_set_available(&r->e, true);
        cp_evse_clear_lockouts(&r->e, &notes);
        (void)cp_evse_clear_fault(&r->e, 255, &notes);
        note("mended", r->now_ms, notes.count);
        break;
    }
    if (what < 4u || what > 7u) { /* all but a lease, which has clauses of its own */
        CHECK_CLAUSES(cp_evse_broken_by_command(&before, &r->e, true));
    }
}

static uint32_t closings; /* over all walks: a walk that never charges proves nothing */

static void one_walk(uint32_t seed)
{
    const cp_evse_config_t fitted = rig_config();
    cp_evse_config_t config = fitted;
    const cp_evse_past_t past = {.plug = seed};
    witness_t w = {.back_ms = QUIET_MS};
    flicker_t flicker = {0};
    rig_t r;

    dice_begin(&dice, seed);
    config.ventilation = roll(2) == 0u;
    config.fixed_cable = roll(2) == 0u;
    config.lock_fitted = true;
    config.phase_switch = roll(2) == 0u;
    config.feedback_fitted = roll(4) != 0u;
    config.lock_feedback = roll(4) != 0u;
    config.lock_pulse_ms = roll(2) == 0u ? 0u : 400u;
    config.wake = roll(2) == 0u ? (uint8_t)CP_WAKE_BY_STATE_F : (uint8_t)CP_WAKE_BY_CP_BREAK;
    config.rcm_test_ms = roll(2) == 0u ? 0u : RIG_RCM_TEST_MS;
    config.rcm_lockout = (uint8_t)(1u + roll(10));
    config.retries = (uint8_t)roll(256);
    rig_power_up(&r, 1u + roll(10), &config, &past);
    for (unsigned i = 0; i < 400u; i++) {
        do_something(&r, &w, &flicker);
        const uint32_t ms = roll(3) == 0u ? roll(8000) : roll(700);
        for (uint32_t ran = 0; ran < ms; ran += r.step_ms) {
            run_flicker(&r, &flicker);
            rig_run(&r, 1);
            watch(&w, &r, r.step_ms);
        }
        r.events = 0;
    }
    closings += r.e.cycles;
}

int main(int argc, char **argv)
{
    const uint32_t first = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1u;
    const uint32_t walks = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 20u;

    (void)atexit(say_way);
    for (uint32_t i = 0; i < walks; i++) {
        one_walk(first + i);
    }
    CHECK(closings > walks * 3u);
    (void)printf("%" PRIu32 " walks from seed %" PRIu32 ", the contactor closed %" PRIu32 " times\n", walks, first,
                 closings);
    (void)fflush(stdout);
    _Exit(0);
}
