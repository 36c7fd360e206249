#include "cp_pilot.h"

#include "cp_timing.h"

/* Strikes: a window that disagrees adds two, one that agrees takes one away. So three in a row are
 * believed at once, noise that comes and goes adds up, and a single glitch is forgotten. */
#define STRIKE 2u
#define STRIKES_BELIEVED (CP_PILOT_RUN * STRIKE)
/* Nothing has agreed with anything for about 100 ms: the pilot is noise. */
#define STRIKES_NOISE (CP_PILOT_NOISE_WINDOWS * STRIKE)

/*@ requires \valid(w);
    assigns *w;
    ensures window_sound(w, 0); */
static void window_clear(cp_window_t *w)
{
    w->sum_mv = 0;
    w->min_mv = INT32_MAX;
    w->max_mv = INT32_MIN;
    w->count = 0;
}

/*@ requires \valid(w) && window_sound(w, 9);
    assigns *w;
    ensures w->count == \old(w->count) + 1 && window_sound(w, w->count); */
static void window_add(cp_window_t *w, int16_t mv)
{
    w->sum_mv += mv;
    w->min_mv = mv < w->min_mv ? mv : w->min_mv;
    w->max_mv = mv > w->max_mv ? mv : w->max_mv;
    w->count++;
}

/*@ lemma mean_within_samples: \forall integer sum, n;
      0 < n && n * -32768 <= sum <= n * 32767 ==> -32768 <= sum / n <= 32767; */

/* Mean without the least and the greatest sample, as soon as two others remain. */
/*@ requires \valid_read(w) && window_sound(w, 10);
    assigns \nothing; */
static int16_t window_mean(const cp_window_t *w)
{
    int32_t sum = w->sum_mv;
    int32_t count = w->count;

    if (count >= 4) {
        sum -= w->min_mv + w->max_mv;
        count -= 2;
    }
    const int32_t mean = count > 0 ? sum / count : 0;
    return (int16_t)mean;
}

/*@ requires \valid(p);
    assigns p->high, p->low, p->elapsed_ms, p->drive;
    ensures window_sound(&p->high, 0) && window_sound(&p->low, 0) && p->elapsed_ms == 0; */
static void restart(cp_pilot_reader_t *p, cp_drive_t drive)
{
    window_clear(&p->high);
    window_clear(&p->low);
    p->elapsed_ms = 0;
    p->drive = (uint8_t)drive;
}

void cp_pilot_init(cp_pilot_reader_t *p)
{
    *p = (cp_pilot_reader_t){0};
    restart(p, CP_DRIVE_STEADY);
}

void cp_pilot_blank(cp_pilot_reader_t *p, uint8_t windows)
{
    p->blank = windows;
}

bool cp_pilot_sample(cp_pilot_reader_t *p, uint32_t step_ms, cp_drive_t drive, int16_t high_mv, int16_t low_mv)
{
    if (p->drive != (uint8_t)drive) { /* a window never mixes two drives */
        restart(p, drive);
        p->diode_good = 0;
        p->diode_bad = 0;
    }
    window_add(&p->high, high_mv);
    window_add(&p->low, low_mv);
    p->elapsed_ms = (uint8_t)(p->elapsed_ms + (step_ms < CP_WINDOW_MS ? step_ms : CP_WINDOW_MS));
    if (p->elapsed_ms < CP_WINDOW_MS) {
        return false;
    }
    p->high_mv = window_mean(&p->high);
    p->low_mv = window_mean(&p->low);
    window_clear(&p->high);
    window_clear(&p->low);
    p->elapsed_ms = (uint8_t)(p->elapsed_ms - CP_WINDOW_MS);
    if (p->blank > 0u) {
        p->blank--;
        return false;
    }
    return true;
}

/*@ requires \valid(p) && p->diode_good <= 3 && p->diode_bad <= 3;
    assigns p->diode_good, p->diode_bad;
    ensures p->diode_good <= 3 && p->diode_bad <= 3;
    ensures p->diode_good > \old(p->diode_good) ==> p->drive == CP_DRIVE_PWM && -13000 <= p->low_mv <= -10500; */
static void judge_diode(cp_pilot_reader_t *p)
{
    if (p->drive != (uint8_t)CP_DRIVE_PWM) {
        return;
    }
    if (p->low_mv <= CP_LEVEL_NEGATIVE_WEAK_MV && p->low_mv >= CP_LEVEL_NEGATIVE_TOP_MV) {
        p->diode_good = p->diode_good < CP_PILOT_RUN ? (uint8_t)(p->diode_good + 1u) : p->diode_good;
        p->diode_bad = 0;
    } else {
        p->diode_bad = p->diode_bad < CP_PILOT_RUN ? (uint8_t)(p->diode_bad + 1u) : p->diode_bad;
        p->diode_good = 0;
    }
}

/*@ requires \valid(p) && letter <= CP_LETTER_INVALID;
    assigns p->letter, p->strikes, p->run;
    ensures p->letter == letter && p->strikes == 0 && p->run == 0; */
static void believe(cp_pilot_reader_t *p, cp_letter_t letter)
{
    p->letter = (uint8_t)letter;
    p->strikes = 0;
    p->run = 0;
}

void cp_pilot_judge(cp_pilot_reader_t *p)
{
    const cp_letter_t present = (cp_letter_t)p->letter;
    const cp_letter_t seen = cp_pilot_letter(p->high_mv, (cp_drive_t)p->drive, present);

    judge_diode(p);
    if (seen == present) {
        p->strikes = p->strikes > 0u ? (uint8_t)(p->strikes - 1u) : 0u;
        p->run = 0;
        return;
    }
    p->run = (p->run > 0u && p->candidate == (uint8_t)seen) ? (uint8_t)(p->run + 1u) : 1u;
    p->candidate = (uint8_t)seen;
    p->strikes = (uint8_t)(p->strikes + STRIKE);
    if (p->run >= CP_PILOT_RUN) {
        believe(p, seen);
    } else if (p->strikes >= STRIKES_BELIEVED && cp_letter_asks(present) && !cp_letter_asks(seen)) {
        believe(p, seen); /* no longer C or D, whatever else: on to off is fast */
    } else if (p->strikes >= STRIKES_NOISE) {
        believe(p, CP_LETTER_INVALID);
    }
}

/* Letter of the positive level, highest first; a threshold moves away from the present state. */
/*@ assigns \nothing;
    ensures \result != CP_LETTER_UNKNOWN && \result != CP_LETTER_F && \result <= CP_LETTER_INVALID;
    ensures \result == CP_LETTER_C || \result == CP_LETTER_D ==> 1810 - 200 < mv <= 7425 + 200; */
static cp_letter_t positive_letter(int16_t mv, cp_letter_t present)
{
    static const struct {
        int16_t above_mv;
        uint8_t letter;
    } table[] = {
        {CP_LEVEL_TOP_MV, CP_LETTER_INVALID}, {CP_LEVEL_A_B_MV, CP_LETTER_A}, {CP_LEVEL_B_C_MV, CP_LETTER_B},
        {CP_LEVEL_C_D_MV, CP_LETTER_C},       {CP_LEVEL_D_E_MV, CP_LETTER_D}, {CP_LEVEL_BOTTOM_MV, CP_LETTER_E},
    };

    /*@ loop invariant 0 <= i <= 6 && (i >= 3 ==> mv <= 7425 + 200);
        loop assigns i;
        loop variant 6 - i; */
    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        int32_t bias = 0;
        if (table[i].letter == (uint8_t)present) {
            bias = -CP_LEVEL_HYSTERESIS_MV; /* easier to stay than to fall */
        } else if (i + 1u < sizeof table / sizeof table[0] && table[i + 1u].letter == (uint8_t)present) {
            bias = CP_LEVEL_HYSTERESIS_MV; /* harder to rise than to stay */
        }
        if ((int32_t)mv > (int32_t)table[i].above_mv + bias) {
            return (cp_letter_t)table[i].letter;
        }
    }
    return CP_LETTER_INVALID;
}

cp_letter_t cp_pilot_letter(int16_t high_mv, cp_drive_t drive, cp_letter_t present)
{
    if (drive == CP_DRIVE_F) {
        if (high_mv <= CP_LEVEL_NEGATIVE_WEAK_MV && high_mv >= CP_LEVEL_NEGATIVE_TOP_MV) {
            return CP_LETTER_F;
        }
        return high_mv > CP_LEVEL_BOTTOM_MV && high_mv < -CP_LEVEL_BOTTOM_MV ? CP_LETTER_E : CP_LETTER_INVALID;
    }
    return positive_letter(high_mv, present);
}

bool cp_letter_asks(cp_letter_t letter)
{
    return letter == CP_LETTER_C || letter == CP_LETTER_D;
}

bool cp_letter_vehicle(cp_letter_t letter)
{
    return letter == CP_LETTER_B || cp_letter_asks(letter);
}

int16_t cp_pilot_calibrate(int16_t reading_mv, int32_t gain_ppm, int16_t offset_mv)
{
    const int64_t mv = ((int64_t)reading_mv * (1000000 + (int64_t)gain_ppm)) / 1000000 + (int64_t)offset_mv;

    if (mv > INT16_MAX) {
        return INT16_MAX;
    }
    return mv < INT16_MIN ? INT16_MIN : (int16_t)mv;
}
