/* A host on a bench: speaks the link to a simulated coprocessor, byte by byte as on the wire, and keeps what it hears.
 */

#ifndef CP_HOST_RIG_H
#define CP_HOST_RIG_H

#include "cp_test.h"
#include "sim_inner.h"

#define HOST_EVENTS_MAX 256u

typedef struct {
    cp_sim_t sim;
    cp_decoder_t decoder;
    uint32_t nonce;
    uint16_t session;
    uint8_t seq[CP_KINDS];
    uint64_t clock_us;
    bool deaf; /* hears nothing, acknowledges nothing */
    bool acks; /* acknowledges events as they come */

    cp_msg_hello_t hello;
    unsigned hellos;
    cp_msg_snapshot_t snapshot[CP_EVSE_MAX];
    unsigned snapshots;
    cp_msg_meter_t meter;
    unsigned meters;
    cp_msg_counters_t counters;
    cp_msg_bench_state_t bench;
    cp_msg_reply_t reply;
    uint8_t reply_seq;
    unsigned replies;
    unsigned logs;
    cp_msg_event_t event[HOST_EVENTS_MAX];
    unsigned events; /* frames, repeats included */

    uint16_t lease_da; /* renewed for every EVSE with a plug; 0: none */
    uint8_t lease_phases;
    uint8_t wire[CP_FRAME_WIRE_MAX]; /* last frame sent */
    size_t wire_len;

    cp_decoder_t plant_decoder;
    cp_msg_plant_state_t plant;
    cp_msg_plant_reply_t plant_reply;
} host_t;

/* A new board with so many EVSEs, not yet greeted. */
void host_start(host_t *h, uint8_t evses);

/* Greet with this nonce and hear the answer. */
void host_greet(host_t *h, uint32_t nonce);

/* A board that has been greeted and commissioned: 32 A, three phases, socket with lock, feedback, every guard. */
void host_start_commissioned(host_t *h, uint8_t evses);

/* What host_start_commissioned pushes for an EVSE. */
cp_msg_config_evse_t host_evse_config(uint8_t evse);

/* Let time pass; hears, acknowledges, renews leases. */
void host_run(host_t *h, uint32_t ms);

/* Hear what has come. */
void host_hear(host_t *h);

/* Send a frame of this session with the next number of its kind. */
void host_send(host_t *h, uint8_t kind, uint16_t msg, const uint8_t *payload, size_t len);

/* Send bytes as they are. */
void host_send_raw(host_t *h, const uint8_t *bytes, size_t len);

/* Send a command and return its result; fails if no answer comes. */
cp_result_t host_command(host_t *h, uint16_t msg, const uint8_t *payload, size_t len);

/* Push one set of items; returns the commit's result. */
cp_result_t host_push(host_t *h, cp_config_set_t set, const cp_msg_config_board_t *board,
                      const cp_msg_config_evse_t *evses, size_t evse_count,
                      const cp_msg_config_operational_t *operational, size_t operational_count);

void host_lease(host_t *h, uint8_t evse, uint32_t plug, uint16_t limit_da);

/* Tell the plant; returns the result. */
cp_result_t host_vehicle(host_t *h, uint8_t evse, cp_vehicle_state_t state);
cp_result_t host_fault(host_t *h, uint8_t evse, cp_fault_t fault, bool active);
cp_result_t host_power(host_t *h, cp_plant_power_mode_t mode);
cp_result_t host_button(host_t *h, bool held);
const cp_msg_plant_state_t *host_plant(host_t *h, uint8_t evse);

/* Number of different events with this code, and the last one; NULL if none. */
unsigned host_count(const host_t *h, cp_event_code_t code);
const cp_msg_event_t *host_last(const host_t *h, cp_event_code_t code);

#endif
