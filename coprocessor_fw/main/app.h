/* What the tasks share: rings of bytes, and two numbers.
 *
 * The core belongs to the safety task alone. The link task moves bytes between the UART's driver and the rings; each
 * ring has one writer and one reader, so neither task ever waits for the other, nor for a lock that the other holds. */

#ifndef APP_H
#define APP_H

#include "port_ring.h"

#include <stdatomic.h>

typedef struct {
    port_ring_t heard;       /* link -> core */
    port_ring_t said;        /* core -> link */
    port_ring_t plant_heard; /* plant protocol; the emulator's configuration only */
    port_ring_t plant_said;
    atomic_uint overruns;   /* beats of 1 ms that found the safety task still busy */
    atomic_uint longest_us; /* longest that one tick took */
} app_t;

/* Safety task: on the second core where there is one, above everything else that runs there. */
void safety_task_start(app_t *app);

/* Link task: on the first core, below it. */
void link_task_start(app_t *app);

#endif
