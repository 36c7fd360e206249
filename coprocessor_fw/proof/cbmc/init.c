/* A start, whatever the reset left behind, and the first configuration: contactor open, no lease, state F, and a state
 * like any other. With it the proof of the tick begins. */

#include "harness.h"

int main(void)
{
    const cp_evse_past_t past = ANY(cp_evse_past_t);
    const cp_evse_config_t config = any_config();
    cp_evse_t e;

    ASSUME(IS_BOOL(past.plugged) && IS_BOOL(past.was_closed));
    cp_evse_init(&e, &past);
    claim_standing(&e);
    CLAIM(cp_evse_invariant(&e) && cp_pilot_windows_well_formed(&e.pilot), "the whole property holds from the start");
    CLAIM(!cp_evse_is_closed(&e) && !e.lease.held && e.drive == (uint8_t)CP_DRIVE_F, "open, no lease, state F");

    cp_evse_configure(&e, &config);
    claim_standing(&e);
    CLAIM(cp_evse_invariant(&e), "and after the first configuration");
    REACHED_IF(e.config.commissioned && e.plugged && e.reclose_ms > 0u, "a reset while it was charging");
    return 0;
}
