/* The residual-current monitor of one EVSE: its contact, its self-test, its trips. */

#ifndef CP_RCM_H
#define CP_RCM_H

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    CP_RCM_SETTLING = 0,   /* powers up: its contact means nothing yet */
    CP_RCM_DUE = 1,        /* a test is due */
    CP_RCM_TESTING = 2,    /* its test output is driven */
    CP_RCM_RECOVERING = 3, /* it tripped, and shall go back by itself */
    CP_RCM_READY = 4,
} cp_rcm_phase_t;

typedef enum {
    CP_RCM_SAID_NOTHING = 0,
    CP_RCM_PASSED = 1,
    CP_RCM_FAILED = 2,
} cp_rcm_said_t;

/* All fields are private. */
typedef struct {
    uint8_t phase; /* cp_rcm_phase_t */
    uint32_t phase_ms;
    uint32_t took_ms; /* from the test output to the trip, at the last test */
    uint32_t since_test_ms;
    bool used; /* the contactor closed since the last test */
    bool tripped;
    uint8_t trips; /* that count towards the lock-out */
    uint32_t forget_ms;
} cp_rcm_t;

/* What the monitor's EVSE does at this moment. */
typedef struct {
    uint16_t test_ms; /* commissioned; 0: no test output */
    bool tripped;     /* by its contact */
    bool closed;      /* the contactor's output */
    bool plugged;
    bool at_rest; /* contactor proved open, nothing permitted, no failed test stands */
} cp_rcm_sees_t;

/*@ predicate rcm_sound(cp_rcm_t *r) = r->phase <= CP_RCM_READY; */

/* Start from the power-up of the monitor; `trips` is what was counted before. */
/*@ requires \valid(r);
    assigns *r;
    ensures rcm_sound(r) && r->phase == CP_RCM_SETTLING && r->trips == trips; */
void cp_rcm_init(cp_rcm_t *r, uint8_t trips);

/* Let time pass; tells how a self-test ended. */
/*@ requires \valid(r) && \valid_read(sees) && \separated(r, sees) && rcm_sound(r);
    assigns *r;
    ensures rcm_sound(r);
    ensures said: \result == CP_RCM_SAID_NOTHING || \result == CP_RCM_PASSED || \result == CP_RCM_FAILED;
    ensures passed: \result == CP_RCM_PASSED ==> r->phase == CP_RCM_READY;
    ensures failed: \result == CP_RCM_FAILED ==> r->phase == CP_RCM_DUE;
    ensures tests_at_rest: r->phase == CP_RCM_TESTING && \old(r->phase) != CP_RCM_TESTING ==> sees->at_rest;
    ensures guards_after_test: r->phase == CP_RCM_READY && \old(r->phase) != CP_RCM_READY ==>
      \result == CP_RCM_PASSED || sees->test_ms == 0;
    ensures trips_only_forgotten: r->trips <= \old(r->trips); */
cp_rcm_said_t cp_rcm_step(cp_rcm_t *r, uint32_t step_ms, const cp_rcm_sees_t *sees);

/* Ask for a test as soon as the EVSE rests. */
/*@ requires \valid(r);
    assigns r->since_test_ms; */
void cp_rcm_request_test(cp_rcm_t *r);

/* True when a test was asked for, or its time has come, and the EVSE does not rest yet. */
/*@ requires \valid_read(r);
    assigns \nothing; */
bool cp_rcm_test_is_due(const cp_rcm_t *r);

/* True when the test output shall be driven. */
/*@ requires \valid_read(r);
    assigns \nothing;
    ensures \result <==> r->phase == CP_RCM_TESTING; */
bool cp_rcm_tests(const cp_rcm_t *r);

/* True when the monitor guards: powered up and tested. */
/*@ requires \valid_read(r);
    assigns \nothing;
    ensures \result <==> r->phase == CP_RCM_READY; */
bool cp_rcm_guards(const cp_rcm_t *r);

/* True when it tripped, and not for a test. */
/*@ requires \valid_read(r);
    assigns \nothing;
    ensures \result <==> r->tripped && (r->phase == CP_RCM_DUE || r->phase == CP_RCM_READY); */
bool cp_rcm_trips(const cp_rcm_t *r);

/* Count a trip; true if there have been `lockout` or more. */
/*@ requires \valid(r);
    assigns r->trips, r->forget_ms;
    ensures r->trips == \min(UINT8_MAX, \old(r->trips) + 1);
    ensures \result <==> r->trips >= lockout; */
bool cp_rcm_count_trip(cp_rcm_t *r, uint8_t lockout);

#endif
