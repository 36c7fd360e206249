/* The whole coprocessor: EVSEs, link, configuration, clock. A port gives it time, inputs and bytes, and does what it
 * says. What the value and extra of each event mean is tabled in protocol/README.md. */

#ifndef CP_COPROCESSOR_H
#define CP_COPROCESSOR_H

#include "cp_bench.h"
#include "cp_config.h"
#include "cp_events.h"
#include "cp_evse.h"
#include "cp_link.h"
#include "cp_nvm.h"
#include "cp_telemetry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the port knows of itself. */
typedef struct {
    uint8_t evse_count; /* 1..CP_EVSE_MAX */
    uint8_t evse_max;   /* a new configuration may name so many, served from the next start on; 0: evse_count */
    uint8_t mac[6];
    uint8_t build; /* bits of cp_build_t */
    uint8_t version[3];
    const char *revision;
    const char *chip;
    uint32_t capabilities; /* bits of cp_capability_t */
    uint32_t nonce;        /* random, never 0 */
    uint8_t reset_reason;  /* cp_reset_reason_t */
    const cp_chip_pins_t *pins; /* what the chip's pins can do; NULL: a simulation without pins */
} cp_board_t;

typedef struct {
    cp_evse_inputs_t evse[CP_EVSE_MAX];
    bool button;
} cp_inputs_t;

typedef struct {
    cp_evse_outputs_t evse[CP_EVSE_MAX];
    uint8_t leds;         /* bits of cp_led_t, for lamps that the EVSEs share */
    bool store;           /* write the image of cp_coprocessor_nvm, then say so */
    bool restart;         /* restart into restart_mode; every contactor is open */
    uint8_t restart_mode; /* cp_reboot_mode_t */
} cp_outputs_t;

/* Host's lease frames of one EVSE, so that an older one never overrules a newer one. */
typedef struct {
    bool heard;
    uint8_t seq;
    uint64_t host_clock_us;
    uint64_t heard_us;
    bool hurry; /* a stop came: show it */
    uint8_t refusal_told;
    uint32_t refusal_plug;
} cp_lease_line_t;

typedef struct {
    cp_board_t board;
    cp_nvm_t nvm;
    cp_rtc_t rtc;
    cp_config_t config;
    cp_evse_t evse[CP_EVSE_MAX];
    cp_link_t link;
    cp_events_t events;
    cp_telemetry_t telemetry[CP_EVSE_MAX];
    cp_lease_line_t leases[CP_EVSE_MAX];
    cp_bench_t bench;
    uint64_t now_us;
    uint64_t ticked_ms;
    uint32_t hello_ms;    /* to the next unsolicited HELLO */
    uint32_t counters_ms; /* to the next counters */
    bool store;
    bool restarting;
    uint8_t restart_mode;
    bool button;
    uint32_t button_ms;       /* held for */
    uint32_t button_other_ms; /* its contact is otherwise for */
    bool button_done;
} cp_coprocessor_t;

/* Boot. `rtc` is NULL or damaged after a power cut, `nvm` empty on a new board. */
void cp_coprocessor_init(cp_coprocessor_t *cp, const cp_board_t *board, const cp_rtc_t *rtc, const uint8_t *nvm,
                         size_t nvm_len);

/* Take bytes from the link at this time since boot. */
void cp_coprocessor_rx(cp_coprocessor_t *cp, uint64_t now_us, const uint8_t *bytes, size_t len);

/* Advance to this time since boot with these inputs, in steps of at most 10 ms. */
void cp_coprocessor_tick(cp_coprocessor_t *cp, uint64_t now_us, const cp_inputs_t *in, cp_outputs_t *out);

/* Drain bytes for the link. */
size_t cp_coprocessor_tx(cp_coprocessor_t *cp, uint8_t *out, size_t max);

/* Image to store when the outputs ask for it. */
size_t cp_coprocessor_nvm(const cp_coprocessor_t *cp, uint8_t out[CP_NVM_SIZE]);

/* The image has been stored. */
void cp_coprocessor_stored(cp_coprocessor_t *cp);

/* The configuration in force. A port sets its pins up by it, anew whenever crc[CP_CONFIG_SET_COMMISSIONED] changes; that
 * happens only while every contactor's output is open. */
const cp_config_sets_t *cp_coprocessor_config(const cp_coprocessor_t *cp);

/* Record to keep in RTC memory after every tick. */
const cp_rtc_t *cp_coprocessor_rtc(const cp_coprocessor_t *cp);

#endif
