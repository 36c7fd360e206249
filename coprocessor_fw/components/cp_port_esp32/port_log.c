#include "port_log.h"

#include "esp_log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* A place is free, being filled, or full; whoever moves it from one to the next owns it meanwhile. */
enum { FREE = 0, FILLING = 1, FULL = 2, TAKING = 3 };

#define PLACES 8u

typedef struct {
    atomic_int state;
    port_log_line_t line;
} place_t;

static place_t places[PLACES];
static atomic_uint logged; /* lines ever logged, and the next place by it */
static unsigned taken;     /* the safety task's alone */

/* "W (123) module: text": the letter tells the level. */
static uint8_t level_of(const char *text)
{
    switch (text[0]) {
    case 'E':
        return (uint8_t)CP_LOG_LEVEL_ERROR;
    case 'W':
        return (uint8_t)CP_LOG_LEVEL_WARNING;
    case 'I':
        return (uint8_t)CP_LOG_LEVEL_INFO;
    default:
        return (uint8_t)CP_LOG_LEVEL_DEBUG;
    }
}

static int on_log(const char *format, va_list arguments)
{
    place_t *const place = &places[atomic_fetch_add(&logged, 1u) % PLACES];
    int expected = FREE;

    if (!atomic_compare_exchange_strong(&place->state, &expected, FILLING)) {
        return 0;
    }
    const int len = vsnprintf(place->line.text, sizeof place->line.text, format, arguments);
    place->line.text[strcspn(place->line.text, "\r\n")] = '\0';
    place->line.level = level_of(place->line.text);
    atomic_store(&place->state, FULL);
    return len;
}

void port_log_open(void)
{
    (void)esp_log_set_vprintf(on_log);
}

bool port_log_take(port_log_line_t *line)
{
    place_t *const place = &places[taken % PLACES];
    int expected = FULL;

    if (!atomic_compare_exchange_strong(&place->state, &expected, TAKING)) {
        return false;
    }
    *line = place->line;
    atomic_store(&place->state, FREE);
    taken++;
    return true;
}
