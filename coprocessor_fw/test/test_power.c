/* Every pair of the safety machine's table, written down a second time by rule, and the fault set. */

#include "cp_faults.h"
#include "cp_power.h"
#include "cp_test.h"

/* The rules of the machine, in the order in which they apply: an independent statement of the table. */
static cp_power_t by_rule(cp_power_t state, cp_power_input_t input)
{
    const bool away = input == CP_INPUT_AWAY_DENIED || input == CP_INPUT_AWAY_PERMITTED;
    const bool permitted = input == CP_INPUT_AWAY_PERMITTED || input == CP_INPUT_WAITING || input == CP_INPUT_READY;

    if (input == CP_INPUT_LOCK_OUT) {
        return CP_POWER_LOCKED_OUT;
    }
    if (state == CP_POWER_LOCKED_OUT) {
        return CP_POWER_OFF;
    }
    if (state == CP_POWER_OPENING) {
        return input == CP_INPUT_DONE ? CP_POWER_OFF : CP_POWER_OPENING;
    }
    if (state == CP_POWER_OFF) {
        return permitted ? CP_POWER_OFFERING : CP_POWER_OFF;
    }
    if (state == CP_POWER_OFFERING) {
        return input == CP_INPUT_READY ? CP_POWER_CLOSING : permitted ? CP_POWER_OFFERING : CP_POWER_OFF;
    }
    if (away || input == CP_INPUT_TRIP || input == CP_INPUT_ELAPSED) { /* from here on the contactor is closed */
        return CP_POWER_OPENING;
    }
    if (input == CP_INPUT_DONE) {
        return state == CP_POWER_CLOSING ? CP_POWER_ENERGISED : CP_POWER_OPENING;
    }
    if (input == CP_INPUT_LOAD_DENIED) {
        return CP_POWER_WINDING_DOWN;
    }
    return state == CP_POWER_CLOSING ? CP_POWER_CLOSING : CP_POWER_ENERGISED;
}

static void every_pair_of_state_and_input_follows_the_rules(void)
{
    for (unsigned state = 0; state < CP_POWER_STATES; state++) {
        for (unsigned input = 0; input < CP_POWER_INPUTS; input++) {
            CHECK_EQ(cp_power_next((cp_power_t)state, (cp_power_input_t)input),
                     by_rule((cp_power_t)state, (cp_power_input_t)input));
        }
    }
}

static void only_offering_with_everything_ready_closes_an_open_contactor(void)
{
    for (unsigned state = 0; state < CP_POWER_STATES; state++) {
        for (unsigned input = 0; input < CP_POWER_INPUTS; input++) {
            const cp_power_t next = cp_power_next((cp_power_t)state, (cp_power_input_t)input);
            if (!cp_power_closes((cp_power_t)state) && cp_power_closes(next)) {
                CHECK_EQ(state, CP_POWER_OFFERING);
                CHECK_EQ(input, CP_INPUT_READY);
            }
        }
    }
}

static void faults_and_a_leaving_vehicle_open_from_every_state(void)
{
    static const cp_power_input_t inputs[] = {CP_INPUT_LOCK_OUT, CP_INPUT_TRIP, CP_INPUT_ELAPSED, CP_INPUT_AWAY_DENIED,
                                              CP_INPUT_AWAY_PERMITTED};

    for (unsigned state = 0; state < CP_POWER_STATES; state++) {
        for (unsigned i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
            CHECK(!cp_power_closes(cp_power_next((cp_power_t)state, inputs[i])));
        }
    }
}

static void what_is_no_state_or_input_leads_to_the_open_contactor(void)
{
    CHECK_EQ(cp_power_next((cp_power_t)7, CP_INPUT_READY), CP_POWER_OPENING);
    CHECK_EQ(cp_power_next(CP_POWER_ENERGISED, (cp_power_input_t)9), CP_POWER_OPENING);
    CHECK(!cp_power_closes((cp_power_t)7));
}

static void a_clearable_fault_goes_with_its_cause(void)
{
    cp_fault_set_t set = {0};

    CHECK_EQ(cp_fault_cause(&set, CP_FAULT_PILOT_SHORT, true), CP_FAULT_RAISED);
    CHECK_EQ(cp_fault_cause(&set, CP_FAULT_PILOT_SHORT, true), CP_FAULT_UNCHANGED);
    CHECK(cp_faults_trip(&set));
    CHECK_EQ(cp_fault_cause(&set, CP_FAULT_PILOT_SHORT, false), CP_FAULT_CLEARED);
    CHECK(!cp_fault_stands(&set, CP_FAULT_PILOT_SHORT));
    CHECK_EQ(set.entry[CP_FAULT_PILOT_SHORT].count, 1);
}

static void a_latched_fault_waits_for_its_command(void)
{
    cp_fault_set_t set = {0};

    (void)cp_fault_cause(&set, CP_FAULT_SELF_TEST, true);
    CHECK(!cp_fault_clear(&set, CP_FAULT_SELF_TEST, false)); /* its cause is present */
    (void)cp_fault_cause(&set, CP_FAULT_SELF_TEST, false);
    CHECK(cp_fault_stands(&set, CP_FAULT_SELF_TEST));
    CHECK(cp_fault_clear(&set, CP_FAULT_SELF_TEST, false));
    CHECK(!cp_fault_stands(&set, CP_FAULT_SELF_TEST));
}

static void a_lock_out_is_cleared_at_the_device_only(void)
{
    cp_fault_set_t set = {0};

    (void)cp_fault_cause(&set, CP_FAULT_CONTACTOR_WELDED, true);
    CHECK(cp_faults_lock_out(&set));
    CHECK(!cp_fault_clear(&set, CP_FAULT_CONTACTOR_WELDED, true));
    (void)cp_fault_cause(&set, CP_FAULT_CONTACTOR_WELDED, false);
    CHECK(!cp_fault_clear(&set, CP_FAULT_CONTACTOR_WELDED, false));
    CHECK(cp_fault_clear(&set, CP_FAULT_CONTACTOR_WELDED, true));
    CHECK(!cp_faults_lock_out(&set));
}

static void counts_and_ages_saturate(void)
{
    cp_fault_set_t set = {0};

    for (unsigned i = 0; i < 70000u; i++) {
        (void)cp_fault_cause(&set, CP_FAULT_VENTILATION, true);
        (void)cp_fault_cause(&set, CP_FAULT_VENTILATION, false);
    }
    CHECK_EQ(set.entry[CP_FAULT_VENTILATION].count, UINT16_MAX);
    (void)cp_fault_cause(&set, CP_FAULT_VENTILATION, true);
    cp_faults_age(&set, UINT32_MAX - 5u);
    cp_faults_age(&set, 10);
    CHECK_EQ(set.entry[CP_FAULT_VENTILATION].age_ms, UINT32_MAX);
}

static void a_fault_that_comes_back_is_young_again_and_only_standing_ones_age(void)
{
    cp_fault_set_t set = {0};

    (void)cp_fault_cause(&set, CP_FAULT_PILOT_SHORT, true); /* the first of the catalogue */
    cp_faults_age(&set, 10);
    CHECK_EQ(set.entry[CP_FAULT_PILOT_SHORT].age_ms, 10);
    CHECK_EQ(set.entry[CP_FAULT_VENTILATION].age_ms, 0);
    (void)cp_fault_cause(&set, CP_FAULT_PILOT_SHORT, false);
    (void)cp_fault_cause(&set, CP_FAULT_PILOT_SHORT, true);
    CHECK_EQ(set.entry[CP_FAULT_PILOT_SHORT].age_ms, 0);
}

static void what_does_not_stand_cannot_be_cleared(void)
{
    cp_fault_set_t set = {0};

    CHECK(!cp_fault_clear(&set, CP_FAULT_SELF_TEST, true));
    (void)cp_fault_cause(&set, CP_FAULT_SELF_TEST, true);
    (void)cp_fault_cause(&set, CP_FAULT_SELF_TEST, false);
    CHECK(cp_fault_clear(&set, CP_FAULT_SELF_TEST, true));
    CHECK(!cp_fault_clear(&set, CP_FAULT_SELF_TEST, true));
}

static void the_set_reads_as_bits_of_the_catalogue(void)
{
    cp_fault_set_t set = {0};

    (void)cp_fault_cause(&set, CP_FAULT_PILOT_SHORT, true);
    (void)cp_fault_cause(&set, CP_FAULT_SELF_TEST, true);
    CHECK_EQ(cp_faults_bits(&set), 1u << 0 | 1u << 17);
}

static void every_fault_trips_but_the_gentle_ones_that_end_the_permission(void)
{
    for (unsigned i = 0; i < CP_FAULT_COUNT; i++) {
        cp_fault_set_t set = {0};
        const bool gentle = i == CP_FAULT_LOCK || i == CP_FAULT_OPENED_UNDER_LOAD || i == CP_FAULT_PILOT_INVALID ||
                            i == CP_FAULT_OVER_TEMPERATURE || i == CP_FAULT_TEMPERATURE_SENSOR;

        (void)cp_fault_cause(&set, (cp_fault_t)i, true);
        CHECK_EQ(cp_faults_trip(&set), !gentle);
        CHECK_EQ(cp_faults_deny(&set), gentle);
        CHECK_EQ(cp_faults_lock_out(&set), cp_fault_class((uint8_t)i) == CP_FAULT_CLASS_LOCKOUT);
    }
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(every_pair_of_state_and_input_follows_the_rules),
        TEST(only_offering_with_everything_ready_closes_an_open_contactor),
        TEST(faults_and_a_leaving_vehicle_open_from_every_state),
        TEST(what_is_no_state_or_input_leads_to_the_open_contactor),
        TEST(a_clearable_fault_goes_with_its_cause),
        TEST(a_latched_fault_waits_for_its_command),
        TEST(a_lock_out_is_cleared_at_the_device_only),
        TEST(counts_and_ages_saturate),
        TEST(a_fault_that_comes_back_is_young_again_and_only_standing_ones_age),
        TEST(what_does_not_stand_cannot_be_cleared),
        TEST(the_set_reads_as_bits_of_the_catalogue),
        TEST(every_fault_trips_but_the_gentle_ones_that_end_the_permission),
    };

    return RUN_TESTS(tests);
}
