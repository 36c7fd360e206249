/* A vehicle that is charging and leaves: from any reader of a pilot, five windows of levels that are neither C nor D,
 * each as it likes, end the letter. Three do where the contactor has not just moved. */

#include "harness.h"

#include "cp_timing.h"

/* A level that is neither C nor D, whichever of them is believed. */
static int16_t any_level_away(void)
{
    const int16_t mv = ANY(int16_t);

    ASSUME(mv > CP_LEVEL_B_C_MV + CP_LEVEL_HYSTERESIS_MV || mv <= CP_LEVEL_D_E_MV - CP_LEVEL_HYSTERESIS_MV);
    return mv;
}

int main(void)
{
    cp_pilot_reader_t p = ANY(cp_pilot_reader_t);
    unsigned windows = 0;

    ASSUME(p.drive == (uint8_t)CP_DRIVE_PWM && p.elapsed_ms == 0u && p.high.count == 0u && p.low.count == 0u);
    ASSUME(p.high.sum_mv == 0 && p.low.sum_mv == 0 && p.blank <= CP_BLANK_WINDOWS && p.run < CP_PILOT_RUN);
    ASSUME(cp_letter_asks((cp_letter_t)p.letter) && p.candidate <= (uint8_t)CP_LETTER_INVALID && p.strikes < 20u);
    const uint8_t blank = p.blank;

    while (cp_letter_asks((cp_letter_t)p.letter) && windows < CP_PILOT_RUN + CP_BLANK_WINDOWS) {
        if (cp_pilot_sample(&p, CP_WINDOW_MS, CP_DRIVE_PWM, any_level_away(), ANY(int16_t))) {
            cp_pilot_judge(&p);
        }
        windows++;
    }
    CLAIM(!cp_letter_asks((cp_letter_t)p.letter), "left within five windows");
    CLAIM(windows <= CP_PILOT_RUN + blank, "left within three windows and those that are blanked");
    REACHED_IF(windows == CP_PILOT_RUN + CP_BLANK_WINDOWS, "all five windows");
    return 0;
}
