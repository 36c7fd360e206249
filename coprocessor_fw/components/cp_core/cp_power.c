#include "cp_power.h"

/* A row is a state, a column an input, in the order of cp_power_input_t. Inputs that a state cannot be given
 * (ELAPSED where it has no time, DONE where it waits for nothing) lead to the open contactor all the same. */
static const uint8_t table[CP_POWER_STATES][CP_POWER_INPUTS] = {
    [CP_POWER_OFF] =
        {
            [CP_INPUT_LOCK_OUT] = CP_POWER_LOCKED_OUT,
            [CP_INPUT_TRIP] = CP_POWER_OFF,
            [CP_INPUT_ELAPSED] = CP_POWER_OFF,
            [CP_INPUT_DONE] = CP_POWER_OFF,
            [CP_INPUT_AWAY_DENIED] = CP_POWER_OFF,
            [CP_INPUT_LOAD_DENIED] = CP_POWER_OFF,
            [CP_INPUT_AWAY_PERMITTED] = CP_POWER_OFFERING,
            [CP_INPUT_WAITING] = CP_POWER_OFFERING,
            [CP_INPUT_READY] = CP_POWER_OFFERING,
        },
    [CP_POWER_OFFERING] =
        {
            [CP_INPUT_LOCK_OUT] = CP_POWER_LOCKED_OUT,
            [CP_INPUT_TRIP] = CP_POWER_OFF,
            [CP_INPUT_ELAPSED] = CP_POWER_OFF,
            [CP_INPUT_DONE] = CP_POWER_OFF,
            [CP_INPUT_AWAY_DENIED] = CP_POWER_OFF,
            [CP_INPUT_LOAD_DENIED] = CP_POWER_OFF,
            [CP_INPUT_AWAY_PERMITTED] = CP_POWER_OFFERING,
            [CP_INPUT_WAITING] = CP_POWER_OFFERING,
            [CP_INPUT_READY] = CP_POWER_CLOSING,
        },
    [CP_POWER_CLOSING] =
        {
            [CP_INPUT_LOCK_OUT] = CP_POWER_LOCKED_OUT,
            [CP_INPUT_TRIP] = CP_POWER_OPENING,
            [CP_INPUT_ELAPSED] = CP_POWER_OPENING,
            [CP_INPUT_DONE] = CP_POWER_ENERGISED,
            [CP_INPUT_AWAY_DENIED] = CP_POWER_OPENING,
            [CP_INPUT_LOAD_DENIED] = CP_POWER_WINDING_DOWN,
            [CP_INPUT_AWAY_PERMITTED] = CP_POWER_OPENING,
            [CP_INPUT_WAITING] = CP_POWER_CLOSING,
            [CP_INPUT_READY] = CP_POWER_CLOSING,
        },
    [CP_POWER_ENERGISED] =
        {
            [CP_INPUT_LOCK_OUT] = CP_POWER_LOCKED_OUT,
            [CP_INPUT_TRIP] = CP_POWER_OPENING,
            [CP_INPUT_ELAPSED] = CP_POWER_OPENING,
            [CP_INPUT_DONE] = CP_POWER_OPENING,
            [CP_INPUT_AWAY_DENIED] = CP_POWER_OPENING,
            [CP_INPUT_LOAD_DENIED] = CP_POWER_WINDING_DOWN,
            [CP_INPUT_AWAY_PERMITTED] = CP_POWER_OPENING,
            [CP_INPUT_WAITING] = CP_POWER_ENERGISED,
            [CP_INPUT_READY] = CP_POWER_ENERGISED,
        },
    [CP_POWER_WINDING_DOWN] =
        {
            [CP_INPUT_LOCK_OUT] = CP_POWER_LOCKED_OUT,
            [CP_INPUT_TRIP] = CP_POWER_OPENING,
            [CP_INPUT_ELAPSED] = CP_POWER_OPENING,
            [CP_INPUT_DONE] = CP_POWER_OPENING,
            [CP_INPUT_AWAY_DENIED] = CP_POWER_OPENING,
            [CP_INPUT_LOAD_DENIED] = CP_POWER_WINDING_DOWN,
            [CP_INPUT_AWAY_PERMITTED] = CP_POWER_OPENING,
            [CP_INPUT_WAITING] = CP_POWER_ENERGISED, /* a fresh lease goes on with what never opened */
            [CP_INPUT_READY] = CP_POWER_ENERGISED,
        },
    [CP_POWER_OPENING] =
        {
            [CP_INPUT_LOCK_OUT] = CP_POWER_LOCKED_OUT,
            [CP_INPUT_TRIP] = CP_POWER_OPENING,
            [CP_INPUT_ELAPSED] = CP_POWER_OPENING,
            [CP_INPUT_DONE] = CP_POWER_OFF,
            [CP_INPUT_AWAY_DENIED] = CP_POWER_OPENING,
            [CP_INPUT_LOAD_DENIED] = CP_POWER_OPENING,
            [CP_INPUT_AWAY_PERMITTED] = CP_POWER_OPENING,
            [CP_INPUT_WAITING] = CP_POWER_OPENING,
            [CP_INPUT_READY] = CP_POWER_OPENING,
        },
    [CP_POWER_LOCKED_OUT] =
        {
            [CP_INPUT_LOCK_OUT] = CP_POWER_LOCKED_OUT,
            [CP_INPUT_TRIP] = CP_POWER_OFF,
            [CP_INPUT_ELAPSED] = CP_POWER_OFF,
            [CP_INPUT_DONE] = CP_POWER_OFF,
            [CP_INPUT_AWAY_DENIED] = CP_POWER_OFF,
            [CP_INPUT_LOAD_DENIED] = CP_POWER_OFF,
            [CP_INPUT_AWAY_PERMITTED] = CP_POWER_OFF,
            [CP_INPUT_WAITING] = CP_POWER_OFF,
            [CP_INPUT_READY] = CP_POWER_OFF,
        },
};

cp_power_t cp_power_next(cp_power_t state, cp_power_input_t input)
{
    if ((unsigned)state >= CP_POWER_STATES || (unsigned)input >= CP_POWER_INPUTS) {
        return CP_POWER_OPENING;
    }
    return (cp_power_t)table[state][input];
}

bool cp_power_closes(cp_power_t state)
{
    return state == CP_POWER_CLOSING || state == CP_POWER_ENERGISED || state == CP_POWER_WINDING_DOWN;
}
