/* The core's image in NVS, in two slots, so that one is whole whatever happens while the other is written. */

#ifndef PORT_STORE_H
#define PORT_STORE_H

#include "cp_nvm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Open the flash's store. A store that can't be read is begun anew: the board is then as never commissioned. */
bool port_store_open(void);

/* Read the newer image; 0 if there is none. */
size_t port_store_load(uint8_t out[CP_NVM_SIZE]);

/* Write an image into the older slot. Stalls both cores for up to some tenths of a second: only with every contactor
 * open. */
bool port_store_save(const uint8_t *image, size_t len);

#endif
