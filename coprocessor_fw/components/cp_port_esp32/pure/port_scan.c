#include "port_scan.h"

bool port_scan_plan(port_scan_t *scan, const port_scan_channels_t *channels, size_t steps_max, uint32_t rate_max_hz)
{
    const size_t rounds = channels->others > 0u ? channels->others : 1u;
    const size_t round = (size_t)channels->pilots + (channels->others > 0u ? 1u : 0u);
    uint32_t rate_hz = (uint32_t)round * PORT_SCAN_PILOT_HZ;
    port_scan_t plan = {0};

    rate_hz = rate_hz < rate_max_hz ? rate_hz : rate_max_hz;
    if (channels->pilots == 0u || rounds * round > steps_max || rounds * round > PORT_SCAN_STEPS_MAX ||
        (uint64_t)round * 1000000000u / rate_hz > PORT_SCAN_GAP_MAX_NS) {
        return false;
    }
    for (size_t r = 0; r < rounds; r++) {
        for (size_t p = 0; p < channels->pilots; p++) {
            plan.channel[plan.steps] = channels->pilot[p];
            plan.steps++;
        }
        if (channels->others > 0u) {
            plan.channel[plan.steps] = channels->other[r];
            plan.steps++;
        }
    }
    plan.rate_hz = rate_hz;
    *scan = plan;
    return true;
}
