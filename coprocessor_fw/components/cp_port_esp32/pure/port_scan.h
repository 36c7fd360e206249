/* Order in which the converter visits its channels: the pilots again and again, one other channel between two rounds.
 *
 * A pulse of 96 % leaves 40 us of the negative level in each period, so each pilot must be looked at every 25 us or so,
 * whatever else there is to look at. Pure arithmetic, tested on the host. */

#ifndef PORT_SCAN_H
#define PORT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PORT_SCAN_STEPS_MAX 24u
#define PORT_SCAN_CHANNELS_MAX 10u

/* Looks at each pilot in a second: 24.2 us apart. No small multiple of the pilot's 1 kHz, so that the looks wander
 * through the period and none of its parts is seen by chance always or never. */
#define PORT_SCAN_PILOT_HZ 41300u
/* Longest that a pilot may go unseen: just less than the shortest part of its period lasts. */
#define PORT_SCAN_GAP_MAX_NS 38000u

typedef struct {
    uint8_t pilots;
    uint8_t pilot[PORT_SCAN_CHANNELS_MAX];
    uint8_t others;
    uint8_t other[PORT_SCAN_CHANNELS_MAX];
} port_scan_channels_t;

typedef struct {
    uint8_t steps;
    uint8_t channel[PORT_SCAN_STEPS_MAX];
    uint32_t rate_hz; /* of all looks */
} port_scan_t;

/* Plan the scan; false if it has more steps than `steps_max`, or would have to go faster than `rate_max_hz`. */
bool port_scan_plan(port_scan_t *scan, const port_scan_channels_t *channels, size_t steps_max, uint32_t rate_max_hz);

#endif
