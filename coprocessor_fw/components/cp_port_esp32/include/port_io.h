/* The board's inputs and outputs as the core knows them. */

#ifndef PORT_IO_H
#define PORT_IO_H

#include "cp_coprocessor.h"

#include <stdbool.h>
#include <stdint.h>

/* Set up all pins of a configuration. False if any part fails: then nothing is read, and nothing is driven. */
bool port_io_open(const cp_config_sets_t *config, const char *chip);

/* Take over what a new configuration says of the analogue inputs, where the pins have stayed the same. */
void port_io_rescale(const cp_config_sets_t *config);

/* Read every input. What is not to be believed reads as its unsafe side: pilot shorted, contacts open, all zeros. */
void port_io_read(uint64_t now_us, cp_inputs_t *in);

/* Drive every output. A contactor that opens does so before anything else moves. */
void port_io_write(const cp_outputs_t *out);

/* Show that the safety task is alive: one edge on the enable line, each tick. */
void port_io_feed(void);

/* Switch everything off and touch no pin any more. */
void port_io_close(void);

#endif
