/* One tick, from any state there can be, with any input, any step and any configuration: afterwards the state is well
 * formed again, and every clause of the safety property holds. */

#include "harness.h"

#include "cp_timing.h"

int main(void)
{
    cp_evse_t e = any_evse();
    const cp_evse_t before = e;
    const cp_evse_inputs_t in = any_inputs();
    const uint32_t step_ms = ANY(uint32_t);
    cp_evse_outputs_t out;
    cp_notes_t notes = {.count = 0};

    ASSUME(step_ms >= 1u && step_ms <= CP_STEP_MAX_MS);
    REACHED_IF(cp_evse_is_closed(&before), "closed before the tick");
    cp_evse_tick(&e, step_ms, &in, &out, &notes);

    const uint32_t broken = cp_evse_broken(&e);
    const uint32_t by_tick = cp_evse_broken_by_tick(&before, step_ms, &in, &e, &out);
    claim_standing(&e);
    CLAIM_CLAUSE(broken, CP_S3_AUTHORITY);
    CLAIM_CLAUSE(broken, CP_S9_POLES);
    CLAIM_CLAUSE(broken, CP_S14_OFFER);
    CLAIM_CLAUSE(broken, CP_S16_BENCH);
    CLAIM_CLAUSE(by_tick, CP_S18_OUTPUTS);
    CLAIM_CLAUSE(by_tick, CP_S19_CLOSING);
    CLAIM_CLAUSE(by_tick, CP_S20_AT_ONCE);
    CLAIM_CLAUSE(by_tick, CP_S21_EARTH);
    CLAIM_CLAUSE(by_tick, CP_S22_OVERCURRENT);
    CLAIM_CLAUSE(by_tick, CP_S23_PILOT);
    CLAIM_CLAUSE(by_tick, CP_S24_LEFT);
    CLAIM_CLAUSE(by_tick, CP_S25_WIND_DOWN);
    CLAIM_CLAUSE(by_tick, CP_S26_FEEDBACK);
    CLAIM_CLAUSE(by_tick, CP_S27_FAULTS_STAY);
    CLAIM_CLAUSE(by_tick, CP_S28_LEASE_ENDS);

    REACHED_IF(out.contactor_closed && cp_evse_is_closed(&before), "stays closed");
    REACHED_IF(out.contactor_closed && !cp_evse_is_closed(&before), "closes");
    REACHED_IF(!out.contactor_closed && cp_evse_is_closed(&before), "opens");
    REACHED_IF(e.power == (uint8_t)CP_POWER_WINDING_DOWN, "winds down");
    REACHED_IF(cp_evse_bench_runs(&e), "bench test");
    return 0;
}
