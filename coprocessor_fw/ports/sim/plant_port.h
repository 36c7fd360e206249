/* The plant protocol: one client that moves the simulated vehicle, the supply and the clock. Framing as on the link,
 * session 0, no HELLO; the reply's sequence number is the command's. */

#ifndef CP_SIM_PLANT_PORT_H
#define CP_SIM_PLANT_PORT_H

#include "cp_frame.h"
#include "cp_sim.h"

#include <stddef.h>
#include <stdint.h>

#define CP_PLANT_TX_MAX 2048u

typedef struct {
    cp_decoder_t decoder;
    uint8_t tx[CP_PLANT_TX_MAX];
    size_t tx_count;
} cp_plant_port_t;

void cp_plant_port_init(cp_plant_port_t *port);

/* Take a client's bytes and carry out what they ask; replies wait in `port`. A client that reads nothing loses them. */
void cp_plant_port_take(cp_plant_port_t *port, cp_sim_t *sim, const uint8_t *bytes, size_t len);

/* Drain replies. */
size_t cp_plant_port_drain(cp_plant_port_t *port, uint8_t *out, size_t max);

#endif
