/* Whatever the host, the button or the bench test asks for, of any state: it stays a state like any other, and nothing
 * that protects is weakened. */

#include "harness.h"

static void take_lease(cp_evse_t *e)
{
    const cp_evse_t before = *e;
    const cp_msg_lease_t lease = ANY(cp_msg_lease_t);
    const cp_lease_refusal_t refusal = cp_evse_lease(e, &lease);
    const uint32_t broken = cp_evse_broken_by_lease(&before, &lease, refusal, e);

    CLAIM_CLAUSE(broken, CP_S29_LEASE_TAKEN);
    CLAIM_CLAUSE(broken, CP_S30_LEASE_ONLY);
    REACHED_IF(refusal == CP_LEASE_REFUSAL_NONE && e->lease.limit_da > 0u, "lease taken");
    REACHED_IF(refusal == CP_LEASE_REFUSAL_WRONG_PLUG && cp_evse_is_closed(e), "lease refused while charging");
}

static void take_configuration(cp_evse_t *e)
{
    const cp_evse_t before = *e;
    const cp_evse_config_t config = any_config();

    ASSUME(!cp_evse_is_closed(e)); /* its contract, which cp_coprocessor.c keeps */
    cp_evse_configure(e, &config);
    CLAIM_CLAUSE(cp_evse_broken_by_configuration(&before, e), CP_S31_CONFIGURATION);
    REACHED_IF(before.config.commissioned && !e->config.commissioned, "configured");
}

static void obey(cp_evse_t *e)
{
    const cp_evse_t before = *e;
    const uint8_t choice = ANY(uint8_t);
    cp_notes_t notes = {.count = 0};

    switch (choice) {
    case 0:
        (void)cp_evse_set_lock(e, ANY(bool));
        break;
    case 1:
        (void)cp_evse_set_available(e, ANY(bool));
        break;
    case 2:
        (void)cp_evse_clear_fault(e, ANY(uint8_t), &notes);
        break;
    case 3:
        REACHED_IF(cp_evse_wake(e) == CP_RESULT_OK, "woken");
        break;
    case 4:
        REACHED_IF(cp_evse_self_test(e) == CP_RESULT_ACCEPTED, "self-test begun");
        break;
    case 5:
        cp_evse_hold_for_restart(e);
        break;
    case 6:
        cp_evse_clear_lockouts(e, &notes);
        break;
    case 7:
        cp_evse_bench_end(e);
        break;
    default: {
        const uint8_t drive = ANY(uint8_t);
        ASSUME(drive <= (uint8_t)CP_DRIVE_F);
        const cp_result_t result = cp_evse_bench(e, (cp_drive_t)drive, ANY(uint16_t), ANY(uint32_t));
        REACHED_IF(result == CP_RESULT_ACCEPTED, "bench test begun");
        break;
    }
    }
    CLAIM_CLAUSE(cp_evse_broken_by_command(&before, e, choice == 6u), CP_S32_COMMANDS);
    REACHED_IF(cp_faults_bits(&before.faults) != 0u && cp_faults_bits(&e->faults) == 0u, "faults cleared");
}

int main(void)
{
    cp_evse_t e = any_evse();
    const cp_evse_t before = e;

    switch (ANY(uint8_t)) {
    case 0:
        take_lease(&e);
        break;
    case 1:
        take_configuration(&e);
        break;
    default:
        obey(&e);
        break;
    }
    claim_standing(&e);
    CLAIM(cp_evse_is_closed(&e) == cp_evse_is_closed(&before), "closes nothing and opens nothing by itself");
    return 0;
}
