/* Visits every state of a slice, breadth first, by running the core itself: from each state every tick that the slice
 * knows, and every command. In each the clauses of the safety property, and the monitor's bounds. The first that breaks
 * is printed with the shortest way there.
 *
 *   explore SLICE          explore it, print what was found as a line of JSON
 *   explore SLICE --audit TICKS SEED
 *                          see by a random walk that the canonical form of a state decides as the state itself does
 *   explore --list         their names, with the word quick or long
 *                                                                                                   */

#include "cp_invariant.h"
#include "cp_test.h"
#include "dice.h"
#include "graph.h"

#include <string.h>
#include <time.h>

typedef struct {
    const slice_t *slice;
    unsigned ticks;
    unsigned events; /* ticks and commands */
    graph_t graph;
    uint64_t transitions;
    uint32_t closed; /* states in which the contactor is */
    uint8_t longest[OPENS_COUNT];
} exploration_t;

/* What one event makes of a state. */
typedef struct {
    cp_evse_t evse;
    monitor_t monitor;
    uint32_t broken; /* clauses */
    int opening;     /* what the monitor says */
    bool well_formed;
    cp_evse_outputs_t out;
} result_t;

static result_t run_tick(const exploration_t *x, const cp_evse_t *before, const monitor_t *monitor, unsigned event)
{
    const happening_t h = slice_tick(x->slice, event);
    const cp_evse_inputs_t in = slice_inputs(before, &h);
    cp_notes_t notes = {.count = 0};
    result_t r = {.evse = *before, .monitor = *monitor};

    cp_evse_tick(&r.evse, 1, &in, &r.out, &notes);
    r.broken = cp_evse_broken(&r.evse) | cp_evse_broken_by_tick(before, 1, &in, &r.evse, &r.out);
    r.opening = monitor_tick(&r.monitor, x->slice, &h, before, &r.evse);
    r.well_formed = cp_evse_well_formed(&r.evse);
    return r;
}

static result_t run_command(const exploration_t *x, const cp_evse_t *before, const monitor_t *monitor, char command)
{
    result_t r = {.evse = *before, .monitor = *monitor};

    r.broken = slice_command(&r.evse, command, &x->slice->config);
    r.opening = monitor_command(&r.monitor, command, before, &r.evse);
    r.well_formed = cp_evse_well_formed(&r.evse);
    return r;
}

static result_t run(const exploration_t *x, const cp_evse_t *before, const monitor_t *monitor, unsigned event)
{
    return event < x->ticks ? run_tick(x, before, monitor, event)
                            : run_command(x, before, monitor, x->slice->commands[event - x->ticks]);
}

static bool is_sound(const result_t *r)
{
    return r->broken == 0u && r->opening == MONITOR_SOUND && r->well_formed;
}

static void say_event(const exploration_t *x, unsigned event)
{
    if (event >= x->ticks) {
        (void)printf("         %s\n", slice_command_name(x->slice->commands[event - x->ticks]));
        return;
    }
    const happening_t h = slice_tick(x->slice, event);
    (void)printf("pilot %c%s%s%s%s%s%s", h.letter, h.diode ? "" : " without a diode",
                 h.feedback_disagrees ? ", feedback disagrees" : "", h.lock_stays ? ", lock stays" : "",
                 h.residual ? ", residual current" : "", h.earth_lost ? ", earth lost" : "",
                 h.stop_pressed ? ", stop pressed" : "");
    if (h.heat != 'r' || h.cable > 0u || x->slice->currents != NULL) {
        (void)printf(", cable %u, heat %c, current %c", h.cable, h.heat, h.current);
    }
}

static void say_state(const result_t *r)
{
    static const char *const powers[CP_POWER_STATES] = {"off",          "offering", "closing",   "energised",
                                                        "winding down", "opening",  "locked out"};

    (void)printf(" -> %s, letter %c, offer %u dA, faults %05X%s\n", powers[r->evse.power],
                 "?ABCDEFX"[r->evse.pilot.letter], r->evse.offer_da, cp_faults_bits(&r->evse.faults),
                 cp_evse_is_closed(&r->evse) ? ", CLOSED" : "");
}

static void say_broken(const result_t *r)
{
    for (unsigned i = 0; i < CP_CLAUSES; i++) {
        if ((r->broken >> i & 1u) != 0u) {
            (void)printf("broken: %s\n", cp_clause_name(i));
        }
    }
    if (r->opening != MONITOR_SOUND) {
        (void)printf("broken: %s%s\n", r->opening >= 0 ? "opening in time: " : "", monitor_name(r->opening));
    }
    if (!r->well_formed) {
        (void)printf("broken: the state is not well formed\n");
    }
}

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
        const result_t r = run(x, &evse, &monitor, way[i]);
        if (way[i] < x->ticks) {
            tick++;
            (void)printf("%5u ms ", tick);
        }
        say_event(x, way[i]);
        if (way[i] < x->ticks) {
            say_state(&r);
        }
        if (!is_sound(&r)) {
            say_broken(&r);
        }
        evse = r.evse;
        state_canonicalise(&evse);
        monitor = r.monitor;
    }
    free(way);
}

static node_t node_of(const cp_evse_t *evse, const monitor_t *monitor)
{
    node_t node;

    memset(&node, 0, sizeof node);
    state_pack(evse, node.evse);
    node.monitor = *monitor;
    return node;
}

static void begin(const exploration_t *x, cp_evse_t *evse)
{
    const cp_evse_past_t past = {.plug = 1};

    cp_evse_init(evse, &past);
    cp_evse_configure(evse, &x->slice->config);
    state_canonicalise(evse);
}

/* False at the first thing that is not as it must be. */
static bool explore(exploration_t *x)
{
    const monitor_t quiet = {.letter = 0};
    cp_evse_t evse;

    begin(x, &evse);
    const node_t first = node_of(&evse, &quiet);
    graph_add(&x->graph, &first, 0, 0);
    for (uint32_t i = 0; i < x->graph.count; i++) {
        const monitor_t monitor = x->graph.node[i].monitor;
        state_unpack(&evse, &x->slice->config, x->graph.node[i].evse);
        x->closed += cp_evse_is_closed(&evse) ? 1u : 0u;
        for (unsigned event = 0; event < x->events; event++) {
            result_t r = run(x, &evse, &monitor, event);
            x->transitions++;
            if (!is_sound(&r)) {
                say_way(x, i, event);
                return false;
            }
            for (unsigned k = 0; k < OPENS_COUNT; k++) {
                x->longest[k] = r.monitor.for_ms[k] > x->longest[k] ? r.monitor.for_ms[k] : x->longest[k];
            }
            state_canonicalise(&r.evse);
            const node_t next = node_of(&r.evse, &r.monitor);
            graph_add(&x->graph, &next, i, (uint16_t)event);
        }
    }
    return true;
}

static void say_result(const exploration_t *x, double seconds, bool sound)
{
    (void)printf("{\"slice\": \"%s\", \"sound\": %s, \"states\": %" PRIu32 ", \"closed\": %" PRIu32
                 ", \"transitions\": %" PRIu64 ", \"events\": %u, \"seconds\": %.1f, \"opening\": {",
                 x->slice->name, sound ? "true" : "false", x->graph.count, x->closed, x->transitions, x->events,
                 seconds);
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

    while (tick + 1u < x->ticks && slice_tick(x->slice, tick).letter != 'C') {
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
    return what < 22u ? x->ticks : dice_roll(dice, x->events);
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
    begin(x, &lean);
    plain = lean;
    for (uint64_t i = 0; i < ticks; i++) {
        const unsigned event = choose(x, &dice);
        const result_t a = run(x, &plain, &quiet, event);
        const result_t b = run(x, &lean, &quiet, event);
        cp_evse_t form = a.evse;
        plain = a.evse;
        lean = b.evse;
        state_canonicalise(&form);
        state_canonicalise(&lean);
        const node_t one = node_of(&form, &quiet);
        const node_t other = node_of(&lean, &quiet);
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
    x.ticks = slice_ticks(x.slice);
    x.events = x.ticks + (unsigned)strlen(x.slice->commands);
    if (argc > 4 && strcmp(argv[2], "--audit") == 0) {
        audit(&x, strtoull(argv[3], NULL, 10), (uint32_t)strtoul(argv[4], NULL, 10));
        return 0;
    }
    graph_init(&x.graph);
    const clock_t began = clock();
    const bool sound = explore(&x);
    say_result(&x, (double)(clock() - began) / CLOCKS_PER_SEC, sound);
    graph_free(&x.graph);
    return sound ? 0 : 1;
}
