/* The lease: whose it is, how long it lives, what ends it. */

#include "evse_rig.h"

#include "cp_timing.h"

static cp_msg_lease_t lease_for(const rig_t *r)
{
    return (cp_msg_lease_t){.evse = 1, .plug = r->e.plug, .limit_da = 160, .phases = 3, .ttl_ms = 10000};
}

static void plug_in(rig_t *r)
{
    rig_start(r, 1);
    r->letter = 'B';
    rig_run(r, 300);
}

static void a_lease_for_another_plug_in_is_refused(void)
{
    rig_t r;

    plug_in(&r);
    cp_msg_lease_t lease = lease_for(&r);
    lease.plug++;
    CHECK_EQ(cp_evse_lease(&r.e, &lease), CP_LEASE_REFUSAL_WRONG_PLUG);
    CHECK(!r.e.lease.held);
}

static void a_lease_without_a_vehicle_is_refused(void)
{
    rig_t r;

    rig_start(&r, 1);
    const cp_msg_lease_t lease = lease_for(&r);
    CHECK_EQ(cp_evse_lease(&r.e, &lease), CP_LEASE_REFUSAL_NOT_PLUGGED);
}

static void phases_that_are_not_wired_or_not_switchable_are_refused(void)
{
    rig_t r;

    plug_in(&r);
    cp_msg_lease_t lease = lease_for(&r);
    static const uint8_t refused[] = {0, 1, 2, 4, 255};
    for (unsigned i = 0; i < sizeof refused; i++) {
        lease.phases = refused[i];
        CHECK_EQ(cp_evse_lease(&r.e, &lease), CP_LEASE_REFUSAL_BAD_PHASES);
    }
    r.e.config.phase_switch = true;
    lease.phases = 1;
    CHECK_EQ(cp_evse_lease(&r.e, &lease), CP_LEASE_REFUSAL_NONE);
}

static void the_time_to_live_is_clamped_to_1_and_30_s(void)
{
    rig_t r;

    plug_in(&r);
    cp_msg_lease_t lease = lease_for(&r);
    lease.ttl_ms = 0;
    (void)cp_evse_lease(&r.e, &lease);
    CHECK_EQ(r.e.lease.rest_ms, CP_LEASE_MIN_MS);
    lease.ttl_ms = UINT32_MAX;
    (void)cp_evse_lease(&r.e, &lease);
    CHECK_EQ(r.e.lease.rest_ms, CP_LEASE_MAX_MS);
}

static void a_shorter_lease_replaces_a_longer_one(void)
{
    rig_t r;

    plug_in(&r);
    cp_msg_lease_t lease = lease_for(&r);
    lease.ttl_ms = 30000;
    (void)cp_evse_lease(&r.e, &lease);
    lease.ttl_ms = 2000;
    (void)cp_evse_lease(&r.e, &lease);
    rig_run(&r, 2001);
    CHECK(!r.e.lease.held);
}

static void a_stop_is_taken_whatever_else_it_says(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.lease_every_ms = 0;
    cp_msg_lease_t lease = lease_for(&r);
    lease.limit_da = 59;
    lease.phases = 77;
    CHECK_EQ(cp_evse_lease(&r.e, &lease), CP_LEASE_REFUSAL_NONE);
    rig_run(&r, 1);
    CHECK_EQ(r.e.power, CP_POWER_WINDING_DOWN);
    CHECK_EQ(r.e.lease.limit_da, 0);
}

static void a_stop_for_another_plug_in_stops_nothing(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    cp_msg_lease_t lease = lease_for(&r);
    lease.limit_da = 0;
    lease.plug--;
    CHECK_EQ(cp_evse_lease(&r.e, &lease), CP_LEASE_REFUSAL_NONE);
    rig_run(&r, 10);
    CHECK_EQ(r.e.power, CP_POWER_ENERGISED);
}

static void a_lapsed_stop_is_no_expiry_worth_an_event(void)
{
    rig_t r;

    plug_in(&r);
    (void)rig_lease(&r, 160);
    (void)rig_lease(&r, 0);
    rig_run(&r, 11000);
    CHECK(!r.e.lease.held);
    CHECK_EQ(rig_count(&r, CP_EVENT_CODE_LEASE_EXPIRED), 0);
}

static void a_second_vehicle_never_charges_on_the_first_ones_lease(void)
{
    for (uint32_t gap = 40; gap < 2000u; gap += 130) {
        rig_t r;
        rig_start(&r, 1);
        rig_charge(&r);
        r.lease_every_ms = 0;
        cp_msg_lease_t first = lease_for(&r);
        first.ttl_ms = 30000;
        CHECK_EQ(cp_evse_lease(&r.e, &first), CP_LEASE_REFUSAL_NONE);
        const uint32_t cycles = r.e.cycles;
        r.letter = 'A';
        rig_run(&r, gap);
        r.letter = 'C';
        for (unsigned i = 0; i < 60u; i++) { /* the host goes on renewing the first one's */
            rig_run(&r, 500);
            CHECK_EQ(cp_evse_lease(&r.e, &first), CP_LEASE_REFUSAL_WRONG_PLUG);
        }
        CHECK_EQ(r.e.cycles, cycles);
        CHECK_EQ(r.e.offer_da, 0);
    }
}

static void a_reset_forgets_the_lease(void)
{
    const cp_evse_config_t config = rig_config();
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    const cp_evse_past_t past = {.plug = r.e.plug, .plugged = true, .was_closed = true};
    rig_power_up(&r, 1, &config, &past);
    r.letter = 'C';
    rig_run(&r, 60000);
    CHECK_EQ(r.e.cycles, 0);
    CHECK_EQ(r.e.offer_da, 0);
}

static void a_vehicle_that_left_during_the_reset_is_noticed(void)
{
    const cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {.plug = 41, .plugged = true};
    rig_t r;

    rig_power_up(&r, 1, &config, &past);
    rig_run(&r, 1000);
    CHECK_EQ(rig_count(&r, CP_EVENT_CODE_UNPLUGGED), 1);
    r.letter = 'B';
    rig_run(&r, 300);
    CHECK_EQ(r.e.plug, 42);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(a_lease_for_another_plug_in_is_refused),
        TEST(a_lease_without_a_vehicle_is_refused),
        TEST(phases_that_are_not_wired_or_not_switchable_are_refused),
        TEST(the_time_to_live_is_clamped_to_1_and_30_s),
        TEST(a_shorter_lease_replaces_a_longer_one),
        TEST(a_stop_is_taken_whatever_else_it_says),
        TEST(a_stop_for_another_plug_in_stops_nothing),
        TEST(a_lapsed_stop_is_no_expiry_worth_an_event),
        TEST(a_second_vehicle_never_charges_on_the_first_ones_lease),
        TEST(a_reset_forgets_the_lease),
        TEST(a_vehicle_that_left_during_the_reset_is_noticed),
    };

    return RUN_TESTS(tests);
}
