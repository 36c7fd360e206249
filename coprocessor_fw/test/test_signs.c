/* Lamps, lock actuator, pilot break, button. */

#include "cp_lamps.h"
#include "cp_timing.h"
#include "evse_rig.h"

#define READY (1u << CP_LED_READY)
#define CHARGING (1u << CP_LED_CHARGING)
#define FAULT (1u << CP_LED_FAULT)

static void every_state_has_a_pattern_of_its_own(void)
{
    for (unsigned a = 0; a < CP_SHOWS; a++) {
        for (unsigned b = a + 1u; b < CP_SHOWS; b++) {
            bool differ = false;
            for (uint32_t ms = 0; ms < CP_LAMPS_PERIOD_MS; ms += 5u) {
                differ = differ || cp_lamps((cp_show_t)a, ms) != cp_lamps((cp_show_t)b, ms);
            }
            CHECK(differ);
        }
    }
    CHECK_EQ(cp_lamps((cp_show_t)CP_SHOWS, 0), FAULT);
}

static void patterns_repeat_without_a_jump(void)
{
    for (unsigned show = 0; show < CP_SHOWS; show++) {
        for (uint32_t ms = 0; ms < CP_LAMPS_PERIOD_MS; ms++) {
            CHECK_EQ(cp_lamps((cp_show_t)show, ms), cp_lamps((cp_show_t)show, ms + CP_LAMPS_PERIOD_MS));
        }
    }
}

/* Lamps that are lit at some moment of a period. */
static unsigned seen(rig_t *r)
{
    unsigned lit = 0;

    for (uint32_t ms = 0; ms < CP_LAMPS_PERIOD_MS; ms += r->step_ms) {
        rig_run(r, 1);
        lit |= r->out.leds;
    }
    return lit;
}

static void lamps_follow_a_session(void)
{
    rig_t r;

    rig_start(&r, 1);
    CHECK_EQ(seen(&r), READY);
    r.letter = 'B';
    rig_run(&r, 100);
    CHECK_EQ(seen(&r), READY); /* blinks: waits */
    r.lease_da = 160;
    r.lease_every_ms = 500;
    rig_run(&r, 600);
    CHECK_EQ(seen(&r), CHARGING);
    r.letter = 'C';
    (void)rig_until_power(&r, CP_POWER_ENERGISED, 60000);
    CHECK_EQ(seen(&r), CHARGING);
    CHECK_EQ(r.out.leds, CHARGING);
    r.stop_pressed = true;
    rig_run(&r, 1);
    CHECK_EQ(r.out.leds, FAULT);
    CHECK_EQ(seen(&r), FAULT);
}

static void all_lamps_are_lit_in_the_self_test(void)
{
    const cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    rig_power_up(&r, 1, &config, &past);
    rig_run(&r, 1);
    CHECK_EQ(r.out.leds, READY | CHARGING | FAULT);
}

/* ---------------------------------------------------------------- lock */

static void a_pulsed_lock_gets_one_pulse_each_way(void)
{
    rig_t r;
    uint32_t lock_ms = 0;
    uint32_t unlock_ms = 0;

    rig_start(&r, 1);
    r.e.config.lock_pulse_ms = 400;
    CHECK_EQ(cp_evse_set_lock(&r.e, true), CP_RESULT_OK);
    for (unsigned i = 0; i < 3000u; i++) {
        rig_run(&r, 1);
        lock_ms += r.out.lock_drive == (uint8_t)CP_LOCK_DRIVE_LOCK ? 1u : 0u;
        CHECK(r.out.lock_drive != (uint8_t)CP_LOCK_DRIVE_UNLOCK);
    }
    CHECK_BETWEEN(lock_ms, 399, 401);
    CHECK_EQ(cp_evse_lock(&r.e), CP_LOCK_LOCKED);
    CHECK_EQ(cp_evse_set_lock(&r.e, false), CP_RESULT_OK);
    for (unsigned i = 0; i < 3000u; i++) {
        rig_run(&r, 1);
        unlock_ms += r.out.lock_drive == (uint8_t)CP_LOCK_DRIVE_UNLOCK ? 1u : 0u;
        CHECK(r.out.lock_drive != (uint8_t)CP_LOCK_DRIVE_LOCK);
    }
    CHECK_BETWEEN(unlock_ms, 399, 401);
}

static void a_held_lock_is_driven_all_the_time(void)
{
    rig_t r;

    rig_start(&r, 1);
    CHECK_EQ(r.out.lock_drive, CP_LOCK_DRIVE_UNLOCK);
    rig_charge(&r);
    rig_run(&r, 10000);
    CHECK_EQ(r.out.lock_drive, CP_LOCK_DRIVE_LOCK);
    r.e.config.lock_fitted = false;
    rig_run(&r, 1);
    CHECK_EQ(r.out.lock_drive, CP_LOCK_DRIVE_NONE);
}

static void a_lock_without_a_contact_is_given_its_time(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.e.config.lock_feedback = false;
    r.lock_jammed = true; /* the rig's contact says nothing */
    r.in.lock_at = (uint8_t)CP_LOCK_AT_NEITHER;
    r.letter = 'B';
    rig_run(&r, 100);
    r.lease_da = 160;
    r.lease_every_ms = 500;
    r.letter = 'C';
    CHECK_BETWEEN(rig_until_closed(&r, true, 5000), CP_LOCK_ASSUMED_MS, 2500);
    CHECK_EQ(cp_evse_lock(&r.e), CP_LOCK_LOCKED);
}

/* ---------------------------------------------------------------- pilot break */

static void a_vehicle_is_woken_by_breaking_the_pilots_wire(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.e.config.wake = (uint8_t)CP_WAKE_BY_CP_BREAK;
    r.letter = 'B';
    rig_run(&r, 200);
    const uint32_t plug = r.e.plug;
    CHECK_EQ(cp_evse_wake(&r.e), CP_RESULT_OK);
    r.letter = 'A'; /* what an open wire reads */
    for (unsigned i = 0; i < CP_WAKE_MS - 10u; i++) {
        rig_run(&r, 1);
        CHECK(r.out.cp_break);
        CHECK(r.out.drive == (uint8_t)CP_DRIVE_STEADY);
    }
    rig_run(&r, 10);
    r.letter = 'B';
    rig_run(&r, 200);
    CHECK(!r.out.cp_break);
    CHECK_EQ(r.e.plug, plug); /* nobody left */
    CHECK(r.e.plugged);
}

static void a_vehicle_that_leaves_during_the_break_is_gone_after_it(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.e.config.wake = (uint8_t)CP_WAKE_BY_CP_BREAK;
    r.letter = 'B';
    rig_run(&r, 200);
    CHECK_EQ(cp_evse_wake(&r.e), CP_RESULT_OK);
    r.letter = 'A';
    rig_run(&r, CP_WAKE_MS + 200u);
    CHECK(!r.e.plugged);
}

static void nothing_breaks_the_wire_while_the_contactor_is_closed(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.e.config.wake = (uint8_t)CP_WAKE_BY_CP_BREAK;
    rig_charge(&r);
    CHECK_EQ(cp_evse_wake(&r.e), CP_RESULT_WRONG_STATE);
    rig_run(&r, 100);
    CHECK(!r.out.cp_break);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(every_state_has_a_pattern_of_its_own),
        TEST(patterns_repeat_without_a_jump),
        TEST(lamps_follow_a_session),
        TEST(all_lamps_are_lit_in_the_self_test),
        TEST(a_pulsed_lock_gets_one_pulse_each_way),
        TEST(a_held_lock_is_driven_all_the_time),
        TEST(a_lock_without_a_contact_is_given_its_time),
        TEST(a_vehicle_is_woken_by_breaking_the_pilots_wire),
        TEST(a_vehicle_that_leaves_during_the_break_is_gone_after_it),
        TEST(nothing_breaks_the_wire_while_the_contactor_is_closed),
    };

    return RUN_TESTS(tests);
}
