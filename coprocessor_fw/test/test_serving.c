/* What surrounds a charge: the offer and its limits, phases, wake, availability, the lock. */

#include "evse_rig.h"

#include "cp_timing.h"

static void a_lower_limit_is_offered_in_the_next_tick(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.lease_every_ms = 0;
    (void)rig_lease(&r, 80);
    rig_run(&r, 1);
    CHECK_EQ(r.e.offer_da, 80);
    CHECK_EQ(r.out.pulse_bp, 1333);
}

static void raises_keep_5_s_between_them(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    rig_run(&r, 6000);
    r.lease_every_ms = 0;
    (void)rig_lease(&r, 180);
    rig_run(&r, 1);
    CHECK_EQ(r.e.offer_da, 180);
    (void)rig_lease(&r, 200);
    rig_run(&r, 4990);
    CHECK_EQ(r.e.offer_da, 180);
    rig_run(&r, 20);
    CHECK_EQ(r.e.offer_da, 200);
}

static void the_offer_is_the_least_of_lease_hardware_setting_and_cable(void)
{
    static const struct {
        uint16_t lease_da;
        uint16_t hard_da;
        uint16_t set_da;
        uint32_t ohm;
        uint16_t offer_da;
    } table[] = {
        {320, 320, 800, 220, 320},  {320, 250, 800, 220, 250}, {320, 320, 100, 220, 100}, {320, 320, 800, 680, 200},
        {320, 320, 800, 1500, 130}, {80, 320, 800, 220, 80},   {320, 320, 59, 220, 0},    {630, 630, 800, 100, 630},
    };

    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        cp_evse_config_t config = rig_config();
        const cp_evse_past_t past = {0};
        rig_t r;
        config.hard_limit_da = table[i].hard_da;
        config.limit_da = table[i].set_da;
        rig_power_up(&r, 1, &config, &past);
        r.in.proximity_ohm = table[i].ohm;
        rig_run(&r, 4000);
        r.letter = 'B';
        rig_run(&r, 300);
        CHECK_EQ(rig_lease(&r, table[i].lease_da), CP_LEASE_REFUSAL_NONE);
        rig_run(&r, 10);
        CHECK_EQ(r.e.offer_da, table[i].offer_da);
    }
}

static void a_fixed_cable_needs_no_proximity(void)
{
    cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    config.fixed_cable = true;
    rig_power_up(&r, 1, &config, &past);
    r.in.proximity_ohm = UINT32_MAX;
    rig_run(&r, 1000);
    rig_charge(&r);
    CHECK_EQ(r.e.offer_da, 160);
}

static void phases_change_only_after_10_s_open_with_the_pilot_off(void)
{
    cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    config.phase_switch = true;
    rig_power_up(&r, 1, &config, &past);
    rig_run(&r, 15000);
    rig_charge(&r);
    CHECK_EQ(r.out.phases, 3);
    rig_run(&r, 3000);
    r.lease_phases = 1;
    rig_run(&r, 1000);
    CHECK_EQ(r.e.power, CP_POWER_WINDING_DOWN);
    r.letter = 'B';
    (void)rig_until_closed(&r, false, 100);
    r.letter = 'C';
    CHECK(cp_evse_blocked(&r.e) & 1u << CP_BLOCKED_PHASE_WAIT);
    rig_run(&r, CP_PHASE_SWITCH_MS - 100u);
    CHECK_EQ(r.out.phases, 3);
    CHECK_EQ(r.out.drive, CP_DRIVE_STEADY);
    CHECK_BETWEEN(rig_until_closed(&r, true, 2000), 50, 1000);
    CHECK_EQ(r.out.phases, 1);
}

static void a_vehicle_is_woken_by_4_s_of_state_f_and_keeps_its_plug(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.letter = 'B';
    rig_run(&r, 500);
    const uint32_t plug = r.e.plug;
    CHECK_EQ(cp_evse_wake(&r.e), CP_RESULT_OK);
    rig_run(&r, 1000);
    CHECK_EQ(r.out.drive, CP_DRIVE_F);
    CHECK_EQ(cp_evse_pilot(&r.e), CP_PILOT_F);
    rig_run(&r, CP_WAKE_MS - 1001u);
    CHECK_EQ(r.out.drive, CP_DRIVE_F);
    rig_run(&r, 100);
    CHECK_EQ(cp_evse_pilot(&r.e), CP_PILOT_B1);
    CHECK_EQ(r.e.plug, plug);
}

static void nobody_is_woken_while_the_contactor_is_closed(void)
{
    rig_t r;

    rig_start(&r, 1);
    CHECK_EQ(cp_evse_wake(&r.e), CP_RESULT_WRONG_STATE); /* nobody there */
    rig_charge(&r);
    CHECK_EQ(cp_evse_wake(&r.e), CP_RESULT_WRONG_STATE);
    CHECK_EQ(cp_evse_self_test(&r.e), CP_RESULT_WRONG_STATE);
}

static void an_unavailable_evse_shows_state_f_but_lets_a_charge_end(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    CHECK_EQ(cp_evse_set_available(&r.e, false), CP_RESULT_OK);
    rig_run(&r, 3000);
    CHECK(r.out.contactor_closed);
    r.letter = 'A';
    rig_run(&r, 1000);
    CHECK_EQ(r.out.drive, CP_DRIVE_F);
    CHECK(cp_evse_blocked(&r.e) & 1u << CP_BLOCKED_UNAVAILABLE);
    CHECK_EQ(cp_evse_set_available(&r.e, true), CP_RESULT_OK);
    rig_run(&r, 100);
    CHECK_EQ(cp_evse_pilot(&r.e), CP_PILOT_A1);
}

static void a_vehicle_that_state_f_hid_for_long_counts_as_another_one(void)
{
    cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    config.fixed_cable = true; /* no proximity contact that would show the plug */
    rig_power_up(&r, 1, &config, &past);
    rig_run(&r, 1000);
    r.letter = 'B';
    rig_run(&r, 500);
    const uint32_t plug = r.e.plug;
    (void)cp_evse_set_available(&r.e, false);
    rig_run(&r, CP_BLIND_MS + 1000u);
    (void)cp_evse_set_available(&r.e, true);
    rig_run(&r, 200);
    CHECK_EQ(r.e.plug, plug + 1u);
}

static void the_proximity_contact_shows_that_the_plug_stayed_during_state_f(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.letter = 'B';
    rig_run(&r, 500);
    const uint32_t plug = r.e.plug;
    (void)cp_evse_set_available(&r.e, false);
    rig_run(&r, CP_BLIND_MS + 1000u);
    (void)cp_evse_set_available(&r.e, true);
    rig_run(&r, 200);
    CHECK_EQ(r.e.plug, plug);
}

static void the_plug_is_locked_before_closing_and_unlocked_only_when_open(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    CHECK(r.out.lock);
    CHECK_EQ(cp_evse_set_lock(&r.e, false), CP_RESULT_WRONG_STATE);
    rig_run(&r, 100);
    CHECK(r.out.lock);
    r.letter = 'B';
    (void)rig_until_closed(&r, false, 100);
    CHECK_EQ(cp_evse_set_lock(&r.e, false), CP_RESULT_WRONG_STATE); /* not proved yet */
    rig_run(&r, 100);
    CHECK_EQ(cp_evse_set_lock(&r.e, false), CP_RESULT_OK);
    rig_run(&r, 100);
    CHECK(!r.out.lock);
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_LOCK_CHANGED)->value, CP_LOCK_UNLOCKED);
}

static void a_plug_that_cannot_be_locked_is_not_charged(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.lock_jammed = true;
    r.letter = 'C';
    r.lease_da = 160;
    r.lease_every_ms = 500;
    rig_run(&r, 30000);
    CHECK_EQ(r.e.cycles, 0);
    CHECK(cp_fault_stands(&r.e.faults, CP_FAULT_LOCK));
    CHECK_EQ(cp_evse_lock(&r.e), CP_LOCK_JAMMED);
    r.lock_jammed = false;
    rig_run(&r, 30000);
    CHECK(r.out.contactor_closed);
}

static void the_loss_of_the_lease_keeps_the_lock(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.lease_every_ms = 0;
    rig_run(&r, 60000);
    CHECK(!r.out.contactor_closed);
    CHECK(r.out.lock);
}

static void a_reset_neither_locks_nor_unlocks(void)
{
    const cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    rig_power_up(&r, 1, &config, &past);
    r.lock_jammed = true; /* holds it where it is */
    r.in.lock_at = (uint8_t)CP_LOCK_AT_LOCKED;
    rig_run(&r, 100);
    CHECK(r.out.lock);
    CHECK_EQ(cp_evse_lock(&r.e), CP_LOCK_LOCKED);
}

static void while_it_is_woken_a_vehicle_is_offered_nothing(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.letter = 'B';
    r.lease_da = 160;
    r.lease_every_ms = 500;
    rig_run(&r, 1000);
    CHECK_EQ(r.e.offer_da, 160);
    CHECK_EQ(cp_evse_wake(&r.e), CP_RESULT_OK);
    rig_run(&r, 1000);
    CHECK_EQ(r.e.offer_da, 0);
    CHECK(!cp_evse_permitted(&r.e));
    rig_run(&r, 6000);
    CHECK_EQ(r.e.offer_da, 160);
}

static void a_vehicle_that_pauses_within_its_lease_is_not_put_out_of_service(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.letter = 'B';
    rig_run(&r, 1000);
    (void)cp_evse_set_available(&r.e, false);
    rig_run(&r, 3000);
    CHECK_EQ(r.out.drive, CP_DRIVE_PWM);
    r.lease_every_ms = 0;
    rig_run(&r, 11000);
    CHECK_EQ(r.out.drive, CP_DRIVE_F);
}

static void the_offer_comes_back_no_sooner_than_closing_can_follow(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.letter = 'E';
    (void)rig_until_closed(&r, false, 1000);
    r.letter = 'B';
    rig_run(&r, 1000);
    CHECK_EQ(cp_faults_bits(&r.e.faults), 0);
    while (r.e.reclose_ms > CP_CLOSE_EXPECTED_MS + 1u) {
        CHECK_EQ(r.e.offer_da, 0);
        rig_run(&r, 1);
    }
    rig_run(&r, 2);
    CHECK_EQ(r.e.offer_da, 160);
}

static void nothing_closes_without_an_offer_on_the_pilot(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.letter = 'C';
    rig_run(&r, 100);
    (void)rig_lease(&r, 160);
    rig_run(&r, 200);
    (void)rig_lease(&r, 0);
    rig_run(&r, 1000);
    (void)rig_lease(&r, 160); /* the last raise is too fresh: the pilot stays steady */
    while (r.e.offer_da == 0u) {
        CHECK(!r.out.contactor_closed);
        CHECK(cp_evse_blocked(&r.e) & 1u << CP_BLOCKED_RECLOSE_WAIT);
        CHECK(cp_evse_wait_ms(&r.e) > 0u);
        rig_run(&r, 1);
    }
    (void)rig_until_closed(&r, true, 600);
}

static void a_single_phase_evse_closes_one(void)
{
    cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    config.phases = 1;
    rig_power_up(&r, 1, &config, &past);
    rig_run(&r, 1000);
    r.lease_phases = 1;
    rig_charge(&r);
    CHECK_EQ(r.out.phases, 1);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(a_lower_limit_is_offered_in_the_next_tick),
        TEST(raises_keep_5_s_between_them),
        TEST(the_offer_is_the_least_of_lease_hardware_setting_and_cable),
        TEST(a_fixed_cable_needs_no_proximity),
        TEST(phases_change_only_after_10_s_open_with_the_pilot_off),
        TEST(a_vehicle_is_woken_by_4_s_of_state_f_and_keeps_its_plug),
        TEST(nobody_is_woken_while_the_contactor_is_closed),
        TEST(an_unavailable_evse_shows_state_f_but_lets_a_charge_end),
        TEST(a_vehicle_that_state_f_hid_for_long_counts_as_another_one),
        TEST(the_proximity_contact_shows_that_the_plug_stayed_during_state_f),
        TEST(the_plug_is_locked_before_closing_and_unlocked_only_when_open),
        TEST(a_plug_that_cannot_be_locked_is_not_charged),
        TEST(the_loss_of_the_lease_keeps_the_lock),
        TEST(a_reset_neither_locks_nor_unlocks),
        TEST(while_it_is_woken_a_vehicle_is_offered_nothing),
        TEST(a_vehicle_that_pauses_within_its_lease_is_not_put_out_of_service),
        TEST(the_offer_comes_back_no_sooner_than_closing_can_follow),
        TEST(nothing_closes_without_an_offer_on_the_pilot),
        TEST(a_single_phase_evse_closes_one),
    };

    return RUN_TESTS(tests);
}
