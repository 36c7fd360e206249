#include "cp_events.h"

#include "cp_math.h"

/* Events on their way at a time: what one resend may cost on a slow line. */
#define IN_FLIGHT_MAX 8u
#define BACKOFF_FIRST_MS 100u
#define BACKOFF_LAST_MS 1000u

/*@ requires \valid_read(events) && events_sound(events) && offset <= CP_EVENTS_MAX;
    assigns \result \from events, events->first, offset;
    ensures \result == &events->ring[(events->first + offset) % CP_EVENTS_MAX]; */
static const cp_msg_event_t *at(const cp_events_t *events, uint8_t offset)
{
    return &events->ring[(events->first + offset) % CP_EVENTS_MAX];
}

/*@ requires \valid(events) && \valid_read(event) && \separated(events, event);
    requires events_sound(events) && events->count < CP_EVENTS_MAX;
    assigns events->ring[0 .. CP_EVENTS_MAX - 1], events->last_id, events->count;
    ensures events_sound(events) && events->count == \old(events->count) + 1; */
static void append(cp_events_t *events, const cp_msg_event_t *event)
{
    cp_msg_event_t *const slot = &events->ring[(events->first + events->count) % CP_EVENTS_MAX];

    events->last_id++;
    *slot = *event;
    slot->id = events->last_id;
    events->count++;
}

/* Tell what was lost, as the first thing when there is room again. */
/*@ requires \valid(events) && events_sound(events);
    assigns events->ring[0 .. CP_EVENTS_MAX - 1], events->last_id, events->count, events->lost;
    ensures events_sound(events);
    ensures (events->count == \old(events->count) && events->lost == \old(events->lost)) ||
      (events->count == \old(events->count) + 1 && \old(events->lost) > 0 && events->lost == 0); */
static void tell_lost(cp_events_t *events, uint64_t uptime_us)
{
    if (events->lost > 0u && events->count < CP_EVENTS_MAX) {
        cp_msg_event_t event;
        cp_msg_event_default(&event);
        event.uptime_us = uptime_us;
        event.code = (uint8_t)CP_EVENT_CODE_EVENTS_LOST;
        event.value = events->lost;
        append(events, &event);
        events->lost = 0;
    }
}

void cp_events_init(cp_events_t *events)
{
    *events = (cp_events_t){0};
    events->backoff_ms = BACKOFF_FIRST_MS;
}

bool cp_events_put(cp_events_t *events, const cp_msg_event_t *event)
{
    tell_lost(events, event->uptime_us);
    if (events->count >= CP_EVENTS_MAX) {
        events->lost = cp_count_up(events->lost, 1u);
        return false;
    }
    append(events, event);
    return true;
}

void cp_events_ack(cp_events_t *events, uint32_t id)
{
    if (id > events->highest_sent) {
        return;
    }
    /*@ loop invariant events_sound(events);
        loop assigns *events;
        loop variant events->count + (events->lost > 0 ? 1 : 0); */
    while (events->count > 0u && at(events, 0)->id <= id) {
        const uint64_t uptime_us = at(events, 0)->uptime_us;
        events->first = (uint8_t)((events->first + 1u) % CP_EVENTS_MAX);
        events->count--;
        events->sent = events->sent > 0u ? (uint8_t)(events->sent - 1u) : 0u;
        events->backoff_ms = BACKOFF_FIRST_MS;
        events->wait_ms = BACKOFF_FIRST_MS;
        tell_lost(events, uptime_us);
    }
}

void cp_events_rewind(cp_events_t *events)
{
    events->sent = 0;
    events->wait_ms = 0;
    events->backoff_ms = BACKOFF_FIRST_MS;
}

void cp_events_pass_time(cp_events_t *events, uint32_t step_ms)
{
    if (events->sent == 0u) {
        return;
    }
    events->wait_ms = cp_count_down(events->wait_ms, step_ms);
    if (events->wait_ms == 0u) {
        events->sent = 0;
        events->backoff_ms = events->backoff_ms * 2u < BACKOFF_LAST_MS ? events->backoff_ms * 2u : BACKOFF_LAST_MS;
    }
}

bool cp_events_next(const cp_events_t *events, cp_msg_event_t *event)
{
    if (events->sent >= events->count || events->sent >= IN_FLIGHT_MAX) {
        return false;
    }
    const uint32_t oldest = at(events, 0)->id;
    *event = *at(events, events->sent);
    event->oldest = oldest;
    return true;
}

bool cp_events_sent(cp_events_t *events)
{
    const uint32_t id = at(events, events->sent)->id;
    const bool again = id <= events->highest_sent;

    if (events->sent == 0u) {
        events->wait_ms = events->backoff_ms;
    }
    events->sent++;
    events->highest_sent = cp_max_u32(events->highest_sent, id);
    return again;
}
