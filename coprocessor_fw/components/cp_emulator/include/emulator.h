/* The simulated vehicle and sensors of every EVSE, moved by the plant protocol. In the emulator's configuration only.
 *
 * All of it belongs to the safety task. */

#ifndef EMULATOR_H
#define EMULATOR_H

#include "cp_coprocessor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Start; vehicles that a restart by software left behind are still there. Before emulator_describe. */
void emulator_open(void);

/* Correct the board's description: an emulator's build, whose pins may be any, and the reset that was asked for. */
void emulator_describe(cp_board_t *board);

/* Take bytes of the plant protocol; an input that they bring is in the next emulator_read. */
void emulator_hear(const uint8_t *bytes, size_t len);

/* Drain the answers. */
size_t emulator_say(uint8_t *out, size_t max);

/* Let the vehicles live up to this time under these outputs, and say what the board now reads. */
void emulator_read(uint64_t now_us, const cp_outputs_t *out, cp_inputs_t *in);

/* How far the clock is ahead of the chip's, because it was told to be. */
uint64_t emulator_ahead_us(void);

/* Move it on by one tick if it still has to be; false if not. */
bool emulator_advance(void);

/* Restart, if that was asked for and the answer has had time to leave. */
void emulator_restart_if_due(uint64_t now_us);

#endif
