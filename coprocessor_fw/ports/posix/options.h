/* Command line of the simulated coprocessor. */

#ifndef CP_POSIX_OPTIONS_H
#define CP_POSIX_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const char *link_path;  /* symlink to the pty */
    const char *plant_path; /* unix socket, or NULL */
    const char *world_path; /* file, or NULL */
    uint8_t evse_count;
    uint32_t seed;
    double speed;
    double idle_exit_s; /* 0: never */
} cp_options_t;

/* Read the command line; false, with the reason on stderr, if it cannot be. */
bool cp_options_read(cp_options_t *options, int argc, char **argv);

#endif
