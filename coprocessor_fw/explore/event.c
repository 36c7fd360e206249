#include "event.h"

#include "cp_invariant.h"
#include "cp_test.h"

#include <string.h>

unsigned event_count(const slice_t *slice)
{
    return slice_ticks(slice) + (unsigned)strlen(slice->commands);
}

bool event_is_tick(const slice_t *slice, unsigned event)
{
    return event < slice_ticks(slice);
}

static result_t run_tick(const slice_t *slice, const cp_evse_t *before, const monitor_t *monitor, unsigned event)
{
    const happening_t h = slice_tick(slice, event);
    const cp_evse_inputs_t in = slice_inputs(before, &h);
    cp_notes_t notes = {.count = 0};
    result_t r = {.evse = *before, .monitor = *monitor};

    cp_evse_tick(&r.evse, 1, &in, &r.out, &notes);
    r.broken = cp_evse_broken(&r.evse) | cp_evse_broken_by_tick(before, 1, &in, &r.evse, &r.out);
    r.opening = monitor_tick(&r.monitor, slice, &h, before, &r.evse);
    r.well_formed = cp_evse_well_formed(&r.evse);
    return r;
}

static result_t run_command(const slice_t *slice, const cp_evse_t *before, const monitor_t *monitor, char command)
{
    result_t r = {.evse = *before, .monitor = *monitor};

    r.broken = slice_command(&r.evse, command, &slice->config);
    r.opening = monitor_command(&r.monitor, command, before, &r.evse);
    r.well_formed = cp_evse_well_formed(&r.evse);
    return r;
}

result_t event_run(const slice_t *slice, const cp_evse_t *before, const monitor_t *monitor, unsigned event)
{
    return event < slice_ticks(slice)
               ? run_tick(slice, before, monitor, event)
               : run_command(slice, before, monitor, slice->commands[event - slice_ticks(slice)]);
}

bool event_is_sound(const result_t *r)
{
    return r->broken == 0u && r->opening == MONITOR_SOUND && r->well_formed;
}

static void say_event(const slice_t *slice, unsigned event)
{
    if (event >= slice_ticks(slice)) {
        (void)printf("         %s\n", slice_command_name(slice->commands[event - slice_ticks(slice)]));
        return;
    }
    const happening_t h = slice_tick(slice, event);
    (void)printf("pilot %c%s%s%s%s%s%s", h.letter, h.diode ? "" : " without a diode",
                 h.feedback_disagrees ? ", feedback disagrees" : "", h.lock_stays ? ", lock stays" : "",
                 h.residual ? ", residual current" : "", h.earth_lost ? ", earth lost" : "",
                 h.stop_pressed ? ", stop pressed" : "");
    if (h.heat != 'r' || h.cable > 0u || slice->currents != NULL) {
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

void event_say(const slice_t *slice, unsigned event, const result_t *r)
{
    say_event(slice, event);
    if (event_is_tick(slice, event)) {
        say_state(r);
    }
    if (!event_is_sound(r)) {
        say_broken(r);
    }
}

node_t event_node(const cp_evse_t *evse, const monitor_t *monitor)
{
    node_t node;

    memset(&node, 0, sizeof node);
    state_pack(evse, node.evse);
    node.monitor = *monitor;
    return node;
}

void event_begin(const slice_t *slice, cp_evse_t *evse)
{
    const cp_evse_past_t past = {.plug = 1};

    cp_evse_init(evse, &past);
    cp_evse_configure(evse, &slice->config);
    state_canonicalise(evse);
}
