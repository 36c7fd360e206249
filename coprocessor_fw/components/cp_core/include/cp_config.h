/* The two configuration sets: staged as a list of messages, validated as a whole, applied when nothing charges. */

#ifndef CP_CONFIG_H
#define CP_CONFIG_H

#include "cp_evse.h"
#include "cp_messages.h"
#include "cp_pins.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CP_EVSE_MAX 4u
#define CP_CONFIG_SETS 2u

/* Both sets by value. */
typedef struct {
    bool commissioned;
    uint32_t crc[CP_CONFIG_SETS]; /* by cp_config_set_t */
    cp_msg_config_board_t board;
    cp_msg_config_evse_t evse[CP_EVSE_MAX];
    cp_msg_config_operational_t operational[CP_EVSE_MAX];
    cp_pins_t pins;
} cp_config_sets_t;

/* A set on its way; all fields are private. */
typedef struct {
    cp_config_sets_t active;
    cp_config_sets_t next; /* validated, waits until idle */
    bool waits[CP_CONFIG_SETS];
    cp_config_sets_t stage; /* being pushed */
    bool open;
    uint8_t set;
    uint32_t crc;
    bool board_seen;
    bool evse_seen[CP_EVSE_MAX];
} cp_config_t;

/* What the board is, against which a set is validated. */
typedef struct {
    uint8_t evse_count;
    uint32_t capabilities;      /* bits of cp_capability_t */
    const char *chip;           /* as HELLO tells it */
    const cp_chip_pins_t *pins; /* NULL: a simulation, which needs no pins and takes any */
} cp_config_board_t;

/* What a commit led to. */
typedef struct {
    cp_result_t result;
    const char *text;    /* for the reply */
    const char *refused; /* name of the offending field, or NULL */
    uint8_t evse;        /* whose field, 0 for the board */
    int16_t gpio;        /* of the pin that it is about, -1 if none */
} cp_config_outcome_t;

/* Start with nothing commissioned and everything operational at its default. */
void cp_config_init(cp_config_t *config);

/* Start with what was stored. */
void cp_config_restore(cp_config_t *config, const cp_config_sets_t *stored);

cp_result_t cp_config_begin(cp_config_t *config, const cp_msg_config_begin_t *begin);

/* Take an item (ConfigBoard, ConfigEvse, ConfigPin, ConfigOperational) with its payload as pushed. */
cp_result_t cp_config_item(cp_config_t *config, uint16_t msg, const uint8_t *payload, size_t len);

/* Close the set and validate it; `present` says that the button is held. A commissioned set with the active one's CRC
 * is accepted, but its bytes are not taken. */
cp_config_outcome_t cp_config_commit(cp_config_t *config, const cp_msg_config_commit_t *commit,
                                     const cp_config_board_t *board, bool present);

/* True while a validated set waits. */
bool cp_config_waits(const cp_config_t *config, cp_config_set_t set);

/* Make a waiting set the active one. */
void cp_config_apply(cp_config_t *config, cp_config_set_t set);

/* What the active sets mean for an EVSE (index from 0). */
cp_evse_config_t cp_config_for_evse(const cp_config_t *config, uint8_t index);

#endif
