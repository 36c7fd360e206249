/* Visits every state of a slice, breadth first, by running the core itself: from each state every tick that the slice
 * knows, and every command. In each the clauses of the safety property, and the monitor's bounds. The first that breaks
 * is printed with the shortest way there.
 *
 *   explore SLICE          explore it, print what was found as a line of JSON
 *   explore SLICE --audit TICKS SEED
 *                          see by a random walk that the canonical form of a state decides as the state itself does
 *   explore SLICE --pairs OTHERS SEED
 *                          then also put every state beside so many others: two EVSEs that must not see each other
 *   explore --list         their names, with the word quick or long
 *                                                                                                   */

#include "cp_test.h"
#include "dice.h"
#include "event.h"
#include "pairs.h"

#include <string.h>
#include <time.h>

typedef struct {
    const slice_t *slice;
    unsigned events;
    graph_t graph;
    uint64_t transitions;
    uint64_t paired; /* pairs of states and ticks of two EVSEs */
    uint32_t closed; /* states in which the contactor is */
    uint8_t longest[OPENS_COUNT];
} exploration_t;

/* The way from the start to this node, told again by running it. */
static void say_way(const exploration_t *x, uint32_t node, unsigned last)
{
    uint32_t length = 0;

    for (uint32_t at = node; at != 0u; at = x->graph.step[at].from) {
        length++;
    }
    uint16_t *const way = calloc(length + 1u, sizeof *way);
    CHECK(way != NULL);
    way[length] = (uint16_t)last;
    for (uint32_t at = node, i = length; at != 0u; at = x->graph.step[at].from) {
        way[--i] = x->graph.step[at].by;
    }
    cp_evse_t evse;
    monitor_t monitor = x->graph.node[0].monitor;
    unsigned tick = 0;
    state_unpack(&evse, &x->slice->config, x->graph.node[0].evse);
    for (uint32_t i = 0; i <= length; i++) {
        const result_t r = event_run(x->slice, &evse, &monitor, way[i]);
        if (event_is_tick(x->slice, way[i])) {
            tick++;
            (void)printf("%5u ms ", tick);
        }
        event_say(x->slice, way[i], &r);
        evse = r.evse;
        state_canonicalise(&evse);
        monitor = r.monitor;
    }
    free(way);
}

/* False at the first thing that is not as it must be. */
static bool explore(exploration_t *x)
{
    const monitor_t quiet = {.letter = 0};
    cp_evse_t evse;

    event_begin(x->slice, &evse);
    const node_t first = event_node(&evse, &quiet);
    graph_add(&x->graph, &first, 0, 0);
    for (uint32_t i = 0; i < x->graph.count; i++) {
        const monitor_t monitor = x->graph.node[i].monitor;
        state_unpack(&evse, &x->slice->config, x->graph.node[i].evse);
        x->closed += cp_evse_is_closed(&evse) ? 1u : 0u;
        for (unsigned event = 0; event < x->events; event++) {
            result_t r = event_run(x->slice, &evse, &monitor, event);
            x->transitions++;
            if (!event_is_sound(&r)) {
                say_way(x, i, event);
                return false;
            }
            for (unsigned k = 0; k < OPENS_COUNT; k++) {
                x->longest[k] = r.monitor.for_ms[k] > x->longest[k] ? r.monitor.for_ms[k] : x->longest[k];
            }
            state_canonicalise(&r.evse);
            const node_t next = event_node(&r.evse, &r.monitor);
            graph_add(&x->graph, &next, i, (uint16_t)event);
        }
    }
    return true;
}

static void say_result(const exploration_t *x, double seconds, bool sound)
{
    (void)printf("{\"slice\": \"%s\", \"sound\": %s, \"states\": %" PRIu32 ", \"closed\": %" PRIu32
                 ", \"transitions\": %" PRIu64 ", \"paired\": %" PRIu64
                 ", \"events\": %u, \"seconds\": %.1f, \"opening\": {",
                 x->slice->name, sound ? "true" : "false", x->graph.count, x->closed, x->transitions, x->paired,
                 x->events, seconds);
    for (unsigned i = 0, told = 0; i < OPENS_COUNT; i++) {
        if (x->longest[i] > 0u) {
            (void)printf("%s\"%s\": [%u, %u]", told > 0u ? ", " : "", monitor_name((int)i), x->longest[i],
                         monitor_bound((opens_t)i));
            told++;
        }
    }
    (void)printf("}}\n");
}

/* A sound and quiet tick with a vehicle that asks. */
static unsigned sound_tick(const exploration_t *x)
{
    unsigned tick = 0;

    while (tick + 1u < slice_ticks(x->slice) && slice_tick(x->slice, tick).letter != 'C') {
        tick++;
    }
    return tick;
}

/* Mostly what leads to a charge. */
static unsigned choose(const exploration_t *x, dice_t *dice)
{
    const uint32_t what = dice_roll(dice, 24);

    if (what < 17u) {
        return sound_tick(x);
    }
    return what < 22u ? slice_ticks(x->slice) : dice_roll(dice, x->events);
}

/* The same events on a state and on its canonical form: they must stay of one form, and drive the same. */
static void audit(exploration_t *x, uint64_t ticks, uint32_t seed)
{
    const monitor_t quiet = {.letter = 0};
    cp_evse_t plain;
    cp_evse_t lean;
    dice_t dice;
    uint64_t closed = 0;

    dice_begin(&dice, seed);
    event_begin(x->slice, &lean);
    plain = lean;
    for (uint64_t i = 0; i < ticks; i++) {
        const unsigned event = choose(x, &dice);
        const result_t a = event_run(x->slice, &plain, &quiet, event);
        const result_t b = event_run(x->slice, &lean, &quiet, event);
        cp_evse_t form = a.evse;
        plain = a.evse;
        lean = b.evse;
        state_canonicalise(&form);
        state_canonicalise(&lean);
        const node_t one = event_node(&form, &quiet);
        const node_t other = event_node(&lean, &quiet);
        CHECK(memcmp(&one, &other, sizeof one) == 0);
        CHECK(a.out.contactor_closed == b.out.contactor_closed && a.out.drive == b.out.drive &&
              a.out.pulse_bp == b.out.pulse_bp && a.out.phases == b.out.phases && a.out.lock == b.out.lock &&
              a.out.rcm_test == b.out.rcm_test && a.out.cp_break == b.out.cp_break);
        state_unpack(&lean, &x->slice->config, other.evse);
        closed += a.out.contactor_closed ? 1u : 0u;
    }
    (void)printf("{\"slice\": \"%s\", \"audited\": %" PRIu64 ", \"closed\": %" PRIu64 ", \"seed\": %" PRIu32 "}\n",
                 x->slice->name, ticks, closed, seed);
}

static int list(void)
{
    for (const slice_t *s = slices(); s->name != NULL; s++) {
        (void)printf("%s\t%s\n", s->quick ? "quick" : "long", s->name);
    }
    return 0;
}

int main(int argc, char **argv)
{
    exploration_t x = {.slice = slices()};

    if (argc < 2 || strcmp(argv[1], "--list") == 0) {
        return list();
    }
    while (x.slice->name != NULL && strcmp(x.slice->name, argv[1]) != 0) {
        x.slice++;
    }
    if (x.slice->name == NULL) {
        (void)fprintf(stderr, "no slice '%s'\n", argv[1]);
        return 2;
    }
    x.events = event_count(x.slice);
    if (argc > 4 && strcmp(argv[2], "--audit") == 0) {
        audit(&x, strtoull(argv[3], NULL, 10), (uint32_t)strtoul(argv[4], NULL, 10));
        return 0;
    }
    graph_init(&x.graph);
    const clock_t began = clock();
    const bool sound = explore(&x);
    if (sound && argc > 4 && strcmp(argv[2], "--pairs") == 0) {
        x.paired =
            pairs_try(x.slice, &x.graph, (unsigned)strtoul(argv[3], NULL, 10), (uint32_t)strtoul(argv[4], NULL, 10));
    }
    say_result(&x, (double)(clock() - began) / CLOCKS_PER_SEC, sound);
    graph_free(&x.graph);
    return sound ? 0 : 1;
}
