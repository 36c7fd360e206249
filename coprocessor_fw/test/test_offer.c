/* Duty and current both ways, and the cable's rating. */

#include "cp_offer.h"
#include "cp_proximity.h"
#include "cp_test.h"

static void known_currents_have_their_known_duties(void)
{
    static const struct {
        uint16_t da;
        uint16_t duty_bp;
    } table[] = {
        {60, 1000},  {100, 1666}, {130, 2166}, {160, 2666}, {200, 3333}, {320, 5333}, {480, 8000},
        {510, 8500}, {525, 8500}, {550, 8600}, {630, 8920}, {700, 9200}, {800, 9600},
    };

    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        CHECK_EQ(cp_offer_duty_bp(table[i].da), table[i].duty_bp);
    }
}

static void sixty_three_amperes_stay_sixty_three(void)
{
    CHECK_EQ(cp_offer_from_duty_ma(cp_offer_duty_bp(630)), 63000);
}

static void below_six_amperes_nothing_is_offered(void)
{
    for (uint16_t da = 0; da < 60u; da++) {
        CHECK_EQ(cp_offer_round_da(da), 0);
        CHECK_EQ(cp_offer_duty_bp(da), 0);
    }
}

static void between_51_and_52_5_amperes_51_is_offered(void)
{
    for (uint16_t da = 510; da < 525u; da++) {
        CHECK_EQ(cp_offer_round_da(da), 510);
    }
    CHECK_EQ(cp_offer_round_da(525), 525);
}

static void more_than_80_amperes_is_80(void)
{
    CHECK_EQ(cp_offer_round_da(801), 800);
    CHECK_EQ(cp_offer_round_da(UINT16_MAX), 800);
}

static void a_vehicle_never_reads_more_than_was_meant_and_hardly_less(void)
{
    for (uint16_t da = 60; da <= 900u; da++) {
        const uint32_t meant_ma = (uint32_t)cp_offer_round_da(da) * 100u;
        const uint32_t read_ma = cp_offer_from_duty_ma(cp_offer_duty_bp(da));
        if (da >= 525u && meant_ma == 52500u) { /* 85 % is 51 A by the lower law: less, never more */
            CHECK_EQ(read_ma, 51000);
        } else {
            CHECK_BETWEEN(read_ma, meant_ma - 6u, meant_ma);
        }
    }
}

static void a_greater_limit_never_means_a_smaller_duty(void)
{
    for (uint16_t da = 1; da < 900u; da++) {
        CHECK(cp_offer_duty_bp(da) >= cp_offer_duty_bp((uint16_t)(da - 1u)));
    }
}

static void duties_read_as_the_standard_says_at_every_border(void)
{
    static const struct {
        uint16_t duty_bp;
        uint32_t ma;
    } table[] = {
        {0, 0},        {500, 0},      {799, 0},      {800, 6000},   {999, 6000}, {1000, 6000},
        {8500, 51000}, {8501, 52525}, {9600, 80000}, {9601, 80000}, {9700, 80000}, {9701, 0},   {10000, 0},
    };

    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        CHECK_EQ(cp_offer_from_duty_ma(table[i].duty_bp), table[i].ma);
    }
}

static void a_late_edge_is_compensated_and_never_wraps(void)
{
    CHECK_EQ(cp_offer_pulse_bp(2666, 0, 0), 2666);
    CHECK_EQ(cp_offer_pulse_bp(2666, 3, 1), 2686); /* rises 2 us later than it falls: 2 us longer */
    CHECK_EQ(cp_offer_pulse_bp(2666, 0, 5), 2616);
    CHECK_EQ(cp_offer_pulse_bp(0, 50, 0), 0);
    CHECK_EQ(cp_offer_pulse_bp(11, 0, 1), 1);
    CHECK_EQ(cp_offer_pulse_bp(1000, INT16_MIN, INT16_MAX), 0);
    CHECK_EQ(cp_offer_pulse_bp(9600, 40, 0), 9999);
    CHECK_EQ(cp_offer_pulse_bp(9600, INT16_MAX, INT16_MIN), 9999);
}

static void a_cable_is_known_by_its_resistor_and_nothing_else(void)
{
    static const struct {
        uint32_t ohm;
        uint16_t rating_da;
    } table[] = {
        {0, 0},
        {79, 0},
        {80, 630},
        {100, 630},
        {140, 630},
        {141, 0},
        {163, 0},
        {164, 320},
        {220, 320},
        {308, 320},
        {309, 0},
        {399, 0},
        {400, 200},
        {680, 200},
        {936, 200},
        {937, 0},
        {1099, 0},
        {1100, 130},
        {1500, 130},
        {2460, 130},
        {2461, 0},
        {4500, 0},
        {CP_PROXIMITY_NONE_OHM, 0},
    };

    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        CHECK_EQ(cp_proximity_rating_da(table[i].ohm), table[i].rating_da);
    }
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(known_currents_have_their_known_duties),
        TEST(sixty_three_amperes_stay_sixty_three),
        TEST(below_six_amperes_nothing_is_offered),
        TEST(between_51_and_52_5_amperes_51_is_offered),
        TEST(more_than_80_amperes_is_80),
        TEST(a_vehicle_never_reads_more_than_was_meant_and_hardly_less),
        TEST(a_greater_limit_never_means_a_smaller_duty),
        TEST(duties_read_as_the_standard_says_at_every_border),
        TEST(a_late_edge_is_compensated_and_never_wraps),
        TEST(a_cable_is_known_by_its_resistor_and_nothing_else),
    };

    return RUN_TESTS(tests);
}
