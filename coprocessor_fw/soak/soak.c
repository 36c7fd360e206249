/* The whole coprocessor with two EVSEs for as many ticks as asked for: any surroundings, a bad line, resets and
 * brown-outs at any moment, every counter and clock about to run over. After each tick the safety property of both
 * EVSEs, and a witness of each. A failure prints its seed and the way there.
 *
 *   soak_core TICKS [SEED] */

#include "cp_test.h"
#include "line.h"

#include "cp_invariant.h"
#include "cp_timing.h"
#include "cp_version.h"

#include <string.h>

#define EVSES LINE_EVSES
/* Ticks of one walk: a board of one configuration, from its first start on. */
#define WALK_TICKS 200000u
#define TELL_TICKS 100000000u
#define BUTTON_MS 3100u

typedef struct {
    cp_coprocessor_t cp;
    cp_inputs_t in;
    cp_outputs_t out;
    uint8_t nvm[CP_NVM_SIZE];
    size_t nvm_len;
    bool weld_kept[EVSES]; /* in that image */
    cp_rtc_t rtc;
    uint64_t now_us;
    uint32_t step_ms;
    uint32_t act_ms;  /* to the next change of the surroundings */
    uint32_t talk_ms; /* to the next thing that the host does */
    uint32_t button_ms;
    world_t world[EVSES];
    witness_t witness[EVSES];
    line_t line;
    dice_t dice;
} soak_t;

static soak_t s; /* a test's, not the core's */

/* Over all walks: a soak that never charges, or hears nothing, shows nothing. */
static struct {
    uint64_t closings;
    uint64_t closed_ticks;
    uint64_t starts;
    uint64_t heard;
    uint64_t spoiled;
} total;

static uint32_t roll(uint32_t sides)
{
    return dice_roll(&s.dice, sides);
}

static void say_way(void)
{
    dice_say(&s.dice);
}

static void note(const char *what, int64_t value)
{
    dice_note(&s.dice, what, (uint32_t)(s.now_us / 1000u), value);
}

static cp_msg_config_evse_t random_evse(uint8_t evse)
{
    cp_msg_config_evse_t c;

    cp_msg_config_evse_default(&c);
    c.evse = evse;
    c.hard_limit_da = (uint16_t)(60u + roll(740));
    c.phases = roll(3) == 0u ? 1u : 3u;
    c.fixed_cable = (uint8_t)roll(2);
    c.ventilation = (uint8_t)roll(2);
    c.lock_fitted = (uint8_t)roll(2);
    c.feedback = roll(4) == 0u ? (uint8_t)CP_FEEDBACK_NONE : (uint8_t)CP_FEEDBACK_MIRROR_CONTACT;
    c.rcm = (uint8_t)roll(3);
    c.phase_switch = c.phases == 3u ? (uint8_t)roll(2) : 0u;
    c.rcm_test_ms = roll(3) == 0u ? 0u : (uint16_t)(40u + roll(400));
    c.rcm_lockout = (uint8_t)(1u + roll(10));
    c.protective_earth = (uint8_t)roll(2);
    c.emergency_stop = (uint8_t)roll(2);
    c.current = roll(3) == 0u ? (uint8_t)CP_CURRENT_SOURCE_NONE : (uint8_t)CP_CURRENT_SOURCE_METER;
    c.temperature = roll(2) == 0u ? (uint8_t)CP_TEMPERATURE_SENSOR_NONE : (uint8_t)CP_TEMPERATURE_SENSOR_NTC_LOW;
    c.wake = roll(2) == 0u ? (uint8_t)CP_WAKE_BY_STATE_F : (uint8_t)CP_WAKE_BY_CP_BREAK;
    c.lock_pulse_ms = roll(2) == 0u ? 0u : (uint16_t)(50u + roll(1000));
    c.lock_feedback = (uint8_t)roll(2);
    c.retries = roll(3) == 0u ? 255u : (uint8_t)roll(6);
    c.retry_s = (uint16_t)(30u + roll(60));
    return c;
}

/* A board that was commissioned at some time before. */
static void commission(void)
{
    cp_config_t config;
    cp_nvm_t nvm = {.boot_count = roll(4) == 0u ? UINT32_MAX - roll(3) : roll(1000)};

    cp_config_init(&config);
    nvm.config = config.active;
    nvm.config.commissioned = roll(50) != 0u;
    cp_msg_config_board_default(&nvm.config.board);
    nvm.config.board.evse_count = EVSES;
    for (uint8_t i = 0; i < EVSES; i++) {
        nvm.config.evse[i] = random_evse((uint8_t)(i + 1u));
    }
    s.nvm_len = cp_nvm_encode(&nvm, s.nvm);
}

static bool one_of(void)
{
    return roll(2) == 0u;
}

/* All that counts stands shortly before its end, or where a start puts it. */
static void wind_up(void)
{
    const uint64_t soon_ms = (one_of() ? UINT32_MAX : (uint64_t)1 << 40) - roll(20000);

    s.now_us = soon_ms * 1000u;
    s.cp.now_us = s.now_us;
    s.cp.ticked_ms = soon_ms;
    for (unsigned i = 0; i < EVSES; i++) {
        cp_evse_t *const e = &s.cp.evse[i];
        e->plug = UINT32_MAX - roll(3);
        e->cycles = UINT32_MAX - roll(3);
        e->opened_under_load = UINT32_MAX - roll(3);
        e->state_ms = UINT32_MAX - roll(20000);
        e->open_ms = UINT32_MAX - roll(20000);
        e->edge_ms = UINT32_MAX - roll(20000);
        e->phase_ms = UINT32_MAX - roll(20000);
        e->sound_ms = UINT32_MAX - roll(20000);
        e->earth_sound_ms = UINT32_MAX - roll(20000);
        e->lock_moved_ms = UINT32_MAX - roll(20000);
        e->pilot_note_ms = UINT32_MAX - roll(20000);
        e->s0.pulses = UINT32_MAX - roll(3);
        e->rcm.phase_ms = UINT32_MAX - roll(20000);
        e->rcm.since_test_ms = one_of() ? UINT32_MAX - roll(20000) : CP_RCM_TEST_EVERY_MS - roll(20000);
        e->heat.level_ms = UINT32_MAX - roll(20000);
        for (unsigned f = 0; f < CP_FAULT_COUNT; f++) {
            e->faults.entry[f].count = (uint16_t)(UINT16_MAX - roll(3));
        }
    }
}

/* The chip starts; whatever was in flight on the line is gone with it. */
static void start(cp_reset_reason_t reason, const cp_rtc_t *rtc)
{
    const bool whole = rtc != NULL && cp_rtc_is_whole(rtc);
    const cp_board_t board = {
        .evse_count = EVSES,
        .build = 1u << CP_BUILD_SIMULATED,
        .version = {CP_FW_VERSION},
        .revision = "",
        .chip = "soak",
        .capabilities = UINT32_MAX,
        .nonce = 1u + roll(UINT32_MAX - 1u),
        .reset_reason = (uint8_t)reason,
    };

    note("start", (int64_t)reason);
    for (unsigned i = 0; i < EVSES; i++) {
        witness_start(&s.witness[i], whole && s.out.evse[i].contactor_closed);
        s.witness[i].weld = s.weld_kept[i];
    }
    s.out = (cp_outputs_t){0};
    s.now_us = 0;
    s.button_ms = 0;
    s.in.button = false;
    cp_coprocessor_init(&s.cp, &board, rtc, s.nvm, s.nvm_len);
    line_start(&s.line, &s.cp, &s.dice, s.witness);
    if (one_of()) {
        wind_up();
    }
    total.starts++;
}

/* Reset, brown-out or power cut at this very moment; the record in RTC memory may have suffered. */
static void reset(void)
{
    cp_rtc_t rtc = s.rtc;
    const uint32_t what = roll(8);

    if (what == 0u) {
        ((uint8_t *)&rtc)[roll(sizeof rtc)] ^= (uint8_t)(1u << roll(8));
    }
    if (what == 1u) {
        start(CP_RESET_REASON_POWER_ON, NULL);
    } else {
        start(what < 5u ? CP_RESET_REASON_BROWN_OUT : CP_RESET_REASON_TASK_WATCHDOG, &rtc);
    }
}

static void mend(void)
{
    note("mended", 0);
    for (unsigned i = 0; i < EVSES; i++) {
        world_mend(&s.world[i]);
    }
    s.button_ms = BUTTON_MS;
}

static void act(void)
{
    const uint32_t what = roll(100);

    s.act_ms = roll(3) == 0u ? roll(9000) : roll(900);
    if (what == 0u) {
        reset();
    } else if (what < 16u) {
        mend();
    } else {
        world_change(&s.world[roll(EVSES)], &s.dice, (uint32_t)(s.now_us / 1000u));
    }
}

/* Somebody at the device holds the button until lock-outs are cleared. */
static void press(void)
{
    s.in.button = s.button_ms > 0u;
    if (s.button_ms > 0u) {
        s.button_ms = s.button_ms > s.step_ms ? s.button_ms - s.step_ms : 0u;
        for (unsigned i = 0; i < EVSES; i++) {
            s.witness[i].weld = false;
            s.weld_kept[i] = false;
        }
    }
}

static void keep(void)
{
    s.rtc = *cp_coprocessor_rtc(&s.cp);
    if (s.out.store && roll(4) == 0u) { /* flash may take its time */
        for (unsigned i = 0; i < EVSES; i++) {
            CHECK(!s.out.evse[i].contactor_closed);
            s.weld_kept[i] = s.witness[i].weld;
        }
        s.nvm_len = cp_coprocessor_nvm(&s.cp, s.nvm);
        cp_coprocessor_stored(&s.cp);
    }
}

/* A configuration that was just applied may be ahead of some clauses until the next tick. */
static void check_clauses(const cp_evse_t *e, bool configured)
{
    const uint32_t broken = cp_evse_broken(e) & ~(configured ? CP_CLAUSES_OF_TICKS : 0u);

    for (unsigned i = 0; broken != 0u && i < CP_CLAUSES; i++) {
        if ((broken >> i & 1u) != 0u) {
            (void)fprintf(stderr, "broken: %s\n", cp_clause_name(i));
        }
    }
    CHECK(broken == 0u);
    CHECK(cp_evse_well_formed(e));
}

static void tick(void)
{
    s.act_ms = s.act_ms > s.step_ms ? s.act_ms - s.step_ms : 0u;
    s.talk_ms = s.talk_ms > s.step_ms ? s.talk_ms - s.step_ms : 0u;
    if (s.act_ms == 0u) {
        act();
    }
    if (s.talk_ms == 0u) {
        s.talk_ms = 1u + roll(120);
        line_talk(&s.line);
    }
    s.now_us += (uint64_t)s.step_ms * 1000u;
    line_run(&s.line, s.now_us, s.step_ms);
    press();
    for (unsigned i = 0; i < EVSES; i++) {
        world_sense(&s.world[i], s.step_ms, &s.cp.evse[i].config, &s.out.evse[i], &s.in.evse[i]);
    }
    const uint32_t crc = cp_coprocessor_config(&s.cp)->crc[CP_CONFIG_SET_OPERATIONAL];
    cp_coprocessor_tick(&s.cp, s.now_us, &s.in, &s.out);
    for (unsigned i = 0; i < EVSES; i++) {
        check_clauses(&s.cp.evse[i], crc != cp_coprocessor_config(&s.cp)->crc[CP_CONFIG_SET_OPERATIONAL]);
        witness_look(&s.witness[i], s.step_ms, &s.world[i], &s.cp.evse[i].config, &s.out.evse[i]);
    }
    CHECK(!s.out.restart || !(s.out.evse[0].contactor_closed || s.out.evse[1].contactor_closed));
    keep();
    if (s.out.restart) {
        start(CP_RESET_REASON_SOFTWARE, &s.rtc);
    }
}

static void one_walk(uint32_t seed, uint64_t ticks)
{
    s = (soak_t){.step_ms = 0};
    dice_begin(&s.dice, seed);
    s.step_ms = 1u + roll(10);
    commission();
    for (unsigned i = 0; i < EVSES; i++) {
        world_init(&s.world[i], seed + i);
    }
    start(CP_RESET_REASON_POWER_ON, NULL);
    for (uint64_t i = 0; i < ticks; i++) {
        tick();
    }
    for (unsigned i = 0; i < EVSES; i++) {
        total.closings += s.witness[i].closings;
        total.closed_ticks += s.witness[i].closed_ticks;
    }
    total.heard += s.line.arrived;
    total.spoiled += s.line.spoiled;
}

int main(int argc, char **argv)
{
    const uint64_t ticks = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000u;
    const uint32_t seed = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1u;
    uint32_t walks = 0;

    (void)atexit(say_way);
    for (uint64_t done = 0; done < ticks; done += WALK_TICKS, walks++) {
        one_walk(seed + walks, ticks - done < WALK_TICKS ? ticks - done : WALK_TICKS);
        if ((done + WALK_TICKS) % TELL_TICKS == 0u) { /* for whoever waits, or stops it */
            (void)fprintf(stderr, "%" PRIu64 " ticks\n", done + WALK_TICKS);
        }
    }
    CHECK(total.closings > walks && total.spoiled > walks);
    (void)printf("{\"ticks\": %" PRIu64 ", \"seed\": %" PRIu32 ", \"walks\": %" PRIu32 ", \"closings\": %" PRIu64
                 ", \"closed_ticks\": %" PRIu64 ", \"starts\": %" PRIu64 ", \"frames_heard\": %" PRIu64
                 ", \"frames_spoiled\": %" PRIu64 "}\n",
                 ticks, seed, walks, total.closings, total.closed_ticks, total.starts, total.heard, total.spoiled);
    (void)fflush(stdout);
    _Exit(0);
}
