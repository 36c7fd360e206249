/* What outlives the device's sleep: in flash (cp_nvm) and in RTC memory (cp_rtc). Plain values; the port stores them.
 */

#ifndef CP_NVM_H
#define CP_NVM_H

#include "cp_config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Survives a power cut; written only while every contactor is open. */
typedef struct {
    uint32_t boot_count;
    uint32_t lockouts[CP_EVSE_MAX]; /* bits of the fault catalogue */
    uint8_t rcm_trips[CP_EVSE_MAX]; /* that count towards the lock-out */
    cp_config_sets_t config;
} cp_nvm_t;

/* Resets with a closed contactor that are remembered. */
#define CP_RESETS_KEPT 3u

#define CP_NVM_SIZE                                                                                                    \
    (4u + 4u + 5u * CP_EVSE_MAX + 1u + 4u * CP_CONFIG_SETS + (1u + CP_MSG_CONFIG_BOARD_SIZE) +                         \
     CP_EVSE_MAX * (2u + CP_MSG_CONFIG_EVSE_SIZE + CP_MSG_CONFIG_OPERATIONAL_SIZE) + 1u +                              \
     CP_PINS_MAX * (1u + CP_MSG_CONFIG_PIN_SIZE) + 4u)

/* Write the image that the port stores. */
size_t cp_nvm_encode(const cp_nvm_t *nvm, uint8_t out[CP_NVM_SIZE]);

/* Read an image; false, with nothing touched, if it is none of ours or damaged. */
bool cp_nvm_decode(cp_nvm_t *nvm, const uint8_t *in, size_t len);

/* Survives every reset but a power cut. Words only, so that it has no gaps. */
typedef struct {
    uint32_t plug[CP_EVSE_MAX];
    uint32_t s0_origin[CP_EVSE_MAX];
    uint32_t s0_pulses[CP_EVSE_MAX];
    uint32_t plugged;                         /* bit per EVSE */
    uint32_t closed;                          /* bit per EVSE: the contactor is closed at this moment */
    uint32_t closed_reset_ms[CP_RESETS_KEPT]; /* ages of the last resets with a closed contactor */
    uint32_t check;
} cp_rtc_t;

/* Close a record, after any change. */
void cp_rtc_seal(cp_rtc_t *rtc);

/* True if the record survived. */
bool cp_rtc_is_whole(const cp_rtc_t *rtc);

#endif
