/* The set of faults of one EVSE: each with its cause, its count and its age.
 *
 * A clearable fault goes with its cause; a latched one stays until it is commanded away; a lock-out stays
 * until the board's button clears it. None goes while its cause is present. */

#ifndef CP_FAULTS_H
#define CP_FAULTS_H

#include "cp_messages.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    bool standing;
    bool cause;      /* present at this moment */
    uint16_t count;  /* times raised since boot */
    uint32_t age_ms; /* since it was raised */
} cp_fault_entry_t;

typedef struct {
    cp_fault_entry_t entry[CP_FAULT_COUNT];
} cp_fault_set_t;

typedef enum {
    CP_FAULT_UNCHANGED = 0,
    CP_FAULT_RAISED = 1,
    CP_FAULT_CLEARED = 2,
} cp_fault_change_t;

/*@ predicate fault_gentle(integer f) =
      f == CP_FAULT_LOCK || f == CP_FAULT_OPENED_UNDER_LOAD || f == CP_FAULT_PILOT_INVALID ||
      f == CP_FAULT_OVER_TEMPERATURE || f == CP_FAULT_TEMPERATURE_SENSOR;

    predicate fault_stands(cp_fault_set_t *s, integer f) = s->entry[f].standing != 0; */

/* Say whether the cause of a fault is present; tells what that changed. */
/*@ requires \valid(set) && fault < CP_FAULT_COUNT;
    assigns set->entry[fault];
    ensures present ==> fault_stands(set, fault);
    ensures latches: \old(fault_stands(set, fault)) && !fault_clearable(fault) ==> fault_stands(set, fault);
    ensures raised: \result == CP_FAULT_RAISED <==> !\old(fault_stands(set, fault)) && fault_stands(set, fault);
    ensures cleared: \result == CP_FAULT_CLEARED <==> \old(fault_stands(set, fault)) && !fault_stands(set, fault); */
cp_fault_change_t cp_fault_cause(cp_fault_set_t *set, cp_fault_t fault, bool present);

/* Let time pass. */
/*@ requires \valid(set);
    assigns set->entry[0 .. CP_FAULT_COUNT - 1].age_ms; */
void cp_faults_age(cp_fault_set_t *set, uint32_t step_ms);

/*@ requires \valid_read(set) && fault < CP_FAULT_COUNT;
    assigns \nothing;
    ensures \result <==> fault_stands(set, fault); */
bool cp_fault_stands(const cp_fault_set_t *set, cp_fault_t fault);

/* Take away a latched fault, or with `at_device` a lock-out; false if it does not stand, its cause is present, or its
 * class does not allow it. */
/*@ requires \valid(set) && fault < CP_FAULT_COUNT;
    assigns set->entry[fault].standing;
    ensures \result <==> \old(fault_stands(set, fault)) && !fault_stands(set, fault);
    ensures caused_stays: \old(fault_stands(set, fault)) && set->entry[fault].cause ==> fault_stands(set, fault);
    ensures lock_out_stays: \old(fault_stands(set, fault)) && fault_locks_out(fault) && !at_device ==>
      fault_stands(set, fault); */
bool cp_fault_clear(cp_fault_set_t *set, cp_fault_t fault, bool at_device);

/* True when a fault stands that opens the contactor at once. */
/*@ requires \valid_read(set);
    assigns \nothing;
    ensures \result <==> \exists integer f; 0 <= f < CP_FAULT_COUNT && fault_stands(set, f) && !fault_gentle(f); */
bool cp_faults_trip(const cp_fault_set_t *set);

/* True when a fault stands that ends the permission, and lets the vehicle stop first. */
/*@ requires \valid_read(set);
    assigns \nothing;
    ensures \result <==> \exists integer f; 0 <= f < CP_FAULT_COUNT && fault_stands(set, f) && fault_gentle(f); */
bool cp_faults_deny(const cp_fault_set_t *set);

/* True when a fault stands that only the device's button clears. */
/*@ requires \valid_read(set);
    assigns \nothing;
    ensures \result <==> \exists integer f; 0 <= f < CP_FAULT_COUNT && fault_stands(set, f) && fault_locks_out(f); */
bool cp_faults_lock_out(const cp_fault_set_t *set);

/* Standing faults as bits of the catalogue. */
/*@ requires \valid_read(set);
    assigns \nothing; */
uint32_t cp_faults_bits(const cp_fault_set_t *set);

#endif
