/* Levels, hysteresis, windows and the diode of the control pilot. */

#include "cp_pilot.h"
#include "cp_test.h"
#include "cp_timing.h"

static void nominal_ranges_are_read_as_their_letters(void)
{
    static const struct {
        int16_t low_mv;
        int16_t high_mv;
        cp_letter_t letter;
    } ranges[] = {
        {11400, 12600, CP_LETTER_A}, {8360, 9560, CP_LETTER_B}, {5480, 6490, CP_LETTER_C},
        {2620, 3250, CP_LETTER_D},   {-900, 1000, CP_LETTER_E},
    };

    for (unsigned i = 0; i < 5u; i++) {
        for (int mv = ranges[i].low_mv; mv <= ranges[i].high_mv; mv += 10) {
            for (int present = CP_LETTER_UNKNOWN; present <= CP_LETTER_INVALID; present++) {
                CHECK_EQ(cp_pilot_letter((int16_t)mv, CP_DRIVE_STEADY, (cp_letter_t)present), ranges[i].letter);
                CHECK_EQ(cp_pilot_letter((int16_t)mv, CP_DRIVE_PWM, (cp_letter_t)present), ranges[i].letter);
            }
        }
    }
}

static void each_threshold_gives_way_to_the_present_letter_on_either_side(void)
{
    static const struct {
        int threshold_mv;
        cp_letter_t above;
        cp_letter_t below;
    } gaps[] = {
        {CP_LEVEL_A_B_MV, CP_LETTER_A, CP_LETTER_B},
        {CP_LEVEL_B_C_MV, CP_LETTER_B, CP_LETTER_C},
        {CP_LEVEL_C_D_MV, CP_LETTER_C, CP_LETTER_D},
        {CP_LEVEL_D_E_MV, CP_LETTER_D, CP_LETTER_E},
    };

    for (unsigned i = 0; i < 4u; i++) {
        const int edge = gaps[i].threshold_mv;
        const int margin = CP_LEVEL_HYSTERESIS_MV;
        CHECK_EQ(cp_pilot_letter((int16_t)(edge + margin), CP_DRIVE_PWM, gaps[i].below), gaps[i].below);
        CHECK_EQ(cp_pilot_letter((int16_t)(edge + margin + 1), CP_DRIVE_PWM, gaps[i].below), gaps[i].above);
        CHECK_EQ(cp_pilot_letter((int16_t)(edge - margin + 1), CP_DRIVE_PWM, gaps[i].above), gaps[i].above);
        CHECK_EQ(cp_pilot_letter((int16_t)(edge - margin), CP_DRIVE_PWM, gaps[i].above), gaps[i].below);
        CHECK_EQ(cp_pilot_letter((int16_t)(edge + 1), CP_DRIVE_PWM, CP_LETTER_UNKNOWN), gaps[i].above);
        CHECK_EQ(cp_pilot_letter((int16_t)edge, CP_DRIVE_PWM, CP_LETTER_UNKNOWN), gaps[i].below);
    }
}

static void levels_that_no_vehicle_makes_are_invalid(void)
{
    static const int16_t levels[] = {INT16_MAX, 14000, 13201, -1201, -6000, -12000, INT16_MIN};

    for (unsigned i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        CHECK_EQ(cp_pilot_letter(levels[i], CP_DRIVE_STEADY, CP_LETTER_C), CP_LETTER_INVALID);
    }
}

static void our_own_negative_rail_reads_as_f_or_shorted_or_invalid(void)
{
    CHECK_EQ(cp_pilot_letter(-12600, CP_DRIVE_F, CP_LETTER_A), CP_LETTER_F);
    CHECK_EQ(cp_pilot_letter(-11400, CP_DRIVE_F, CP_LETTER_A), CP_LETTER_F);
    CHECK_EQ(cp_pilot_letter(0, CP_DRIVE_F, CP_LETTER_F), CP_LETTER_E);
    CHECK_EQ(cp_pilot_letter(-6000, CP_DRIVE_F, CP_LETTER_F), CP_LETTER_INVALID);
    CHECK_EQ(cp_pilot_letter(12000, CP_DRIVE_F, CP_LETTER_A), CP_LETTER_INVALID);
    CHECK_EQ(cp_pilot_letter(-13500, CP_DRIVE_F, CP_LETTER_F), CP_LETTER_INVALID);
}

static void the_negative_rail_is_judged_to_the_millivolt(void)
{
    static const struct {
        int high_mv;
        cp_letter_t letter;
    } table[] = {
        {CP_LEVEL_NEGATIVE_WEAK_MV, CP_LETTER_F}, {CP_LEVEL_NEGATIVE_WEAK_MV + 1, CP_LETTER_INVALID},
        {CP_LEVEL_NEGATIVE_TOP_MV, CP_LETTER_F},  {CP_LEVEL_NEGATIVE_TOP_MV - 1, CP_LETTER_INVALID},
        {CP_LEVEL_BOTTOM_MV + 1, CP_LETTER_E},    {CP_LEVEL_BOTTOM_MV, CP_LETTER_INVALID},
        {-CP_LEVEL_BOTTOM_MV - 1, CP_LETTER_E},   {-CP_LEVEL_BOTTOM_MV, CP_LETTER_INVALID},
    };

    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        CHECK_EQ(cp_pilot_letter((int16_t)table[i].high_mv, CP_DRIVE_F, CP_LETTER_F), table[i].letter);
    }
}

static void c_and_d_ask_and_b_is_a_vehicle_too(void)
{
    for (int letter = CP_LETTER_UNKNOWN; letter <= CP_LETTER_INVALID; letter++) {
        CHECK_EQ(cp_letter_asks((cp_letter_t)letter), letter == CP_LETTER_C || letter == CP_LETTER_D);
        CHECK_EQ(cp_letter_vehicle((cp_letter_t)letter),
                 letter == CP_LETTER_B || letter == CP_LETTER_C || letter == CP_LETTER_D);
    }
}

/* Feed one level for some ms, judging each window. */
static void feed(cp_pilot_reader_t *p, uint32_t ms, cp_drive_t drive, int16_t high_mv, int16_t low_mv)
{
    for (uint32_t i = 0; i < ms; i++) {
        if (cp_pilot_sample(p, 1, drive, high_mv, low_mv)) {
            cp_pilot_judge(p);
        }
    }
}

static void a_letter_is_believed_after_three_windows(void)
{
    cp_pilot_reader_t p;

    cp_pilot_init(&p);
    feed(&p, 29, CP_DRIVE_STEADY, 12000, 12000);
    CHECK_EQ(p.letter, CP_LETTER_UNKNOWN);
    feed(&p, 1, CP_DRIVE_STEADY, 12000, 12000);
    CHECK_EQ(p.letter, CP_LETTER_A);
    feed(&p, 30, CP_DRIVE_STEADY, 9000, 9000);
    CHECK_EQ(p.letter, CP_LETTER_B);
}

static void a_glitch_of_two_windows_changes_nothing(void)
{
    cp_pilot_reader_t p;

    cp_pilot_init(&p);
    feed(&p, 100, CP_DRIVE_PWM, 6000, -12000);
    feed(&p, 20, CP_DRIVE_PWM, 12000, -12000);
    feed(&p, 100, CP_DRIVE_PWM, 6000, -12000);
    CHECK_EQ(p.letter, CP_LETTER_C);
}

static void leaving_c_is_seen_even_if_each_window_shows_something_else(void)
{
    cp_pilot_reader_t p;

    cp_pilot_init(&p);
    feed(&p, 100, CP_DRIVE_PWM, 6000, -12000);
    feed(&p, 10, CP_DRIVE_PWM, 9000, -12000);
    feed(&p, 10, CP_DRIVE_PWM, 12000, -12000);
    CHECK_EQ(p.letter, CP_LETTER_C);
    feed(&p, 10, CP_DRIVE_PWM, 9000, -12000);
    CHECK_EQ(p.letter, CP_LETTER_B);
}

static void c_to_d_needs_three_windows_of_d(void)
{
    cp_pilot_reader_t p;

    cp_pilot_init(&p);
    feed(&p, 100, CP_DRIVE_PWM, 6000, -12000);
    feed(&p, 29, CP_DRIVE_PWM, 3000, -12000);
    CHECK_EQ(p.letter, CP_LETTER_C);
    feed(&p, 1, CP_DRIVE_PWM, 3000, -12000);
    CHECK_EQ(p.letter, CP_LETTER_D);
}

static void noise_that_never_settles_becomes_invalid(void)
{
    static const int16_t levels[] = {6000, 12000, 3000, 9000};
    cp_pilot_reader_t p;

    cp_pilot_init(&p);
    feed(&p, 100, CP_DRIVE_STEADY, 9000, 9000);
    for (unsigned i = 0; i < 40u && p.letter != (uint8_t)CP_LETTER_INVALID; i++) {
        feed(&p, 10, CP_DRIVE_STEADY, levels[i % 3u], levels[i % 3u]);
    }
    CHECK_EQ(p.letter, CP_LETTER_INVALID);
}

static void noise_that_half_agrees_still_ends_c(void)
{
    cp_pilot_reader_t p;
    uint32_t ms = 0;

    cp_pilot_init(&p);
    feed(&p, 100, CP_DRIVE_PWM, 6000, -12000);
    while (p.letter == (uint8_t)CP_LETTER_C) {
        feed(&p, 10, CP_DRIVE_PWM, ms % 20u == 0u ? 12000 : 6000, -12000);
        ms += 10u;
        CHECK(ms <= 200u);
    }
}

static void an_outlier_within_a_window_is_trimmed_away(void)
{
    cp_pilot_reader_t p;

    cp_pilot_init(&p);
    for (unsigned i = 0; i < 10u; i++) {
        (void)cp_pilot_sample(&p, 1, CP_DRIVE_STEADY, i == 4u ? -12000 : i == 7u ? 15000 : 6000, 6000);
    }
    CHECK_EQ(p.high_mv, 6000);
}

static void a_window_never_mixes_two_drives(void)
{
    cp_pilot_reader_t p;

    cp_pilot_init(&p);
    for (unsigned i = 0; i < 5u; i++) {
        CHECK(!cp_pilot_sample(&p, 1, CP_DRIVE_F, -12000, -12000));
    }
    for (unsigned i = 0; i < 9u; i++) {
        CHECK(!cp_pilot_sample(&p, 1, CP_DRIVE_STEADY, 9000, 9000));
    }
    CHECK(cp_pilot_sample(&p, 1, CP_DRIVE_STEADY, 9000, 9000));
    CHECK_EQ(p.high_mv, 9000);
}

static void blanked_windows_are_not_judged(void)
{
    cp_pilot_reader_t p;

    cp_pilot_init(&p);
    feed(&p, 100, CP_DRIVE_PWM, 6000, -12000);
    cp_pilot_blank(&p, CP_BLANK_WINDOWS);
    feed(&p, 49, CP_DRIVE_PWM, 12000, -12000);
    CHECK_EQ(p.letter, CP_LETTER_C);
    feed(&p, 1, CP_DRIVE_PWM, 12000, -12000);
    CHECK_EQ(p.letter, CP_LETTER_A);
}

static void the_diode_is_judged_only_under_pwm_and_by_three_windows(void)
{
    cp_pilot_reader_t p;

    cp_pilot_init(&p);
    feed(&p, 100, CP_DRIVE_STEADY, 9000, 9000);
    CHECK_EQ(p.diode_good, 0);
    CHECK_EQ(p.diode_bad, 0);
    feed(&p, 30, CP_DRIVE_PWM, 9000, -12000);
    CHECK_EQ(p.diode_good, CP_PILOT_RUN);
    feed(&p, 10, CP_DRIVE_PWM, 9000, -9000);
    CHECK_EQ(p.diode_good, 0);
    CHECK_EQ(p.diode_bad, 1);
    feed(&p, 20, CP_DRIVE_PWM, 9000, -14000);
    CHECK_EQ(p.diode_bad, CP_PILOT_RUN);
}

/* Windows of these levels in turn until another letter than B is believed. */
static unsigned windows_until_b_is_lost(const int16_t *levels, unsigned count)
{
    cp_pilot_reader_t p;
    unsigned windows = 0;

    cp_pilot_init(&p);
    feed(&p, 3u * CP_WINDOW_MS, CP_DRIVE_STEADY, 9000, 9000);
    CHECK_EQ(p.letter, CP_LETTER_B);
    while (p.letter == (uint8_t)CP_LETTER_B) {
        feed(&p, CP_WINDOW_MS, CP_DRIVE_STEADY, levels[windows % count], levels[windows % count]);
        windows++;
        CHECK(windows < 100u);
    }
    CHECK_EQ(p.letter, CP_LETTER_INVALID);
    return windows;
}

static void noise_is_invalid_after_a_tenth_of_a_second_and_half_noise_after_four(void)
{
    static const int16_t noise[] = {12000, 3000, 6000};
    static const int16_t half[] = {12000, 9000};

    CHECK_EQ(windows_until_b_is_lost(noise, 3), CP_PILOT_NOISE_WINDOWS);
    CHECK_EQ(windows_until_b_is_lost(half, 2), 4u * CP_PILOT_NOISE_WINDOWS - 3u);
}

static void half_noise_ends_c_after_nine_windows(void)
{
    cp_pilot_reader_t p;

    cp_pilot_init(&p);
    feed(&p, 100, CP_DRIVE_PWM, 6000, -12000);
    for (unsigned i = 0; i < 9u; i++) {
        CHECK_EQ(p.letter, CP_LETTER_C);
        feed(&p, CP_WINDOW_MS, CP_DRIVE_PWM, i % 2u == 0u ? 12000 : 6000, -12000);
    }
    CHECK_EQ(p.letter, CP_LETTER_A);
}

static void half_a_d_is_no_end_of_c(void)
{
    cp_pilot_reader_t p;

    cp_pilot_init(&p);
    feed(&p, 100, CP_DRIVE_PWM, 6000, -12000);
    for (unsigned i = 0; i < 20u; i++) {
        feed(&p, CP_WINDOW_MS, CP_DRIVE_PWM, i % 2u == 0u ? 3000 : 6000, -12000);
        CHECK_EQ(p.letter, CP_LETTER_C);
    }
}

static void after_noise_a_letter_needs_its_three_windows_again(void)
{
    static const int16_t levels[] = {12000, 3000, 6000};
    cp_pilot_reader_t p;
    unsigned windows = 0;

    cp_pilot_init(&p);
    feed(&p, 100, CP_DRIVE_STEADY, 9000, 9000);
    while (p.letter != (uint8_t)CP_LETTER_INVALID) {
        feed(&p, CP_WINDOW_MS, CP_DRIVE_STEADY, levels[windows % 3u], levels[windows % 3u]);
        windows++;
    }
    const int16_t last = levels[(windows - 1u) % 3u];
    feed(&p, 2u * CP_WINDOW_MS, CP_DRIVE_STEADY, last, last);
    CHECK_EQ(p.letter, CP_LETTER_INVALID);
    feed(&p, CP_WINDOW_MS, CP_DRIVE_STEADY, last, last);
    CHECK(p.letter != (uint8_t)CP_LETTER_INVALID);
}

static void four_samples_are_trimmed_and_three_are_not(void)
{
    static const int16_t samples[] = {6000, 9000, 6300, 3000};
    cp_pilot_reader_t p;

    cp_pilot_init(&p);
    for (unsigned i = 0; i < 4u; i++) {
        (void)cp_pilot_sample(&p, 3, CP_DRIVE_STEADY, samples[i], samples[i]);
    }
    CHECK_EQ(p.high_mv, 6150);
    cp_pilot_init(&p);
    for (unsigned i = 0; i < 3u; i++) {
        (void)cp_pilot_sample(&p, 4, CP_DRIVE_STEADY, samples[i], samples[i]);
    }
    CHECK_EQ(p.high_mv, 7100);
}

static void another_drive_forgets_both_levels_and_the_diode(void)
{
    cp_pilot_reader_t p;

    cp_pilot_init(&p);
    feed(&p, 35, CP_DRIVE_PWM, 9000, -12000);
    CHECK_EQ(p.diode_good, CP_PILOT_RUN);
    feed(&p, 1, CP_DRIVE_STEADY, 9000, 9000);
    CHECK_EQ(p.diode_good, 0);
    feed(&p, 9, CP_DRIVE_STEADY, 9000, 9000);
    CHECK_EQ(p.low_mv, 9000);
    feed(&p, 35, CP_DRIVE_PWM, 9000, -9000);
    CHECK_EQ(p.diode_bad, CP_PILOT_RUN);
    feed(&p, 1, CP_DRIVE_STEADY, 9000, 9000);
    CHECK_EQ(p.diode_bad, 0);
}

static void the_diode_is_judged_to_the_millivolt_and_for_good(void)
{
    static const struct {
        int low_mv;
        bool good;
    } table[] = {
        {CP_LEVEL_NEGATIVE_WEAK_MV, true},
        {CP_LEVEL_NEGATIVE_WEAK_MV + 1, false},
        {CP_LEVEL_NEGATIVE_TOP_MV, true},
        {CP_LEVEL_NEGATIVE_TOP_MV - 1, false},
    };

    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        cp_pilot_reader_t p;
        cp_pilot_init(&p);
        feed(&p, 40, CP_DRIVE_PWM, 9000, table[i].good ? -9000 : -12000); /* the other way before */
        feed(&p, 300u * CP_WINDOW_MS, CP_DRIVE_PWM, 9000, (int16_t)table[i].low_mv);
        CHECK_EQ(p.diode_good, table[i].good ? CP_PILOT_RUN : 0u);
        CHECK_EQ(p.diode_bad, table[i].good ? 0u : CP_PILOT_RUN);
    }
}

static void windows_keep_their_pace_for_any_step(void)
{
    for (uint32_t step = 1; step <= 10u; step++) {
        cp_pilot_reader_t p;
        unsigned windows = 0;

        cp_pilot_init(&p);
        for (uint32_t ms = 0; ms < 2520u; ms += step) { /* 2520: a multiple of every step */
            windows += cp_pilot_sample(&p, step, CP_DRIVE_STEADY, 9000, 9000) ? 1u : 0u;
        }
        CHECK_EQ(windows, 252);
    }
}

static void calibration_scales_and_shifts_and_saturates(void)
{
    CHECK_EQ(cp_pilot_calibrate(10000, 0, 0), 10000);
    CHECK_EQ(cp_pilot_calibrate(10000, 20000, -50), 10150);
    CHECK_EQ(cp_pilot_calibrate(-10000, 20000, -50), -10250);
    CHECK_EQ(cp_pilot_calibrate(30000, 99, 0), 30002); /* 30002.97: parts of a millivolt fall away */
    CHECK_EQ(cp_pilot_calibrate(INT16_MAX, 200000, 1000), INT16_MAX);
    CHECK_EQ(cp_pilot_calibrate(INT16_MIN, 200000, -1000), INT16_MIN);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(nominal_ranges_are_read_as_their_letters),
        TEST(each_threshold_gives_way_to_the_present_letter_on_either_side),
        TEST(levels_that_no_vehicle_makes_are_invalid),
        TEST(our_own_negative_rail_reads_as_f_or_shorted_or_invalid),
        TEST(the_negative_rail_is_judged_to_the_millivolt),
        TEST(c_and_d_ask_and_b_is_a_vehicle_too),
        TEST(a_letter_is_believed_after_three_windows),
        TEST(a_glitch_of_two_windows_changes_nothing),
        TEST(leaving_c_is_seen_even_if_each_window_shows_something_else),
        TEST(c_to_d_needs_three_windows_of_d),
        TEST(noise_that_never_settles_becomes_invalid),
        TEST(noise_that_half_agrees_still_ends_c),
        TEST(an_outlier_within_a_window_is_trimmed_away),
        TEST(a_window_never_mixes_two_drives),
        TEST(blanked_windows_are_not_judged),
        TEST(the_diode_is_judged_only_under_pwm_and_by_three_windows),
        TEST(noise_is_invalid_after_a_tenth_of_a_second_and_half_noise_after_four),
        TEST(half_noise_ends_c_after_nine_windows),
        TEST(half_a_d_is_no_end_of_c),
        TEST(after_noise_a_letter_needs_its_three_windows_again),
        TEST(four_samples_are_trimmed_and_three_are_not),
        TEST(another_drive_forgets_both_levels_and_the_diode),
        TEST(the_diode_is_judged_to_the_millivolt_and_for_good),
        TEST(windows_keep_their_pace_for_any_step),
        TEST(calibration_scales_and_shifts_and_saturates),
    };

    return RUN_TESTS(tests);
}
