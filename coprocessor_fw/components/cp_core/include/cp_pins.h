/* The pins of a commissioned board: what each is for, and whether the chip has such a pin. */

#ifndef CP_PINS_H
#define CP_PINS_H

#include "cp_messages.h"

#include <stdbool.h>
#include <stdint.h>

#define CP_PINS_MAX 40u
#define CP_GPIO_MAX 63u

/* What a chip's pins can do, a bit for each GPIO. The port states it for its chip. */
typedef struct {
    uint64_t input;    /* may be read */
    uint64_t output;   /* may be driven */
    uint64_t analogue; /* has a channel of the converter that the port uses */
    uint64_t pull;     /* has pull resistors */
    uint64_t calm;     /* keeps still through a reset and straps nothing: fit for what moves or energises */
} cp_chip_pins_t;

typedef struct {
    uint8_t count;
    cp_msg_config_pin_t pin[CP_PINS_MAX];
} cp_pins_t;

/* How a role uses its pin. */
typedef enum {
    CP_PIN_INPUT = 0,
    CP_PIN_OUTPUT = 1,
    CP_PIN_ANALOGUE = 2,
} cp_pin_use_t;

cp_pin_use_t cp_pin_use(uint8_t role);

/* The pin of a role at an EVSE (1..n, 0 for the board), NULL if there is none. */
const cp_msg_config_pin_t *cp_pins_find(const cp_pins_t *pins, uint8_t evse, cp_pin_role_t role);

/* Why a pin cannot be, its predecessors given; NULL if it can. `chip` NULL takes any GPIO. */
const char *cp_pins_refusal(const cp_pins_t *pins, uint8_t index, uint8_t evse_count, const cp_chip_pins_t *chip);

/* Name of the first role that an EVSE's hardware needs and that has no pin, NULL if all have. */
const char *cp_pins_missing(const cp_pins_t *pins, const cp_msg_config_evse_t *evse);

#endif
