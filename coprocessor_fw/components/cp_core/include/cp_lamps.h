/* What the lamps of an EVSE show: a pure function of what it is at, and of time. */

#ifndef CP_LAMPS_H
#define CP_LAMPS_H

#include <stdint.h>

/* What an EVSE is at, most important first. */
typedef enum {
    CP_SHOW_LAMP_TEST = 0,
    CP_SHOW_LOCKED_OUT = 1,
    CP_SHOW_FAULT = 2,
    CP_SHOW_NOT_COMMISSIONED = 3,
    CP_SHOW_CHARGING = 4,
    CP_SHOW_OFFERING = 5, /* energy is permitted, the vehicle does not take it yet */
    CP_SHOW_UNAVAILABLE = 6,
    CP_SHOW_WAITING = 7, /* plugged in, not permitted */
    CP_SHOW_FREE = 8,
} cp_show_t;

#define CP_SHOWS 9u
/* After this time every pattern repeats. */
#define CP_LAMPS_PERIOD_MS 2000u

/* Lamps that are lit at this moment: bits of cp_led_t. An unknown state shows the fault lamp. */
/*@ assigns \nothing;
    ensures \result <= 7; */
uint8_t cp_lamps(cp_show_t show, uint32_t clock_ms);

#endif
