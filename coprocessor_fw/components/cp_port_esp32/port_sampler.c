#include "port_sampler.h"

#include "port_converter.h"
#include "port_levels.h"
#include "port_rms.h"

#include <string.h>

/* Looks at one pilot in a frame, with room for a converter that runs faster than it was told. */
#define FRAME_LOOKS_MAX 112u
#define FRAMES_SEEN 2u
#define FRAME_US (PORT_FRAME_MS * 1000u)
/* Levels closer together than this are one: about 1.5 V of the pilot at 87 mV/V, in codes of 0.75 mV. */
#define ONE_LEVEL_CODES 170u
/* The mains' periods that fit: five of 50 Hz, six of 60 Hz. */
#define MEAN_US 100000u
/* Ten frames: something is wrong with the converter. */
#define SILENCE_US 20000u
/* After a change of drive the frame that is being filled, and the one that the DMA still holds. */
#define FRAMES_SKIPPED 2u
#define TAKEN_AT_ONCE 256u
/* Times in one poll: more than all that may wait, and a bound on the tick. */
#define TAKEN_TIMES 16u
#define NO_CHANNEL 0xFFu

typedef struct {
    uint8_t channel;
    uint8_t drive;   /* cp_drive_t */
    uint8_t skipped; /* frames still to be ignored */
    bool known;
    uint8_t turn; /* frame being filled */
    uint8_t count[FRAMES_SEEN];
    uint16_t code[FRAMES_SEEN][FRAME_LOOKS_MAX];
    int32_t high_mv;
    int32_t low_mv;
} pilot_t;

typedef struct {
    port_rms_t sum;
    uint16_t mean_mv;
    uint16_t rms_mv;
} other_t;

typedef struct {
    bool wanted; /* there is something to sample */
    pilot_t pilot[CP_EVSE_MAX];
    other_t other[PORT_SCAN_CHANNELS_MAX]; /* by channel */
    port_scan_channels_t channels;
    uint64_t framed_us;
    uint64_t meant_us;
    uint64_t heard_us;
} sampler_t;

static sampler_t sampler;

static bool add_others(port_scan_channels_t *channels, const port_lines_t *lines)
{
    static const cp_pin_role_t roles[] = {
        CP_PIN_ROLE_PROXIMITY_ADC,  CP_PIN_ROLE_TEMPERATURE_ADC, CP_PIN_ROLE_CURRENT_L1_ADC,
        CP_PIN_ROLE_CURRENT_L2_ADC, CP_PIN_ROLE_CURRENT_L3_ADC,
    };

    for (uint8_t evse = 0; evse <= CP_EVSE_MAX; evse++) {
        for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
            const port_line_t line = port_line(lines, evse, roles[i]);
            const int channel = port_converter_channel(line);
            if (line.gpio == PORT_NO_GPIO) {
                continue;
            }
            if (channel < 0 || channels->others >= PORT_SCAN_CHANNELS_MAX) {
                return false;
            }
            channels->other[channels->others] = (uint8_t)channel;
            channels->others++;
        }
    }
    return true;
}

bool port_sampler_open(const port_lines_t *lines)
{
    port_scan_channels_t *const channels = &sampler.channels;

    memset(&sampler, 0, sizeof sampler);
    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        const port_line_t line = port_line(lines, (uint8_t)(i + 1u), CP_PIN_ROLE_PILOT_ADC);
        const int channel = port_converter_channel(line);
        sampler.pilot[i].channel = channel < 0 ? NO_CHANNEL : (uint8_t)channel;
        if (line.gpio == PORT_NO_GPIO) {
            continue;
        }
        if (channel < 0) {
            return false;
        }
        channels->pilot[channels->pilots] = (uint8_t)channel;
        channels->pilots++;
    }
    if (!add_others(channels, lines)) {
        return false;
    }
    sampler.wanted = channels->pilots > 0u;
    return !sampler.wanted || port_converter_open(channels);
}

static void sort_in(const port_sample_t *sample)
{
    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        pilot_t *const p = &sampler.pilot[i];
        if (p->channel == sample->channel) {
            if (p->count[p->turn] < FRAME_LOOKS_MAX) {
                p->code[p->turn][p->count[p->turn]] = sample->code;
                p->count[p->turn]++;
            }
            return;
        }
    }
    if (sample->channel < PORT_SCAN_CHANNELS_MAX) {
        port_rms_add(&sampler.other[sample->channel].sum, sample->code);
    }
}

/* The levels of the frames seen; only PWM has two. */
static void judge(pilot_t *p)
{
    static uint16_t codes[FRAMES_SEEN * FRAME_LOOKS_MAX]; /* too much for the task's stack */
    size_t count = 0;

    for (unsigned f = 0; f < FRAMES_SEEN; f++) {
        memcpy(&codes[count], p->code[f], p->count[f] * sizeof codes[0]);
        count += p->count[f];
    }
    p->known = count > 0u; /* a level of long ago is none */
    if (!p->known) {
        return;
    }
    const uint16_t spread = p->drive == (uint8_t)CP_DRIVE_PWM ? ONE_LEVEL_CODES : UINT16_MAX;
    port_sort(codes, count);
    const port_levels_t levels = port_levels(codes, count, spread);
    p->high_mv = port_converter_mv(levels.high);
    p->low_mv = levels.low == levels.high ? p->high_mv : port_converter_mv(levels.low);
}

static void close_frame(pilot_t *p)
{
    if (p->channel == NO_CHANNEL) {
        return;
    }
    if (p->skipped > 0u) {
        p->skipped--;
        p->count[p->turn] = 0;
        return;
    }
    judge(p);
    p->turn = (uint8_t)((p->turn + 1u) % FRAMES_SEEN);
    p->count[p->turn] = 0;
}

static void close_means(void)
{
    for (unsigned i = 0; i < sampler.channels.others; i++) {
        other_t *const o = &sampler.other[sampler.channels.other[i]];
        const uint16_t mean = port_rms_mean(&o->sum);
        const uint32_t peak = (uint32_t)mean + port_rms_value(&o->sum);
        const int32_t mean_mv = port_converter_mv(mean);
        const int32_t peak_mv = port_converter_mv(peak < PORT_CODE_MAX ? (uint16_t)peak : (uint16_t)PORT_CODE_MAX);
        o->mean_mv = (uint16_t)(mean_mv > 0 ? mean_mv : 0);
        o->rms_mv = (uint16_t)(peak_mv > mean_mv ? peak_mv - mean_mv : 0);
        o->sum = (port_rms_t){0};
    }
}

void port_sampler_poll(uint64_t now_us)
{
    static port_sample_t samples[TAKEN_AT_ONCE]; /* too much for the task's stack */

    if (!sampler.wanted) {
        return;
    }
    for (unsigned times = 0; times < TAKEN_TIMES; times++) {
        const size_t count = port_converter_take(samples, TAKEN_AT_ONCE);
        if (count == 0u) {
            break;
        }
        sampler.heard_us = now_us;
        for (size_t i = 0; i < count; i++) {
            sort_in(&samples[i]);
        }
    }
    if (now_us - sampler.framed_us >= FRAME_US) {
        sampler.framed_us = now_us;
        for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
            close_frame(&sampler.pilot[i]);
        }
    }
    if (now_us - sampler.meant_us >= MEAN_US) {
        sampler.meant_us = now_us;
        close_means();
    }
}

bool port_sampler_is_alive(uint64_t now_us)
{
    return !sampler.wanted || now_us - sampler.heard_us < SILENCE_US;
}

void port_sampler_expect(uint8_t evse, cp_drive_t drive)
{
    if (evse < 1u || evse > CP_EVSE_MAX || sampler.pilot[evse - 1u].drive == (uint8_t)drive) {
        return;
    }
    pilot_t *const p = &sampler.pilot[evse - 1u];
    p->drive = (uint8_t)drive;
    p->skipped = FRAMES_SKIPPED;
    p->count[0] = 0;
    p->count[1] = 0;
    if (drive != CP_DRIVE_PWM) {
        p->low_mv = p->high_mv;
    }
}

bool port_sampler_pilot_mv(uint8_t evse, int32_t *high_mv, int32_t *low_mv)
{
    if (evse < 1u || evse > CP_EVSE_MAX || !sampler.pilot[evse - 1u].known) {
        return false;
    }
    *high_mv = sampler.pilot[evse - 1u].high_mv;
    *low_mv = sampler.pilot[evse - 1u].low_mv;
    return true;
}

static const other_t *find_other(port_line_t line)
{
    const int channel = port_converter_channel(line);

    return channel >= 0 && channel < (int)PORT_SCAN_CHANNELS_MAX ? &sampler.other[channel] : NULL;
}

uint16_t port_sampler_mean_mv(port_line_t line)
{
    const other_t *const o = find_other(line);

    return o == NULL ? 0u : o->mean_mv;
}

uint16_t port_sampler_rms_mv(port_line_t line)
{
    const other_t *const o = find_other(line);

    return o == NULL ? 0u : o->rms_mv;
}
