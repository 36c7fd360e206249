/* The file that keeps the simulated world over restarts of the process. */

#ifndef CP_POSIX_WORLD_FILE_H
#define CP_POSIX_WORLD_FILE_H

#include "cp_sim.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *path; /* NULL: nothing is kept */
    uint8_t written[CP_SIM_WORLD_MAX];
    size_t written_len;
} cp_world_file_t;

/* Load the world if there is one; false, with the reason on stderr, if there is one that cannot be used. */
bool cp_world_load(cp_world_file_t *world, const char *path, cp_sim_t *sim);

/* Write the world if it has changed; the old file stands until the new one is whole. */
void cp_world_keep(cp_world_file_t *world, cp_sim_t *sim);

#endif
