/* A state of one EVSE as the explorer keeps it: the bytes of cp_evse_t that decide anything, in their least form. */

#ifndef CP_EXPLORE_STATE_H
#define CP_EXPLORE_STATE_H

#include "cp_evse.h"

#define STATE_BYTES 124u

/* Bring every field that two states may differ in without ever deciding differently to one value. */
void state_canonicalise(cp_evse_t *e);

/* Write a canonical state; fails if a value does not fit. */
void state_pack(const cp_evse_t *e, uint8_t out[STATE_BYTES]);

/* Read it back onto an EVSE of the same configuration. */
void state_unpack(cp_evse_t *e, const cp_evse_config_t *config, const uint8_t in[STATE_BYTES]);

#endif
