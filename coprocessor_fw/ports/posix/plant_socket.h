/* The unix socket that takes the plant protocol from several clients at once. */

#ifndef CP_POSIX_PLANT_SOCKET_H
#define CP_POSIX_PLANT_SOCKET_H

#include "cp_sim.h"
#include "plant_port.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define CP_PLANT_CLIENTS_MAX 8u

typedef struct {
    int fd; /* -1: free */
    cp_plant_port_t port;
} cp_plant_client_t;

typedef struct {
    int listener; /* -1: none */
    const char *path;
    cp_plant_client_t client[CP_PLANT_CLIENTS_MAX];
} cp_plant_socket_t;

/* Listen at `path` (NULL: nowhere); false, with the reason on stderr, if that fails. */
bool cp_plant_socket_open(cp_plant_socket_t *socket, const char *path);

/* Add what is to be polled; returns how many, at most 1 + CP_PLANT_CLIENTS_MAX. */
size_t cp_plant_socket_polls(const cp_plant_socket_t *socket, struct pollfd *fds);

/* Take new clients and their commands; true while anybody is connected. */
bool cp_plant_socket_serve(cp_plant_socket_t *socket, cp_sim_t *sim);

/* Close, and remove the socket from the file system. */
void cp_plant_socket_close(cp_plant_socket_t *socket);

#endif
