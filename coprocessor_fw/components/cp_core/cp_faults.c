#include "cp_faults.h"

#include "cp_math.h"

/* What ends the permission, but is no reason to open the contactor under load. An invalid pilot trips
 * too, yet only after its own deadline: the EVSE counts that. */
/*@ assigns \nothing;
    ensures \result <==> fault_gentle(fault); */
static bool is_gentle(cp_fault_t fault)
{
    return fault == CP_FAULT_LOCK || fault == CP_FAULT_OPENED_UNDER_LOAD || fault == CP_FAULT_PILOT_INVALID ||
           fault == CP_FAULT_OVER_TEMPERATURE || fault == CP_FAULT_TEMPERATURE_SENSOR;
}

cp_fault_change_t cp_fault_cause(cp_fault_set_t *set, cp_fault_t fault, bool present)
{
    cp_fault_entry_t *const entry = &set->entry[fault];

    entry->cause = present;
    if (present && !entry->standing) {
        entry->standing = true;
        entry->count = entry->count < UINT16_MAX ? (uint16_t)(entry->count + 1u) : UINT16_MAX;
        entry->age_ms = 0;
        return CP_FAULT_RAISED;
    }
    if (!present && entry->standing && cp_fault_class((uint8_t)fault) == CP_FAULT_CLASS_CLEARABLE) {
        entry->standing = false;
        return CP_FAULT_CLEARED;
    }
    return CP_FAULT_UNCHANGED;
}

void cp_faults_age(cp_fault_set_t *set, uint32_t step_ms)
{
    /*@ loop invariant 0 <= i <= CP_FAULT_COUNT;
        loop assigns i, set->entry[0 .. CP_FAULT_COUNT - 1].age_ms;
        loop variant CP_FAULT_COUNT - i; */
    for (unsigned i = 0; i < CP_FAULT_COUNT; i++) {
        if (set->entry[i].standing) {
            set->entry[i].age_ms = cp_count_up(set->entry[i].age_ms, step_ms);
        }
    }
}

bool cp_fault_stands(const cp_fault_set_t *set, cp_fault_t fault)
{
    return set->entry[fault].standing;
}

bool cp_fault_clear(cp_fault_set_t *set, cp_fault_t fault, bool at_device)
{
    cp_fault_entry_t *const entry = &set->entry[fault];

    if (!entry->standing || entry->cause || (cp_fault_class((uint8_t)fault) == CP_FAULT_CLASS_LOCKOUT && !at_device)) {
        return false;
    }
    entry->standing = false;
    return true;
}

bool cp_faults_trip(const cp_fault_set_t *set)
{
    bool trip = false;

    /*@ loop invariant 0 <= i <= CP_FAULT_COUNT;
        loop invariant trip <==> \exists integer f; 0 <= f < i && fault_stands(set, f) && !fault_gentle(f);
        loop assigns i, trip;
        loop variant CP_FAULT_COUNT - i; */
    for (unsigned i = 0; i < CP_FAULT_COUNT; i++) {
        trip = trip || (set->entry[i].standing && !is_gentle((cp_fault_t)i));
    }
    return trip;
}

bool cp_faults_deny(const cp_fault_set_t *set)
{
    bool deny = false;

    /*@ loop invariant 0 <= i <= CP_FAULT_COUNT;
        loop invariant deny <==> \exists integer f; 0 <= f < i && fault_stands(set, f) && fault_gentle(f);
        loop assigns i, deny;
        loop variant CP_FAULT_COUNT - i; */
    for (unsigned i = 0; i < CP_FAULT_COUNT; i++) {
        deny = deny || (set->entry[i].standing && is_gentle((cp_fault_t)i));
    }
    return deny;
}

bool cp_faults_lock_out(const cp_fault_set_t *set)
{
    bool lock_out = false;

    /*@ loop invariant 0 <= i <= CP_FAULT_COUNT;
        loop invariant lock_out <==> \exists integer f; 0 <= f < i && fault_stands(set, f) && fault_locks_out(f);
        loop assigns i, lock_out;
        loop variant CP_FAULT_COUNT - i; */
    for (unsigned i = 0; i < CP_FAULT_COUNT; i++) {
        lock_out = lock_out || (set->entry[i].standing && cp_fault_class((uint8_t)i) == CP_FAULT_CLASS_LOCKOUT);
    }
    return lock_out;
}

uint32_t cp_faults_bits(const cp_fault_set_t *set)
{
    uint32_t bits = 0;

    /*@ loop invariant 0 <= i <= CP_FAULT_COUNT;
        loop assigns i, bits;
        loop variant CP_FAULT_COUNT - i; */
    for (unsigned i = 0; i < CP_FAULT_COUNT; i++) {
        bits |= set->entry[i].standing ? (uint32_t)1u << i : 0u;
    }
    return bits;
}
