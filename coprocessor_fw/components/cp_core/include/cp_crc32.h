/* CRC-32 with the polynomial 0xEDB88320, as zlib's. */

#ifndef CP_CRC32_H
#define CP_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Continue `crc` (0 to begin) over `len` bytes. */
/*@ requires \valid_read(data + (0 .. len - 1));
    assigns \nothing; */
uint32_t cp_crc32(uint32_t crc, const uint8_t *data, size_t len);

#endif
