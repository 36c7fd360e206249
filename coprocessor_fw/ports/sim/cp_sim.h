/* The simulated coprocessor: the firmware's own core with simulated vehicles, all in one struct of the caller's.
 *
 * The functions named cp_sim_* here are what the shared library offers (by ctypes, hence the plain void pointers).
 * Nothing is global: any number of simulations run side by side, each from one thread at a time. */

#ifndef CP_SIM_H
#define CP_SIM_H

#include <stddef.h>
#include <stdint.h>

typedef struct cp_sim cp_sim_t;

/* Bytes that a simulation needs, aligned as malloc does. */
size_t cp_sim_size(void);

/* Start: a new board, never commissioned, nothing plugged in. `seed` feeds every nonce. */
void cp_sim_init(void *sim, uint8_t evse_count, const uint8_t mac[6], uint32_t seed);

/* Let simulated time pass; the core ticks each 10 ms, on a grid of its own, so that the result does not depend on how
 * the time is cut into steps. */
void cp_sim_step(void *sim, uint32_t dt_us);

/* The link's two directions. A read takes at most `cap` bytes and returns how many. */
size_t cp_sim_link_write(void *sim, const uint8_t *bytes, size_t len);
size_t cp_sim_link_read(void *sim, uint8_t *out, size_t cap);

/* The plant protocol's two directions. */
size_t cp_sim_plant_write(void *sim, const uint8_t *bytes, size_t len);
size_t cp_sim_plant_read(void *sim, uint8_t *out, size_t cap);

/* The world that outlives the process: flash, vehicles, broken parts. Returns the bytes written, 0 if `cap` is too
 * small; CP_SIM_WORLD_MAX always suffices. */
#define CP_SIM_WORLD_MAX 2048u
size_t cp_sim_save(void *sim, uint8_t *out, size_t cap);

/* Take a saved world into a simulation that was just initialised, and boot in it as after a power cut. Returns 1, or 0
 * with nothing changed if the bytes are no world for this number of EVSEs. */
int cp_sim_load(void *sim, const uint8_t *in, size_t len);

/* The highest current that all vehicles together have drawn on one phase at any tick since the last call. */
uint32_t cp_sim_peak_ma(void *sim);

/* Count of writes to the simulated flash, for whoever keeps the world. */
uint32_t cp_sim_store_count(const void *sim);

#endif
