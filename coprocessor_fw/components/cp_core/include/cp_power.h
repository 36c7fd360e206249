/* The safety machine of one EVSE: a table in which every pair of state and input stands. */

#ifndef CP_POWER_H
#define CP_POWER_H

#include "cp_messages.h"

#include <stdbool.h>

/* What holds at this moment; exactly one is given to the machine at each tick. */
typedef enum {
    CP_INPUT_LOCK_OUT = 0,       /* a fault stands that only the device's button clears */
    CP_INPUT_TRIP = 1,           /* a fault stands that opens at once */
    CP_INPUT_ELAPSED = 2,        /* the state's time is over */
    CP_INPUT_DONE = 3,           /* what the state waits for has come */
    CP_INPUT_AWAY_DENIED = 4,    /* vehicle not in C or D, no permission */
    CP_INPUT_LOAD_DENIED = 5,    /* vehicle may draw, no permission */
    CP_INPUT_AWAY_PERMITTED = 6, /* permission, vehicle not in C or D */
    CP_INPUT_WAITING = 7,        /* permission, vehicle asks, not all holds yet that closing needs */
    CP_INPUT_READY = 8,          /* all holds that closing needs */
} cp_power_input_t;

#define CP_POWER_STATES 7u
#define CP_POWER_INPUTS 9u

/*@ predicate power_closes(integer state) =
      state == CP_POWER_CLOSING || state == CP_POWER_ENERGISED || state == CP_POWER_WINDING_DOWN; */

/* State that follows; anything unknown leads to the open contactor. */
/*@ assigns \nothing;
    ensures known: 0 <= \result < CP_POWER_STATES;
    ensures only_way_to_close:
      !power_closes(state) && power_closes(\result) ==> state == CP_POWER_OFFERING && input == CP_INPUT_READY;
    ensures trip_opens: input == CP_INPUT_TRIP ==> !power_closes(\result);
    ensures time_out_opens: input == CP_INPUT_ELAPSED ==> !power_closes(\result);
    ensures leaving_opens:
      input == CP_INPUT_AWAY_DENIED || input == CP_INPUT_AWAY_PERMITTED ==> !power_closes(\result);
    ensures lock_out_stays: input == CP_INPUT_LOCK_OUT && state < CP_POWER_STATES ==> \result == CP_POWER_LOCKED_OUT;
    ensures denial_winds_down:
      input == CP_INPUT_LOAD_DENIED && power_closes(\result) ==> \result == CP_POWER_WINDING_DOWN;
    ensures opening_finishes: state == CP_POWER_OPENING && input != CP_INPUT_LOCK_OUT && input != CP_INPUT_DONE ==>
      \result == CP_POWER_OPENING;
    ensures unknown_opens: state >= CP_POWER_STATES || input >= CP_POWER_INPUTS ==> \result == CP_POWER_OPENING; */
cp_power_t cp_power_next(cp_power_t state, cp_power_input_t input);

/* True in the states whose output holds the contactor closed. */
/*@ assigns \nothing;
    ensures \result <==> power_closes(state); */
bool cp_power_closes(cp_power_t state);

#endif
