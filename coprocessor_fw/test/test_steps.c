/* The core decides the same for any step from 1 to 10 ms: the same story, told with each, has the same events at the
 * same times but for a few steps. */

#include "evse_rig.h"

#include <string.h>

typedef struct {
    uint32_t ms;
    char letter;
    int lease_da; /* -1: no more leases; 0 and up: renewed */
    uint32_t ohm;
} scene_t;

/* 2520 ms is a multiple of every step, so that each begins its scenes at the same instants. */
#define BEAT 2520u

static const scene_t story[] = {
    {BEAT, 'B', -1, 220},     {BEAT, 'B', 160, 220},       {3u * BEAT, 'C', 160, 220}, {BEAT, 'C', 100, 220},
    {4u * BEAT, 'C', 0, 220}, {4u * BEAT, 'C', 160, 220},  {BEAT, 'B', 160, 220},      {4u * BEAT, 'C', 320, 680},
    {BEAT, 'E', 320, 680},    {16u * BEAT, 'C', 160, 680}, {BEAT, 'D', 160, 680},      {16u * BEAT, 'C', 160, 680},
    {BEAT, 'X', 160, 680},    {16u * BEAT, 'C', 160, 680}, {BEAT, 'C', 160, 30},       {2u * BEAT, 'A', -1, 30},
};

static void tell(rig_t *r, uint32_t step_ms)
{
    rig_start(r, step_ms);
    r->now_ms = 0;
    r->obedient = true;
    for (unsigned i = 0; i < sizeof story / sizeof story[0]; i++) {
        r->letter = story[i].letter;
        r->in.proximity_ohm = story[i].ohm;
        r->lease_every_ms = story[i].lease_da < 0 ? 0u : 420u;
        r->lease_da = (uint16_t)(story[i].lease_da < 0 ? 0 : story[i].lease_da);
        rig_run(r, story[i].ms);
    }
}

/* Whether an event belongs to the story: pilot_changed is thinned out by time, so its count may differ. */
static bool counts(const cp_note_t *note)
{
    return note->code != (uint8_t)CP_EVENT_CODE_PILOT_CHANGED;
}

static unsigned next(const rig_t *r, unsigned from)
{
    while (from < r->events && !counts(&r->event[from])) {
        from++;
    }
    return from;
}

static void every_step_tells_the_same_story(void)
{
    static rig_t reference;
    static rig_t other;

    tell(&reference, 1);
    CHECK(rig_count(&reference, CP_EVENT_CODE_CONTACTOR_CLOSED) >= 5u);
    CHECK(rig_count(&reference, CP_EVENT_CODE_FAULT_RAISED) >= 4u);
    for (uint32_t step = 2; step <= 10u; step++) {
        unsigned a = 0;
        unsigned b = 0;
        tell(&other, step);
        for (;;) {
            a = next(&reference, a);
            b = next(&other, b);
            if (a >= reference.events || b >= other.events) {
                break;
            }
            CHECK_EQ(other.event[b].code, reference.event[a].code);
            if (reference.event[a].code != (uint8_t)CP_EVENT_CODE_WOUND_DOWN) {
                CHECK_EQ(other.event[b].value, reference.event[a].value);
            }
            CHECK_BETWEEN((int64_t)other.event_ms[b] - (int64_t)reference.event_ms[a], -20, 6 * (int64_t)step + 20);
            a++;
            b++;
        }
        CHECK_EQ(next(&reference, a), reference.events);
        CHECK_EQ(next(&other, b), other.events);
        CHECK_EQ(other.e.cycles, reference.e.cycles);
        CHECK_EQ(other.e.opened_under_load, reference.e.opened_under_load);
    }
}

int main(void)
{
    static const cp_test_t tests[] = {TEST(every_step_tells_the_same_story)};

    return RUN_TESTS(tests);
}
