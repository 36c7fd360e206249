/* The inside of a simulation, for the plant protocol and the saved world. */

#ifndef CP_SIM_INNER_H
#define CP_SIM_INNER_H

#include "cp_coprocessor.h"
#include "cp_sim.h"
#include "plant.h"
#include "plant_port.h"

struct cp_sim {
    cp_coprocessor_t cp;
    cp_outputs_t out;
    cp_plant_t plant[CP_EVSE_MAX];
    cp_plant_port_t port;
    uint8_t evse_count;
    uint8_t mac[6];
    bool button;
    uint32_t random;
    uint64_t now_us;   /* since boot */
    uint32_t ahead_us; /* run before it was asked for; taken off the next step */
    uint8_t nvm[CP_NVM_SIZE];
    size_t nvm_len;
    uint32_t store_count;
    uint32_t peak_ma; /* of all vehicles together, since it was asked for */
    cp_rtc_t rtc;
};

/* Restart the chip. */
void sim_restart(cp_sim_t *sim, cp_reset_reason_t reason);

/* Run one tick ahead of time, so that an input has passed through the core. */
void sim_apply(cp_sim_t *sim);

#endif
