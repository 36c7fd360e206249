/* A bad serial line with a host at its other end: frames are damaged, cut, lost, doubled, delayed, overtaken, glued to
 * noise; the host greets anew at any time, leases, commands, pushes configurations. */

#ifndef CP_SOAK_LINE_H
#define CP_SOAK_LINE_H

#include "cp_coprocessor.h"
#include "dice.h"
#include "witness.h"

#define LINE_SLOTS 16u
#define LINE_EVSES 2u

typedef struct {
    bool used;
    uint64_t due_us;
    uint8_t bytes[CP_FRAME_WIRE_MAX];
    size_t len;
} line_frame_t;

typedef struct {
    cp_coprocessor_t *cp;
    dice_t *dice;
    witness_t *witness; /* one for each EVSE */
    line_frame_t slot[LINE_SLOTS];
    unsigned waiting;
    uint8_t seq[CP_KINDS];
    uint32_t nonce;
    uint64_t clock_us;
    uint16_t limit_da;                   /* of the leases, for a while */
    bool behind;                         /* thinks of the vehicle that was there before, for a while */
    uint64_t heard_clock_us[LINE_EVSES]; /* of the newest lease that arrived in this session */
    uint16_t heard_session;
    cp_decoder_t decoder; /* of what it sends */
    cp_decoder_t tap;     /* of what it is sent */
    uint64_t arrived;     /* frames */
    uint64_t spoiled;
    bool quiet; /* delivers all as it is sent */
} line_t;

/* A fresh line to a coprocessor that just started. */
void line_start(line_t *line, cp_coprocessor_t *cp, dice_t *dice, witness_t *witness);

/* The host does something. */
void line_talk(line_t *line);

/* Bring what is due, and drain what the coprocessor sends; every frame of it must be sound. */
void line_run(line_t *line, uint64_t now_us, uint32_t step_ms);

#endif
