#include "cp_lamps.h"

#include "cp_messages.h"

#define READY (1u << CP_LED_READY)
#define CHARGING (1u << CP_LED_CHARGING)
#define FAULT (1u << CP_LED_FAULT)

typedef struct {
    uint8_t first; /* lit in the first part of each beat */
    uint8_t rest;  /* lit in the rest of it */
    uint16_t beat_ms;
    uint16_t first_ms;
} pattern_t;

uint8_t cp_lamps(cp_show_t show, uint32_t clock_ms)
{
    static const pattern_t patterns[CP_SHOWS] = {
        [CP_SHOW_LAMP_TEST] = {READY | CHARGING | FAULT, 0, CP_LAMPS_PERIOD_MS, CP_LAMPS_PERIOD_MS},
        [CP_SHOW_LOCKED_OUT] = {FAULT, 0, 250, 125},
        [CP_SHOW_FAULT] = {FAULT, 0, CP_LAMPS_PERIOD_MS, CP_LAMPS_PERIOD_MS},
        [CP_SHOW_NOT_COMMISSIONED] = {READY, FAULT, 1000, 500},
        [CP_SHOW_CHARGING] = {CHARGING, 0, CP_LAMPS_PERIOD_MS, CP_LAMPS_PERIOD_MS},
        [CP_SHOW_OFFERING] = {CHARGING, 0, 1000, 500},
        [CP_SHOW_UNAVAILABLE] = {FAULT, 0, CP_LAMPS_PERIOD_MS, 100},
        [CP_SHOW_WAITING] = {READY, 0, 1000, 500},
        [CP_SHOW_FREE] = {READY, 0, CP_LAMPS_PERIOD_MS, CP_LAMPS_PERIOD_MS},
    };

    if ((unsigned)show >= CP_SHOWS) {
        return FAULT;
    }
    const pattern_t *const pattern = &patterns[show];
    return clock_ms % pattern->beat_ms < pattern->first_ms ? pattern->first : pattern->rest;
}
