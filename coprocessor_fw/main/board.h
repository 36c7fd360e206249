/* What this firmware says of itself, and the configuration that it starts with. */

#ifndef BOARD_H
#define BOARD_H

#include "cp_coprocessor.h"

/* The board as the core is told of it; `stored` is the image of the flash, of `len` bytes. */
cp_board_t board_describe(const uint8_t *stored, size_t len);

#endif
