/* What every harness is made of: any value, an assumption, a claim with its clause, and the guard against emptiness. */

#ifndef CP_HARNESS_H
#define CP_HARNESS_H

#include "cp_invariant.h"

#include <stdbool.h>
#include <stdint.h>

/* Any value of a type: CBMC takes a function of such a name to return anything. */
#define ANY(type) nondet_##type()
uint8_t nondet_uint8_t(void);
int16_t nondet_int16_t(void);
uint16_t nondet_uint16_t(void);
uint32_t nondet_uint32_t(void);
uint64_t nondet_uint64_t(void);
size_t nondet_size_t(void);
bool nondet_bool(void);
cp_evse_t nondet_cp_evse_t(void);
cp_evse_inputs_t nondet_cp_evse_inputs_t(void);
cp_evse_config_t nondet_cp_evse_config_t(void);
cp_evse_past_t nondet_cp_evse_past_t(void);
cp_pilot_reader_t nondet_cp_pilot_reader_t(void);
cp_msg_lease_t nondet_cp_msg_lease_t(void);
cp_msg_config_evse_t nondet_cp_msg_config_evse_t(void);
cp_msg_config_operational_t nondet_cp_msg_config_operational_t(void);

#define ASSUME(condition) __CPROVER_assume(condition)
#define CLAIM(condition, what) __CPROVER_assert(condition, what)

/* A place that must be reached. It is claimed not to be, and the runner demands that the claim fails: an assumption
 * that nothing satisfies, or a proof that never came here, would let it stand. */
#define REACHED(what) __CPROVER_assert(false, "REACHED " what)
#define REACHED_IF(condition, what) __CPROVER_assert(!(condition), "REACHED " what)

/* Claim one clause, so that each has a verdict of its own. */
#define CLAIM_CLAUSE(broken, clause) CLAIM(((broken) & CP_CLAUSE(clause)) == 0u, "clause " #clause)

/* A bool that was made of nothing may be any byte; in a program it is 0 or 1. */
#define IS_BOOL(field) (*(const uint8_t *)&(field) <= 1u)

static inline bool config_bools(const cp_evse_config_t *c)
{
    return IS_BOOL(c->commissioned) && IS_BOOL(c->fixed_cable) && IS_BOOL(c->ventilation) && IS_BOOL(c->lock_fitted) &&
           IS_BOOL(c->feedback_fitted) && IS_BOOL(c->phase_switch) && IS_BOOL(c->earth_fitted) &&
           IS_BOOL(c->stop_fitted) && IS_BOOL(c->lock_feedback);
}

static inline bool evse_bools(const cp_evse_t *e)
{
    bool all = true;

    for (unsigned i = 0; i < CP_FAULT_COUNT; i++) {
        all = all && IS_BOOL(e->faults.entry[i].standing) && IS_BOOL(e->faults.entry[i].cause);
    }
    return all && config_bools(&e->config) && IS_BOOL(e->lease.held) && IS_BOOL(e->closed_noted) &&
           IS_BOOL(e->plugged) && IS_BOOL(e->diode_proved) && IS_BOOL(e->diode_failed) &&
           IS_BOOL(e->wants_ventilation) && IS_BOOL(e->feedback_closed) && IS_BOOL(e->rcm.used) &&
           IS_BOOL(e->rcm.tripped) && IS_BOOL(e->heat.known) && IS_BOOL(e->heat.broken) && IS_BOOL(e->s0.closed) &&
           IS_BOOL(e->lock_started) && IS_BOOL(e->lock_wanted) && IS_BOOL(e->lock_driven) && IS_BOOL(e->lock_jammed) &&
           IS_BOOL(e->available) && IS_BOOL(e->out_of_service) && IS_BOOL(e->restarting) && IS_BOOL(e->self_test_due) &&
           IS_BOOL(e->self_test_passed) && IS_BOOL(e->self_test_failed) && IS_BOOL(e->current_known);
}

static inline cp_evse_inputs_t any_inputs(void)
{
    const cp_evse_inputs_t in = ANY(cp_evse_inputs_t);

    ASSUME(IS_BOOL(in.feedback_closed) && IS_BOOL(in.rcm_closed) && IS_BOOL(in.earth_present) &&
           IS_BOOL(in.stop_closed) && IS_BOOL(in.s0_closed));
    return in;
}

static inline cp_evse_config_t any_config(void)
{
    const cp_evse_config_t config = ANY(cp_evse_config_t);

    ASSUME(config_bools(&config) && cp_evse_config_well_formed(&config));
    return config;
}

/* Any state that there can be between two ticks. */
static inline cp_evse_t any_evse(void)
{
    const cp_evse_t e = ANY(cp_evse_t);

    ASSUME(evse_bools(&e));
    ASSUME(cp_evse_well_formed(&e));
    ASSUME((cp_evse_broken(&e) & ~CP_CLAUSES_OF_TICKS) == 0u);
    return e;
}

/* Claim that a state is one of those, each clause by its name. */
static inline void claim_standing(const cp_evse_t *e)
{
    const uint32_t broken = cp_evse_broken(e);

    CLAIM(cp_evse_well_formed(e), "well formed");
    CLAIM_CLAUSE(broken, CP_S1_VEHICLE);
    CLAIM_CLAUSE(broken, CP_S2_DIODE);
    CLAIM_CLAUSE(broken, CP_S4_NO_FAULT);
    CLAIM_CLAUSE(broken, CP_S5_CABLE);
    CLAIM_CLAUSE(broken, CP_S6_COMMISSIONED);
    CLAIM_CLAUSE(broken, CP_S7_SELF_TEST);
    CLAIM_CLAUSE(broken, CP_S8_VENTILATION);
    CLAIM_CLAUSE(broken, CP_S10_LOCK);
    CLAIM_CLAUSE(broken, CP_S11_GUARDS);
    CLAIM_CLAUSE(broken, CP_S12_DEADLINES);
    CLAIM_CLAUSE(broken, CP_S13_NO_TEST);
    CLAIM_CLAUSE(broken, CP_S15_DIODE_FRESH);
    CLAIM_CLAUSE(broken, CP_S17_LEASE_HELD);
}

#endif
