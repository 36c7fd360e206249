#include "world_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool cp_world_load(cp_world_file_t *world, const char *path, cp_sim_t *sim)
{
    uint8_t bytes[CP_SIM_WORLD_MAX];

    *world = (cp_world_file_t){.path = path};
    if (path == NULL) {
        return true;
    }
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        return true;
    }
    const ssize_t got = fd < 0 ? -1 : read(fd, bytes, sizeof bytes);
    if (fd >= 0) {
        (void)close(fd);
    }
    if (got < 0) {
        (void)fprintf(stderr, "cp-coprocessor: cannot read %s: %s\n", path, strerror(errno));
        return false;
    }
    if (cp_sim_load(sim, bytes, (size_t)got) == 0) {
        (void)fprintf(stderr, "cp-coprocessor: %s: no world for this number of EVSEs; remove it to begin anew\n", path);
        return false;
    }
    return true;
}

static bool write_all(const char *path, const uint8_t *bytes, size_t len)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0) {
        return false;
    }
    const bool good = write(fd, bytes, len) == (ssize_t)len && fsync(fd) == 0;
    return close(fd) == 0 && good;
}

void cp_world_keep(cp_world_file_t *world, cp_sim_t *sim)
{
    uint8_t bytes[CP_SIM_WORLD_MAX];
    char temporary[4096];

    if (world->path == NULL || snprintf(temporary, sizeof temporary, "%s.new", world->path) >= (int)sizeof temporary) {
        return;
    }
    const size_t len = cp_sim_save(sim, bytes, sizeof bytes);
    if (len == world->written_len && memcmp(bytes, world->written, len) == 0) {
        return;
    }
    if (write_all(temporary, bytes, len) && rename(temporary, world->path) == 0) {
        memcpy(world->written, bytes, len);
        world->written_len = len;
    }
}
