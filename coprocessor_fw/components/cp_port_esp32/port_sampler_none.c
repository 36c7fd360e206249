/* No converter: an emulator has none, and what the core reads there is injected. */

#include "port_sampler.h"

bool port_sampler_open(const port_lines_t *lines)
{
    (void)lines;
    return true;
}

void port_sampler_poll(uint64_t now_us)
{
    (void)now_us;
}

bool port_sampler_is_alive(uint64_t now_us)
{
    (void)now_us;
    return false;
}

void port_sampler_expect(uint8_t evse, cp_drive_t drive)
{
    (void)evse;
    (void)drive;
}

bool port_sampler_pilot_mv(uint8_t evse, int32_t *high_mv, int32_t *low_mv)
{
    (void)evse;
    (void)high_mv;
    (void)low_mv;
    return false;
}

uint16_t port_sampler_mean_mv(port_line_t line)
{
    (void)line;
    return 0;
}

uint16_t port_sampler_rms_mv(port_line_t line)
{
    (void)line;
    return 0;
}
