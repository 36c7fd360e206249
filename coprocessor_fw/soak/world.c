#include "world.h"

#include "levels.h"

#define ROOM_MV 1650u
#define NOISE_MV 100u
/* The monitor trips so long after its test output. */
#define RCM_REACTS_MS 20u

void world_init(world_t *w, uint32_t seed)
{
    *w = (world_t){.letter = 'A', .noise = seed | 1u};
    world_mend(w);
}

void world_mend(world_t *w)
{
    const char letter = w->letter == 'E' || w->letter == 'X' ? 'A' : w->letter;

    *w = (world_t){
        .letter = letter,
        .diode = true,
        .proximity_ohm = 220,
        .temperature_mv = ROOM_MV,
        .draw_ma = 16000,
        .noise = w->noise,
    };
}

static void change_pilot(world_t *w, dice_t *dice, uint32_t now_ms)
{
    static const char letters[] = "ABBCCCCCCCCCCCDEX";
    static const char others[] = "CCBEEXXDA";

    w->letter = letters[dice_roll(dice, sizeof letters - 1u)];
    w->flicker_ms = 0;
    if (dice_roll(dice, 6) == 0u) {
        w->turns = others[dice_roll(dice, sizeof others - 1u)];
        w->turn_ms = 10u + dice_roll(dice, 500);
        w->flicker_ms = dice_roll(dice, 8000);
    }
    dice_note(dice, "pilot", now_ms, w->letter * 1000 + (w->flicker_ms > 0u ? w->turns : 0));
}

void world_change(world_t *w, dice_t *dice, uint32_t now_ms)
{
    static const uint32_t cables[] = {220, 220, 220, 100, 680, 1500, 30, UINT32_MAX};
    const uint32_t what = dice_roll(dice, 16);

    if (what < 7u) {
        change_pilot(w, dice, now_ms);
        return;
    }
    switch (what) {
    case 7:
        w->diode = dice_roll(dice, 6) != 0u;
        break;
    case 8:
        w->welded = dice_roll(dice, 8) == 0u;
        w->stuck_open = dice_roll(dice, 8) == 0u;
        break;
    case 9:
        w->proximity_ohm = cables[dice_roll(dice, 8)];
        break;
    case 10:
        w->lock_jammed = dice_roll(dice, 8) == 0u;
        break;
    case 11:
        w->residual = dice_roll(dice, 6) == 0u;
        w->rcm_deaf = dice_roll(dice, 6) == 0u;
        break;
    case 12:
        w->earth_lost = dice_roll(dice, 6) == 0u;
        break;
    case 13:
        w->stop_pressed = dice_roll(dice, 6) == 0u;
        break;
    case 14:
        w->draw_ma = dice_roll(dice, 60000);
        w->no_meter = dice_roll(dice, 10) == 0u;
        break;
    default:
        w->temperature_mv = dice_roll(dice, 3) == 0u ? (uint16_t)dice_roll(dice, 3301) : ROOM_MV;
        break;
    }
    dice_note(dice, "change", now_ms, what);
}

/* Noise that no threshold minds. */
static int16_t noisy(world_t *w, int16_t mv)
{
    w->noise = w->noise * 1664525u + 1013904223u;
    return (int16_t)(mv + (int32_t)(w->noise >> 16) % (int32_t)(2u * NOISE_MV + 1u) - (int32_t)NOISE_MV);
}

static void flicker(world_t *w, uint32_t step_ms)
{
    if (w->flicker_ms == 0u) {
        return;
    }
    const uint32_t before = w->flicker_ms / w->turn_ms;
    w->flicker_ms = w->flicker_ms > step_ms ? w->flicker_ms - step_ms : 0u;
    if (w->flicker_ms / w->turn_ms != before) {
        const char letter = w->letter;
        w->letter = w->turns;
        w->turns = letter;
    }
}

void world_sense(world_t *w, uint32_t step_ms, const cp_evse_config_t *config, const cp_evse_outputs_t *out,
                 cp_evse_inputs_t *in)
{
    flicker(w, step_ms);
    const levels_t levels = levels_of(w->letter, w->diode, (cp_drive_t)out->drive);
    const bool closed = (out->contactor_closed && !w->stuck_open) || w->welded;
    const bool asks = w->letter == 'C' || w->letter == 'D';

    in->pilot_high_mv = noisy(w, levels.high_mv);
    in->pilot_low_mv = noisy(w, levels.low_mv);
    in->proximity_ohm = w->proximity_ohm;
    in->feedback_closed = closed;
    if (!w->lock_jammed) {
        in->lock_at = out->lock ? (uint8_t)CP_LOCK_AT_LOCKED : (uint8_t)CP_LOCK_AT_UNLOCKED;
    }
    in->meter.source = w->no_meter ? (uint8_t)CP_METER_SOURCE_NONE : (uint8_t)CP_METER_SOURCE_INTERNAL;
    for (unsigned i = 0; i < 3u; i++) {
        in->meter.current_ma[i] = closed && asks ? w->draw_ma : 0u;
    }
    w->rcm_ms = out->rcm_test && !w->rcm_deaf ? w->rcm_ms + step_ms : 0u;
    const bool tripped = w->residual || w->rcm_ms >= RCM_REACTS_MS;
    in->rcm_closed = tripped == (config->rcm == (uint8_t)CP_RCM_TYPE_NORMALLY_OPEN);
    in->earth_present = !w->earth_lost;
    in->stop_closed = !w->stop_pressed;
    in->temperature_mv = w->temperature_mv;
}
