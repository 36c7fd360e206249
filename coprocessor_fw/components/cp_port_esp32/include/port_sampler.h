/* The analogue pins: both levels of every pilot each 2 ms, means and RMS values of the others each 100 ms.
 *
 * The converter runs by itself (continuous mode, ADC1, DMA), and what it brought is sorted into halves. The other way,
 * a single conversion triggered by the PWM, would need an interrupt within the 40 us that 96 % leave of the low level,
 * a comparator's event that LEDC does not have, and a conversion call that no interrupt may make. This way no timing
 * rests on the processor, and both generators look the same. The price is about 82 000 conversions in a second, and
 * that the levels are those of the last 4 ms. */

#ifndef PORT_SAMPLER_H
#define PORT_SAMPLER_H

#include "cp_coprocessor.h"
#include "port_lines.h"

#include <stdbool.h>
#include <stdint.h>

/* Start with the analogue pins of a board; true also if there are none. */
bool port_sampler_open(const port_lines_t *lines);

/* Take over what the converter has brought. Waits for nothing. */
void port_sampler_poll(uint64_t now_us);

/* False when the converter brings nothing any more: then no level is to be believed. */
bool port_sampler_is_alive(uint64_t now_us);

/* The pilot of an EVSE is driven so from now on: what was sampled before says nothing of it. */
void port_sampler_expect(uint8_t evse, cp_drive_t drive);

/* Levels at the pilot's pin; false while none is known. */
bool port_sampler_pilot_mv(uint8_t evse, int32_t *high_mv, int32_t *low_mv);

/* Mean at another analogue pin, and RMS of what alternates there; 0 where none is wired. */
uint16_t port_sampler_mean_mv(port_line_t line);
uint16_t port_sampler_rms_mv(port_line_t line);

#endif
