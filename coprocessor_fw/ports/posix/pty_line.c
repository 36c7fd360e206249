#include "pty_line.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* A UART sends into the void when nobody listens. A pty keeps what nobody reads: after so long it is thrown away. */
#define STUCK_MS 500

static bool fail(const char *what, const char *path)
{
    (void)fprintf(stderr, "cp-coprocessor: %s %s: %s\n", what, path, strerror(errno));
    return false;
}

/* Replace whatever stands at the path in one step, so that a host never finds it missing. */
static bool point_to(const char *path, const char *target)
{
    char temporary[4096];

    if (snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid()) >= (int)sizeof temporary) {
        errno = ENAMETOOLONG;
        return false;
    }
    (void)unlink(temporary);
    if (symlink(target, temporary) != 0) {
        return false;
    }
    if (rename(temporary, path) != 0) {
        const int reason = errno;
        (void)unlink(temporary);
        errno = reason;
        return false;
    }
    return true;
}

static bool make_raw(int fd)
{
    struct termios settings;

    if (tcgetattr(fd, &settings) != 0) {
        return false;
    }
    cfmakeraw(&settings);
    return tcsetattr(fd, TCSANOW, &settings) == 0;
}

bool cp_pty_open(cp_pty_line_t *line, const char *path)
{
    *line = (cp_pty_line_t){.master = -1, .slave = -1, .path = path, .stuck_since_ms = -1};
    line->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (line->master < 0 || grantpt(line->master) != 0 || unlockpt(line->master) != 0) {
        return fail("cannot open a pty for", path);
    }
    const char *const name = ptsname(line->master);
    if (name == NULL || strlen(name) >= sizeof line->target) {
        return fail("cannot name the pty of", path);
    }
    (void)strcpy(line->target, name);
    line->slave = open(line->target, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (line->slave < 0 || !make_raw(line->slave)) {
        return fail("cannot set up", line->target);
    }
    return point_to(path, line->target) || fail("cannot make the link", path);
}

size_t cp_pty_read(cp_pty_line_t *line, uint8_t *out, size_t cap)
{
    const ssize_t got = read(line->master, out, cap);

    return got > 0 ? (size_t)got : 0u;
}

static void push(cp_pty_line_t *line, int64_t now_ms)
{
    while (line->rest_at < line->rest_len) {
        const ssize_t put = write(line->master, &line->rest[line->rest_at], line->rest_len - line->rest_at);
        if (put <= 0) {
            line->stuck_since_ms = line->stuck_since_ms < 0 ? now_ms : line->stuck_since_ms;
            if (now_ms - line->stuck_since_ms >= STUCK_MS) {
                (void)tcflush(line->slave, TCIFLUSH);
                line->stuck_since_ms = -1;
                line->given = false;
            }
            return;
        }
        line->given = true;
        line->rest_at += (size_t)put;
        line->stuck_since_ms = -1;
    }
    line->rest_at = 0;
    line->rest_len = 0;
}

bool cp_pty_takes(cp_pty_line_t *line, int64_t now_ms)
{
    push(line, now_ms);
    return line->rest_len == 0u;
}

void cp_pty_give(cp_pty_line_t *line, const uint8_t *bytes, size_t len, int64_t now_ms)
{
    line->rest_len = len < sizeof line->rest ? len : sizeof line->rest;
    line->rest_at = 0;
    memcpy(line->rest, bytes, line->rest_len);
    push(line, now_ms);
}

bool cp_pty_was_read(cp_pty_line_t *line)
{
    int waiting = 0;

    if (!line->given || ioctl(line->slave, FIONREAD, &waiting) != 0 || waiting > 0) {
        return false;
    }
    line->given = false;
    return true;
}

void cp_pty_close(cp_pty_line_t *line)
{
    char target[sizeof line->target];
    const ssize_t len = readlink(line->path, target, sizeof target - 1u);

    if (len > 0) {
        target[len] = '\0';
        if (strcmp(target, line->target) == 0) {
            (void)unlink(line->path);
        }
    }
    if (line->slave >= 0) {
        (void)close(line->slave);
    }
    if (line->master >= 0) {
        (void)close(line->master);
    }
}
