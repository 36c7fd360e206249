/* Root mean square of an alternating voltage on a bias that the samples themselves tell. Pure arithmetic. */

#ifndef PORT_RMS_H
#define PORT_RMS_H

#include <stdint.h>

typedef struct {
    uint32_t count;
    uint64_t sum;
    uint64_t squares;
} port_rms_t;

void port_rms_add(port_rms_t *rms, uint16_t sample);

/* Mean and deviation from it of what was added; both 0 of nothing. */
uint16_t port_rms_mean(const port_rms_t *rms);
uint16_t port_rms_value(const port_rms_t *rms);

#endif
