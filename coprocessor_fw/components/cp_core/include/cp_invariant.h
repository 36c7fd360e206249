/* The safety property of one EVSE, stated once; docs/explanation/safety-property.md says the same in prose, with
 * sources.
 *
 * Each clause has a number, and each function here tells by bits which clauses do not hold. Tests, fuzzers, the
 * explorer and the proofs ask nothing else. */

#ifndef CP_INVARIANT_H
#define CP_INVARIANT_H

#include "cp_evse.h"

#include <stdbool.h>
#include <stdint.h>

/* The clauses; clause Sn is bit n - 1. */
typedef enum {
    /* While the contactor's output is closed: */
    CP_S1_VEHICLE = 0,      /* C or D, or a shorted or invalid pilot within its deadline */
    CP_S2_DIODE = 1,        /* proved by the windows just before it closed, and not disproved since */
    CP_S3_AUTHORITY = 2,    /* a lease of this very plug-in permits it, or the wind-down is within its time */
    CP_S4_NO_FAULT = 3,     /* no fault that opens at once, no lock-out */
    CP_S5_CABLE = 4,        /* its rating known where a proximity contact is fitted, or lost within its deadline */
    CP_S6_COMMISSIONED = 5, /* the EVSE is commissioned */
    CP_S7_SELF_TEST = 6,    /* passed, and none runs */
    CP_S8_VENTILATION = 7,  /* state D is served only with it */
    CP_S9_POLES = 8,        /* those that the lease names, or it winds down */
    CP_S10_LOCK = 9,        /* the plug is held where a lock is fitted */
    CP_S11_GUARDS = 10,     /* residual-current monitor and temperature at work; current known, or it winds down */
    CP_S12_DEADLINES = 11,  /* no residual current; earth lost, too much current: within their times */
    CP_S13_NO_TEST = 12,    /* no state F, no broken pilot wire, no test of the monitor */
    /* Closed or open: */
    CP_S14_OFFER = 13,       /* only with permission; never above lease, hardware, cable and temperature */
    CP_S15_DIODE_FRESH = 14, /* no diode is held to be proved without PWM, unless closed on that proof */
    CP_S16_BENCH = 15,       /* the bench test drives the pilot only where no vehicle, lease, offer or contactor is */
    CP_S17_LEASE_HELD = 16,  /* only for the vehicle that is plugged in, its pilot not lost, and at most 30 s */
    /* From one tick to the next: */
    CP_S18_OUTPUTS = 17,     /* the pins say what the state says; the poles never change while closed */
    CP_S19_CLOSING = 18,     /* only from a standing offer, when everything that closing needs has held for its time */
    CP_S20_AT_ONCE = 19,     /* emergency stop and residual current: open in the tick that sees them */
    CP_S21_EARTH = 20,       /* lost earth counts towards its deadline without a break */
    CP_S22_OVERCURRENT = 21, /* and so does too much current */
    CP_S23_PILOT = 22,       /* and a shorted or invalid pilot; only a long sound one stops that */
    CP_S24_LEFT = 23,        /* every window without C or D counts; the last one opens in its tick */
    CP_S25_WIND_DOWN = 24,   /* without permission the energised state is left at once, and its clock runs */
    CP_S26_FEEDBACK = 25,    /* feedback that disagrees and a cable without rating count; feedback opens at its time */
    CP_S27_FAULTS_STAY = 26, /* no latched fault and no lock-out goes by itself */
    CP_S28_LEASE_ENDS = 27,  /* it runs out, ends with the plug-in or the pilot, and no tick makes or raises one */
    /* What the host may do, at any time: */
    CP_S29_LEASE_TAKEN = 28,   /* only for this plug-in, commissioned, not locked out; refused it changes nothing */
    CP_S30_LEASE_ONLY = 29,    /* a lease changes the lease and nothing else */
    CP_S31_CONFIGURATION = 30, /* taken only while open; closes nothing, lifts no fault, no wait, no deadline */
    CP_S32_COMMANDS = 31,      /* close nothing, lift no lock-out, no fault whose cause is there, no deadline */
} cp_clause_t;

#define CP_CLAUSES 32u
#define CP_CLAUSE(clause) ((uint32_t)1u << (unsigned)(clause))

/* Those of S1 to S17 that a lease, a command or a configuration may get ahead of; the next tick makes them true again.
 * The others hold at every moment. */
#define CP_CLAUSES_OF_TICKS                                                                                            \
    (CP_CLAUSE(CP_S3_AUTHORITY) | CP_CLAUSE(CP_S9_POLES) | CP_CLAUSE(CP_S14_OFFER) | CP_CLAUSE(CP_S16_BENCH))

/* Clauses S1 to S17 that do not hold of this state; 0 after every tick. */
uint32_t cp_evse_broken(const cp_evse_t *e);

/* True when all of S1 to S17 hold. */
bool cp_evse_invariant(const cp_evse_t *e);

/* Clauses S18 to S28 that a tick from `before` to `after` did not keep. */
uint32_t cp_evse_broken_by_tick(const cp_evse_t *before, uint32_t step_ms, const cp_evse_inputs_t *in,
                                const cp_evse_t *after, const cp_evse_outputs_t *out);

/* Clauses S29 and S30 that taking or refusing a lease did not keep. */
uint32_t cp_evse_broken_by_lease(const cp_evse_t *before, const cp_msg_lease_t *lease, cp_lease_refusal_t refusal,
                                 const cp_evse_t *after);

/* S31 if taking a configuration did not keep it. */
uint32_t cp_evse_broken_by_configuration(const cp_evse_t *before, const cp_evse_t *after);

/* S32 if a command of the link, or the board's button (`at_device`), did not keep it. */
uint32_t cp_evse_broken_by_command(const cp_evse_t *before, const cp_evse_t *after, bool at_device);

/* True of every state that init, configure, any command and any tick leave behind: each field in its range, and what
 * the clauses above need to follow from one tick to the next. */
bool cp_evse_well_formed(const cp_evse_t *e);

/* The same of the sums in the pilot's windows: between what their least and their greatest sample allow. */
bool cp_pilot_windows_well_formed(const cp_pilot_reader_t *p);

/* True of what the configuration's check accepts, and of what holds before anything is commissioned. */
bool cp_evse_config_well_formed(const cp_evse_config_t *config);

/* "S1 vehicle" and so on; "none" above the last. */
const char *cp_clause_name(unsigned clause);

#endif
