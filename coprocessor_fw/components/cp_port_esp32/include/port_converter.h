/* ADC1 in continuous mode: a stream of (channel, code), and from code to mV by the chip's own calibration. */

#ifndef PORT_CONVERTER_H
#define PORT_CONVERTER_H

#include "port_lines.h"
#include "port_scan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PORT_CODE_MAX 4095u
/* One DMA frame: two periods of the pilot. */
#define PORT_FRAME_MS 2u

typedef struct {
    uint8_t channel;
    uint16_t code;
} port_sample_t;

/* Channel of a pin, -1 if it has none on ADC1. */
int port_converter_channel(port_line_t line);

/* Start scanning these channels for good. */
bool port_converter_open(const port_scan_channels_t *channels);

/* Take up to `max` samples, in about the order of time, without waiting; returns how many. */
size_t port_converter_take(port_sample_t *samples, size_t max);

/* Voltage at the pin for a code. */
int32_t port_converter_mv(uint16_t code);

/* False if the chip has no calibration burnt in: voltages are then nominal, good to about 6 %. */
bool port_converter_is_calibrated(void);

#endif
