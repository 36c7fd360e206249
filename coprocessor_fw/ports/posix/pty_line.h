/* A pty that stands for the serial line: its name is a symlink, and it stays open when the host leaves. */

#ifndef CP_POSIX_PTY_LINE_H
#define CP_POSIX_PTY_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int master;
    int slave; /* held open, so that the line survives a host that closes its end */
    const char *path;
    char target[128];
    uint8_t rest[512]; /* taken from the firmware, not yet by the line */
    size_t rest_at;
    size_t rest_len;
    int64_t stuck_since_ms; /* -1: the line takes */
    bool given;             /* the host has something to read */
} cp_pty_line_t;

/* Open the pty and make `path` point to it; false, with the reason on stderr, if that fails. */
bool cp_pty_open(cp_pty_line_t *line, const char *path);

/* Read what the host sent; 0 if nothing. */
size_t cp_pty_read(cp_pty_line_t *line, uint8_t *out, size_t cap);

/* True when more output can be given. */
bool cp_pty_takes(cp_pty_line_t *line, int64_t now_ms);

/* Give output; only when cp_pty_takes said so, at most sizeof rest. */
void cp_pty_give(cp_pty_line_t *line, const uint8_t *bytes, size_t len, int64_t now_ms);

/* True when a host has read what was given: one that is connected but has nothing to say shows itself by this. */
bool cp_pty_was_read(cp_pty_line_t *line);

/* Close, and remove the symlink if it is still ours. */
void cp_pty_close(cp_pty_line_t *line);

#endif
