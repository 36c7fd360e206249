/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): accept4 wants this name */
#define _GNU_SOURCE

#include "plant_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

bool cp_plant_socket_open(cp_plant_socket_t *s, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    s->listener = -1;
    s->path = path;
    for (unsigned i = 0; i < CP_PLANT_CLIENTS_MAX; i++) {
        s->client[i].fd = -1;
    }
    if (path == NULL) {
        return true;
    }
    if (strlen(path) >= sizeof address.sun_path) {
        (void)fprintf(stderr, "cp-coprocessor: %s: too long for a socket's path\n", path);
        return false;
    }
    (void)strcpy(address.sun_path, path);
    (void)unlink(path);
    s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->listener < 0 || bind(s->listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(s->listener, (int)CP_PLANT_CLIENTS_MAX) != 0) {
        (void)fprintf(stderr, "cp-coprocessor: cannot listen at %s: %s\n", path, strerror(errno));
        return false;
    }
    return true;
}

size_t cp_plant_socket_polls(const cp_plant_socket_t *s, struct pollfd *fds)
{
    size_t count = 0;

    if (s->listener >= 0) {
        fds[count] = (struct pollfd){.fd = s->listener, .events = POLLIN};
        count++;
    }
    for (unsigned i = 0; i < CP_PLANT_CLIENTS_MAX; i++) {
        if (s->client[i].fd >= 0) {
            fds[count] = (struct pollfd){.fd = s->client[i].fd, .events = POLLIN};
            count++;
        }
    }
    return count;
}

static void take_client(cp_plant_socket_t *s)
{
    const int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0) {
        return;
    }
    for (unsigned i = 0; i < CP_PLANT_CLIENTS_MAX; i++) {
        if (s->client[i].fd < 0) {
            s->client[i].fd = fd;
            cp_plant_port_init(&s->client[i].port);
            return;
        }
    }
    (void)close(fd); /* one too many */
}

static void drop(cp_plant_client_t *client)
{
    (void)close(client->fd);
    client->fd = -1;
}

/* Answer; a client that does not read its answers is dropped. */
static void answer(cp_plant_client_t *client)
{
    uint8_t bytes[CP_PLANT_TX_MAX];
    const size_t len = cp_plant_port_drain(&client->port, bytes, sizeof bytes);

    if (len > 0u && send(client->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)len) {
        drop(client);
    }
}

static void serve_client(cp_plant_client_t *client, cp_sim_t *sim)
{
    uint8_t bytes[512];
    const ssize_t got = recv(client->fd, bytes, sizeof bytes, MSG_DONTWAIT);

    if (got > 0) {
        cp_plant_port_take(&client->port, sim, bytes, (size_t)got);
        answer(client);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        drop(client);
    }
}

bool cp_plant_socket_serve(cp_plant_socket_t *s, cp_sim_t *sim)
{
    bool met = false;

    if (s->listener < 0) {
        return false;
    }
    take_client(s);
    for (unsigned i = 0; i < CP_PLANT_CLIENTS_MAX; i++) {
        if (s->client[i].fd >= 0) {
            serve_client(&s->client[i], sim);
            met = met || s->client[i].fd >= 0;
        }
    }
    return met;
}

void cp_plant_socket_close(cp_plant_socket_t *s)
{
    for (unsigned i = 0; i < CP_PLANT_CLIENTS_MAX; i++) {
        if (s->client[i].fd >= 0) {
            drop(&s->client[i]);
        }
    }
    if (s->listener >= 0) {
        (void)close(s->listener);
        (void)unlink(s->path);
    }
}
