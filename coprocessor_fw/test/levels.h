/* What a load makes of the control pilot: levels for the rigs that have no simulated vehicle. */

#ifndef CP_LEVELS_H
#define CP_LEVELS_H

#include "cp_pilot.h"

typedef struct {
    int16_t high_mv;
    int16_t low_mv;
} levels_t;

/* Level of the positive half: A..E, anything else a level that no vehicle makes. */
static inline int16_t levels_positive_mv(char letter)
{
    return letter >= 'A' && letter <= 'E' ? (int16_t)(12000 - 3000 * (letter - 'A')) : 14500;
}

/* Both halves under this drive. Without its diode a load bears the negative half too; a short leaves nothing. */
static inline levels_t levels_of(char letter, bool diode, cp_drive_t drive)
{
    const int16_t load_mv = letter == 'E' ? 0 : levels_positive_mv(letter);
    const int16_t whole_mv = letter == 'E' ? 0 : -12000;
    const int16_t negative_mv = diode || letter == 'A' ? whole_mv : (int16_t)-load_mv;

    return (levels_t){
        .high_mv = drive == CP_DRIVE_F ? negative_mv : load_mv,
        .low_mv = drive == CP_DRIVE_STEADY ? load_mv : negative_mv,
    };
}

#endif
