/* The ring of events: each is resent until the host has acknowledged it, and nothing ever waits for that.
 *
 * An event that finds the ring full is lost and counted; an events_lost event says so as soon as there is room. */

#ifndef CP_EVENTS_H
#define CP_EVENTS_H

#include "cp_messages.h"

#include <stdbool.h>
#include <stdint.h>

#define CP_EVENTS_MAX 32u

typedef struct {
    cp_msg_event_t ring[CP_EVENTS_MAX];
    uint8_t first;
    uint8_t count;
    uint8_t sent; /* of the oldest ones, since the last turn back */
    uint32_t last_id;
    uint32_t highest_sent;
    uint32_t lost; /* not yet told */
    uint32_t wait_ms;
    uint32_t backoff_ms;
} cp_events_t;

/*@ predicate events_sound(cp_events_t *e) =
      e->first < CP_EVENTS_MAX && e->count <= CP_EVENTS_MAX && e->sent <= e->count; */

/* Start with an empty ring, ids from 1. */
/*@ requires \valid(events);
    assigns *events;
    ensures events_sound(events); */
void cp_events_init(cp_events_t *events);

/* Put an event; its id is given here. False if the ring is full. */
/*@ requires \valid(events) && \valid_read(event) && \separated(events, event) && events_sound(events);
    assigns *events;
    ensures events_sound(events);
    ensures nothing_is_pushed_out: events->first == \old(events->first) && events->count >= \old(events->count); */
bool cp_events_put(cp_events_t *events, const cp_msg_event_t *event);

/* Everything up to and including `id` is safe at the host. An id that was never sent means nothing. */
/*@ requires \valid(events) && events_sound(events);
    assigns *events;
    ensures events_sound(events);
    ensures unsent_means_nothing: id > \old(events->highest_sent) ==> events->count == \old(events->count); */
void cp_events_ack(cp_events_t *events, uint32_t id);

/* A new session: begin again with the oldest. */
/*@ requires \valid(events) && events_sound(events);
    assigns events->sent, events->wait_ms, events->backoff_ms;
    ensures events_sound(events); */
void cp_events_rewind(cp_events_t *events);

/* Let time pass; an acknowledgement that is overdue turns back to the oldest, ever more patiently. */
/*@ requires \valid(events) && events_sound(events);
    assigns events->sent, events->wait_ms, events->backoff_ms;
    ensures events_sound(events); */
void cp_events_pass_time(cp_events_t *events, uint32_t step_ms);

/* The event to send now; false if there is none. */
/*@ requires \valid_read(events) && \valid(event) && \separated(events, event) && events_sound(events);
    assigns *event;
    ensures \result ==> \old(events->sent) < \old(events->count); */
bool cp_events_next(const cp_events_t *events, cp_msg_event_t *event);

/* The event that cp_events_next gave has left; true if it had left before. */
/*@ requires \valid(events) && events_sound(events) && events->sent < events->count;
    assigns events->sent, events->wait_ms, events->highest_sent;
    ensures events_sound(events); */
bool cp_events_sent(cp_events_t *events);

#endif
