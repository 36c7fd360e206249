/* Formats of the fixed widths on a machine whose int32_t is a long. */

#ifndef RV32_INTTYPES_H
#define RV32_INTTYPES_H

#include <stdint.h>

#define PRIu32 "lu"
#define PRId32 "ld"
#define PRIx32 "lx"
#define PRIu64 "llu"
#define PRId64 "lld"

#endif
