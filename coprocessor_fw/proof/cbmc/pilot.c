/* The pilot's reader, from any state, with any level: the sums of its windows stay sound, and nothing overflows. */

#include "harness.h"

#include "cp_timing.h"

/* The number of samples is given, not any: the solver then multiplies and divides by a constant. */
static cp_pilot_reader_t any_reader(uint8_t samples)
{
    cp_pilot_reader_t p = ANY(cp_pilot_reader_t);

    p.high.count = samples;
    p.low.count = samples;
    ASSUME(p.drive <= (uint8_t)CP_DRIVE_F && p.elapsed_ms < CP_WINDOW_MS && samples <= p.elapsed_ms);
    ASSUME(p.letter <= (uint8_t)CP_LETTER_INVALID && p.candidate <= (uint8_t)CP_LETTER_INVALID);
    ASSUME(p.run < CP_PILOT_RUN && p.strikes < 20u && p.diode_good <= CP_PILOT_RUN && p.diode_bad <= CP_PILOT_RUN);
    ASSUME(cp_pilot_windows_well_formed(&p));
    return p;
}

int main(void)
{
    for (uint8_t samples = 0; samples < CP_WINDOW_MS; samples++) {
        cp_pilot_reader_t p = any_reader(samples);
        const uint32_t step_ms = ANY(uint32_t);

        ASSUME(step_ms >= 1u && step_ms <= CP_STEP_MAX_MS);
        if (cp_pilot_sample(&p, step_ms, (cp_drive_t)p.drive, ANY(int16_t), ANY(int16_t))) {
            cp_pilot_judge(&p);
            REACHED_IF(p.letter == (uint8_t)CP_LETTER_INVALID && p.diode_good == CP_PILOT_RUN, "a window judged");
        }
        CLAIM(cp_pilot_windows_well_formed(&p), "windows stay well formed");
    }
    return 0;
}
