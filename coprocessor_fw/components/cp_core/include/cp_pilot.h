/* Reads the control pilot: levels in, letter of IEC 61851-1 and proof of the diode out. */

#ifndef CP_PILOT_H
#define CP_PILOT_H

#include <stdbool.h>
#include <stdint.h>

/* What our generator puts on the pilot. */
typedef enum {
    CP_DRIVE_STEADY = 0, /* +12 V */
    CP_DRIVE_PWM = 1,
    CP_DRIVE_F = 2, /* -12 V */
} cp_drive_t;

/* What the load makes of it. */
typedef enum {
    CP_LETTER_UNKNOWN = 0,
    CP_LETTER_A = 1,
    CP_LETTER_B = 2,
    CP_LETTER_C = 3,
    CP_LETTER_D = 4,
    CP_LETTER_E = 5,
    CP_LETTER_F = 6,
    CP_LETTER_INVALID = 7,
} cp_letter_t;

/* Samples of one level within one window. */
typedef struct {
    int32_t sum_mv;
    int32_t min_mv;
    int32_t max_mv;
    uint8_t count;
} cp_window_t;

/* The reader of one pilot; all fields are private. */
typedef struct {
    cp_window_t high;
    cp_window_t low;
    uint8_t drive;      /* cp_drive_t under which the window is taken */
    uint8_t elapsed_ms; /* of the present window */
    uint8_t blank;      /* windows still to be ignored */
    uint8_t letter;     /* cp_letter_t that is believed */
    uint8_t candidate;  /* cp_letter_t seen instead */
    uint8_t run;        /* windows in a row that showed it */
    uint8_t strikes;    /* leaky count of windows that disagreed */
    uint8_t diode_good; /* windows in a row with a sound negative half */
    uint8_t diode_bad;  /* windows in a row without */
    int16_t high_mv;    /* of the last window */
    int16_t low_mv;
} cp_pilot_reader_t;

/*@ predicate window_sound(cp_window_t *w, integer elapsed) =
      w->count <= elapsed &&
      (w->count >= 1 ==> INT16_MIN <= w->min_mv <= w->max_mv <= INT16_MAX) &&
      (w->count == 0 ==> w->sum_mv == 0 && w->min_mv == INT32_MAX && w->max_mv == INT32_MIN) &&
      (w->count == 1 ==> w->sum_mv == w->min_mv == w->max_mv) &&
      (w->count >= 2 ==>
        (w->count - 2) * INT16_MIN <= w->sum_mv - w->min_mv - w->max_mv <= (w->count - 2) * INT16_MAX);

    predicate pilot_sound(cp_pilot_reader_t *p) =
      p->elapsed_ms < 10 && window_sound(&p->high, p->elapsed_ms) && window_sound(&p->low, p->elapsed_ms) &&
      p->letter <= CP_LETTER_INVALID && p->run < 3 && p->strikes < 20 && p->diode_good <= 3 && p->diode_bad <= 3; */

/* Start with nothing known. */
/*@ requires \valid(p);
    assigns *p;
    ensures pilot_sound(p); */
void cp_pilot_init(cp_pilot_reader_t *p);

/* Ignore the next `windows` windows. */
/*@ requires \valid(p);
    assigns p->blank;
    ensures p->blank == windows; */
void cp_pilot_blank(cp_pilot_reader_t *p, uint8_t windows);

/* Take the levels of the last `step_ms` (1..10), made under `drive`; true when a window closed. */
/*@ requires \valid(p) && pilot_sound(p) && 1 <= step_ms <= 10;
    assigns *p;
    ensures pilot_sound(p);
    ensures letter_waits: p->letter == \old(p->letter);
    ensures new_drive_forgets_diode: \old(p->drive) != p->drive ==> p->diode_good == 0 && p->diode_bad == 0; */
bool cp_pilot_sample(cp_pilot_reader_t *p, uint32_t step_ms, cp_drive_t drive, int16_t high_mv, int16_t low_mv);

/* Judge the window that just closed and move the believed letter if it is time. */
/*@ requires \valid(p) && pilot_sound(p);
    assigns p->diode_good, p->diode_bad, p->letter, p->strikes, p->run, p->candidate;
    ensures pilot_sound(p);
    ensures diode_only_by_pwm: p->diode_good > \old(p->diode_good) ==>
      p->drive == CP_DRIVE_PWM && -13000 <= p->low_mv <= -10500; */
void cp_pilot_judge(cp_pilot_reader_t *p);

/* Letter of a level, thresholds biased in favour of `present`. */
/*@ assigns \nothing;
    ensures \result != CP_LETTER_UNKNOWN && \result <= CP_LETTER_INVALID;
    ensures f_asks_nothing: drive == CP_DRIVE_F ==>
      \result == CP_LETTER_F || \result == CP_LETTER_E || \result == CP_LETTER_INVALID;
    ensures asks_within_bands: \result == CP_LETTER_C || \result == CP_LETTER_D ==>
      1810 - 200 < high_mv <= 7425 + 200; */
cp_letter_t cp_pilot_letter(int16_t high_mv, cp_drive_t drive, cp_letter_t present);

/* True for C and D, in which the vehicle asks for energy. */
/*@ assigns \nothing;
    ensures \result <==> letter == CP_LETTER_C || letter == CP_LETTER_D; */
bool cp_letter_asks(cp_letter_t letter);

/* True for B, C and D, in which a vehicle is plainly there. */
/*@ assigns \nothing;
    ensures \result <==> letter == CP_LETTER_B || letter == CP_LETTER_C || letter == CP_LETTER_D; */
bool cp_letter_vehicle(cp_letter_t letter);

/* Correct a reading by the board's calibration. */
/*@ assigns \nothing; */
int16_t cp_pilot_calibrate(int16_t reading_mv, int32_t gain_ppm, int16_t offset_mv);

#endif
