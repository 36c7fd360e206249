#include "cp_evse_sense.h"

#include "cp_evse_guard.h"
#include "cp_lamps.h"
#include "cp_math.h"
#include "cp_proximity.h"
#include "cp_timing.h"

void cp_evse_pass_time(cp_evse_t *e, uint32_t step_ms, cp_notes_t *notes)
{
    e->state_ms = cp_count_up(e->state_ms, step_ms);
    e->open_ms = cp_count_up(e->open_ms, step_ms);
    e->pilot_note_ms = cp_count_up(e->pilot_note_ms, step_ms);
    e->reclose_ms = cp_count_down(e->reclose_ms, step_ms);
    e->raise_ms = cp_count_down(e->raise_ms, step_ms);
    e->wake_ms = cp_count_down(e->wake_ms, step_ms);
    for (unsigned i = 0; i < CP_RETRIES; i++) {
        e->retry_ms[i] =
            e->retry_ms[i] == CP_RETRY_NEVER_MS ? CP_RETRY_NEVER_MS : cp_count_down(e->retry_ms[i], step_ms);
    }
    e->lock_pulse_ms = cp_count_down(e->lock_pulse_ms, step_ms);
    e->lock_moved_ms = cp_count_up(e->lock_moved_ms, step_ms);
    e->lamp_ms = (e->lamp_ms + step_ms) % CP_LAMPS_PERIOD_MS;
    e->under_load_ms = cp_count_down(e->under_load_ms, step_ms);
    e->closings_forget_ms = cp_count_down(e->closings_forget_ms, step_ms);
    if (e->closings_forget_ms == 0u && e->closings > 0u) {
        e->closings--;
        e->closings_forget_ms = e->closings > 0u ? CP_CLOSINGS_FORGET_MS : 0u;
    }
    if (cp_evse_is_closed(e) || e->drive == (uint8_t)CP_DRIVE_PWM) {
        e->phase_ms = 0;
    } else {
        e->phase_ms = cp_count_up(e->phase_ms, step_ms);
    }
    cp_faults_age(&e->faults, step_ms);

    if (e->lease.held) {
        e->lease.rest_ms = cp_count_down(e->lease.rest_ms, step_ms);
        if (e->lease.rest_ms == 0u) {
            e->lease.held = false;
            if (e->lease.limit_da > 0u) {
                cp_note(notes, CP_EVENT_CODE_LEASE_EXPIRED, e->lease.limit_da, 0);
            }
        }
    }
}

void cp_evse_fault(cp_evse_t *e, cp_fault_t fault, bool cause, int32_t detail, cp_notes_t *notes)
{
    switch (cp_fault_cause(&e->faults, fault, cause)) {
    case CP_FAULT_RAISED:
        cp_note(notes, CP_EVENT_CODE_FAULT_RAISED, (uint32_t)fault, detail);
        break;
    case CP_FAULT_CLEARED:
        cp_note(notes, CP_EVENT_CODE_FAULT_CLEARED, (uint32_t)fault, 0);
        break;
    case CP_FAULT_UNCHANGED:
    default:
        break;
    }
}

static void unplug(cp_evse_t *e, cp_notes_t *notes)
{
    e->plugged = false;
    e->lease.held = false;
    e->diode_proved = false;
    e->diode_failed = false;
    e->wants_ventilation = false;
    e->under_load_ms = 0;
    cp_evse_forget_retries(e);
    cp_note(notes, CP_EVENT_CODE_UNPLUGGED, (uint32_t)cp_evse_pilot(e), 0);
}

/* While we drive state F nobody is seen to leave, unless the proximity contact shows the plug all the time. */
static void sense_blindness(cp_evse_t *e, uint32_t step_ms)
{
    const bool proximity = e->config.commissioned && !e->config.fixed_cable;

    if (!proximity) {
        e->blind_ms = cp_count_up(e->blind_ms, step_ms);
    } else if (e->cable_da == 0u) {
        e->blind_ms = CP_BLIND_MS;
    }
}

static void sense_plug(cp_evse_t *e, uint32_t step_ms, cp_notes_t *notes)
{
    const cp_letter_t letter = (cp_letter_t)e->pilot.letter;

    if (letter == CP_LETTER_F) {
        sense_blindness(e, step_ms);
        return;
    }
    if (e->plugged && (letter == CP_LETTER_A || (cp_letter_vehicle(letter) && e->blind_ms >= CP_BLIND_MS))) {
        unplug(e, notes);
    }
    if (cp_letter_vehicle(letter) && !e->plugged) {
        e->plugged = true;
        e->plug++;
        cp_note(notes, CP_EVENT_CODE_PLUGGED, (uint32_t)cp_evse_pilot(e), 0);
    }
    if (letter == CP_LETTER_A || cp_letter_vehicle(letter)) {
        e->blind_ms = 0;
    }
}

static void sense_diode(cp_evse_t *e)
{
    if (e->drive != (uint8_t)CP_DRIVE_PWM || !cp_letter_vehicle((cp_letter_t)e->pilot.letter)) {
        return;
    }
    if (e->pilot.diode_bad >= CP_PILOT_RUN) {
        e->diode_proved = false;
        e->diode_failed = true;
    } else if (e->pilot.diode_good >= CP_PILOT_RUN && !e->diode_failed) {
        e->diode_proved = true;
    }
}

bool cp_evse_pilot_lost(const cp_evse_t *e)
{
    return cp_fault_stands(&e->faults, CP_FAULT_PILOT_SHORT) || cp_fault_stands(&e->faults, CP_FAULT_PILOT_INVALID);
}

/* A plain short has a deadline of its own. All else that is neither a vehicle nor its absence shares one, which no
 * change from one to another and no short return to a sound letter starts afresh. */
static void sense_soundness(cp_evse_t *e, uint32_t step_ms, cp_notes_t *notes)
{
    const bool shorted = e->pilot.letter == (uint8_t)CP_LETTER_E;
    const bool sound = !shorted && e->pilot.letter != (uint8_t)CP_LETTER_INVALID;

    e->short_ms = shorted ? cp_count_up(e->short_ms, step_ms) : 0u;
    e->sound_ms = sound ? cp_count_up(e->sound_ms, step_ms) : 0u;
    const bool settled = e->sound_ms >= CP_PILOT_SOUND_MS;
    const bool began = !sound || e->unsound_ms > 0u;
    e->unsound_ms = began && !settled ? cp_count_up(e->unsound_ms, step_ms) : 0u;

    const bool short_due = e->short_ms >= CP_SHORT_MS;
    const bool invalid_due = !sound && !short_due && e->unsound_ms >= CP_INVALID_STOP_MS;
    cp_evse_fault(e, CP_FAULT_PILOT_SHORT, short_due || (!settled && cp_fault_stands(&e->faults, CP_FAULT_PILOT_SHORT)),
                  e->pilot.high_mv, notes);
    cp_evse_fault(e, CP_FAULT_PILOT_INVALID,
                  invalid_due || (!settled && cp_fault_stands(&e->faults, CP_FAULT_PILOT_INVALID)), e->pilot.high_mv,
                  notes);
}

static void sense_pilot(cp_evse_t *e, uint32_t step_ms, const cp_evse_inputs_t *in, cp_notes_t *notes)
{
    const int16_t high = cp_pilot_calibrate(in->pilot_high_mv, e->config.pilot_gain_ppm, e->config.pilot_offset_mv);
    const int16_t low = cp_pilot_calibrate(in->pilot_low_mv, e->config.pilot_gain_ppm, e->config.pilot_offset_mv);
    const bool closed_window = cp_pilot_sample(&e->pilot, step_ms, (cp_drive_t)e->drive, high, low);

    if (e->self_test_ms > 0u) { /* our own negative rail is on: it says nothing of a vehicle */
        return;
    }
    if (cp_evse_breaks_pilot(e)) { /* nor does a broken wire */
        cp_pilot_blank(&e->pilot, CP_BLANK_WINDOWS);
        sense_blindness(e, step_ms);
        return;
    }
    if (closed_window) {
        cp_pilot_judge(&e->pilot);
    }
    const cp_letter_t letter = (cp_letter_t)e->pilot.letter;
    const bool offered = e->drive == (uint8_t)CP_DRIVE_PWM;
    e->asks_ms = cp_letter_asks(letter) && offered ? cp_count_up(e->asks_ms, step_ms) : 0u;

    sense_plug(e, step_ms, notes);
    sense_diode(e);
    sense_soundness(e, step_ms, notes);
    cp_evse_fault(e, CP_FAULT_DIODE_MISSING, e->diode_failed, e->pilot.low_mv, notes);
    e->wants_ventilation = letter == CP_LETTER_D || (e->wants_ventilation && letter != CP_LETTER_C);
    cp_evse_fault(e, CP_FAULT_VENTILATION, e->wants_ventilation && e->config.commissioned && !e->config.ventilation,
                  e->pilot.high_mv, notes);
    if (cp_evse_pilot_lost(e)) {
        e->lease.held = false; /* B, C and D were left, if only for want of a pilot */
    }
}

static void sense_cable(cp_evse_t *e, uint32_t step_ms, uint32_t ohm, cp_notes_t *notes)
{
    if (!e->config.commissioned || e->config.fixed_cable) {
        e->cable_da = 0;
        e->cable_bad_ms = 0;
    } else {
        const uint16_t seen = cp_proximity_rating_da(ohm);
        if (seen == e->cable_seen_da) {
            e->cable_ms = cp_count_up(e->cable_ms, step_ms);
        } else {
            e->cable_seen_da = seen;
            e->cable_ms = 0;
        }
        if (e->cable_ms >= CP_PROXIMITY_MS) {
            e->cable_da = seen;
        }
        /* In state F nobody is seen to leave: no cable then means that the plug was drawn. */
        const bool judged = e->plugged && e->drive != (uint8_t)CP_DRIVE_F;
        e->cable_bad_ms = judged && e->cable_da == 0u ? cp_count_up(e->cable_bad_ms, step_ms) : 0u;
    }
    cp_evse_fault(e, CP_FAULT_PROXIMITY, e->cable_bad_ms >= CP_PROXIMITY_FAULT_MS,
                  ohm > (uint32_t)INT32_MAX ? INT32_MAX : (int32_t)ohm, notes);
}

static void sense_feedback(cp_evse_t *e, uint32_t step_ms, bool feedback_closed, cp_notes_t *notes)
{
    const bool output = cp_evse_is_closed(e);
    const int32_t since_ms = e->state_ms > (uint32_t)INT32_MAX ? INT32_MAX : (int32_t)e->state_ms;

    e->feedback_closed = e->config.feedback_fitted && feedback_closed;
    e->feedback_ms = e->config.feedback_fitted && feedback_closed != output ? cp_count_up(e->feedback_ms, step_ms) : 0u;
    const bool disagrees = e->feedback_ms >= CP_FEEDBACK_MS;
    if (disagrees && output) {
        cp_evse_retry_later(e, CP_RETRY_CONTACTOR);
    }
    cp_evse_fault(e, CP_FAULT_CONTACTOR_WELDED, disagrees && !output, since_ms, notes);
    cp_evse_fault(e, CP_FAULT_CONTACTOR_OPEN, e->retry_ms[CP_RETRY_CONTACTOR] > 0u, since_ms, notes);
    cp_evse_fault(e, CP_FAULT_OPENED_UNDER_LOAD, e->under_load_ms > 0u, (int32_t)(e->current_ma & 0x7FFFFFFFu), notes);
}

static void sense_lock(cp_evse_t *e, uint32_t step_ms, uint8_t contact, cp_notes_t *notes)
{
    if (!e->lock_started) { /* a reset neither locks nor unlocks; without a contact a plug is taken to be locked in */
        e->lock_started = true;
        e->lock_wanted = e->config.lock_feedback ? contact == (uint8_t)CP_LOCK_AT_LOCKED : e->plugged;
        e->lock_driven = e->lock_wanted;
        e->lock_moved_ms = CP_LOCK_ASSUMED_MS;
    }
    const uint8_t goal = e->lock_driven ? (uint8_t)CP_LOCK_AT_LOCKED : (uint8_t)CP_LOCK_AT_UNLOCKED;
    const uint8_t assumed = e->lock_moved_ms >= CP_LOCK_ASSUMED_MS ? goal : (uint8_t)CP_LOCK_AT_NEITHER;
    e->lock_at = e->config.lock_feedback ? contact : assumed;
    if (!e->config.lock_fitted || e->lock_at == goal) {
        e->lock_ms = 0;
        e->lock_jammed = false;
    } else {
        e->lock_ms = cp_count_up(e->lock_ms, step_ms);
        e->lock_jammed = e->lock_jammed || e->lock_ms >= CP_LOCK_MS;
    }
    cp_evse_fault(e, CP_FAULT_LOCK, e->lock_jammed, e->lock_driven ? 1 : 0, notes);
    if (e->lock_noted != (uint8_t)cp_evse_lock(e)) {
        e->lock_noted = (uint8_t)cp_evse_lock(e);
        cp_note(notes, CP_EVENT_CODE_LOCK_CHANGED, e->lock_noted, 0);
    }
}

/* Our negative rail is on for the test's time; its last window decides. A shorted pilot leaves it undecided. */
static void sense_self_test(cp_evse_t *e, uint32_t step_ms, cp_notes_t *notes)
{
    if (e->self_test_ms > 0u) {
        e->self_test_ms = cp_count_down(e->self_test_ms, step_ms);
        if (e->self_test_ms == 0u) {
            const cp_letter_t letter = cp_pilot_letter(e->pilot.high_mv, CP_DRIVE_F, CP_LETTER_F);
            e->self_test_due = letter == CP_LETTER_E;
            if (!e->self_test_due) {
                e->self_test_failed = letter != CP_LETTER_F;
                e->self_test_passed = !e->self_test_failed;
                cp_note(notes, CP_EVENT_CODE_SELF_TEST, e->self_test_failed ? 1u : 0u, e->pilot.high_mv);
            }
        }
    } else if (e->self_test_due && e->power == (uint8_t)CP_POWER_OFF && e->sound_ms >= CP_PILOT_SOUND_MS) {
        e->self_test_ms = CP_SELF_TEST_MS;
    }
    cp_evse_fault(e, CP_FAULT_SELF_TEST, e->self_test_failed, e->pilot.high_mv, notes);
}

/* Lock-outs that were standing when the device went down stand again. */
static void recall_lockouts(cp_evse_t *e, cp_notes_t *notes)
{
    for (unsigned i = 0; i < CP_FAULT_COUNT && e->lockouts_at_boot != 0u; i++) {
        if ((e->lockouts_at_boot >> i & 1u) != 0u && cp_fault_class((uint8_t)i) == CP_FAULT_CLASS_LOCKOUT) {
            cp_evse_fault(e, (cp_fault_t)i, true, 0, notes);
            cp_evse_fault(e, (cp_fault_t)i, false, 0, notes);
        }
    }
    e->lockouts_at_boot = 0;
}

/* How long a standing fault keeps the contactor open from now on. Some stand for the wait itself. */
static uint32_t fault_wait_ms(const cp_evse_t *e, cp_fault_t fault)
{
    uint32_t rest_ms = 0;

    switch (fault) {
    case CP_FAULT_OPENED_UNDER_LOAD:
    case CP_FAULT_LOCK:
        return 0;
    case CP_FAULT_CONTACTOR_OPEN:
        rest_ms = e->retry_ms[CP_RETRY_CONTACTOR];
        break;
    case CP_FAULT_OVERCURRENT:
        rest_ms = e->retry_ms[CP_RETRY_OVERCURRENT];
        break;
    case CP_FAULT_PROTECTIVE_EARTH:
        rest_ms = e->earth_lost_ms > 0u ? 0u : e->retry_ms[CP_RETRY_EARTH];
        break;
    default:
        break;
    }
    return rest_ms == 0u || rest_ms == CP_RETRY_NEVER_MS ? CP_RECLOSE_FAULT_MS : rest_ms;
}

/* After a fault the contactor stays open for longer, counted from the fault's end. */
static void extend_reclose(cp_evse_t *e)
{
    for (unsigned i = 0; i < CP_FAULT_COUNT; i++) {
        if (cp_fault_stands(&e->faults, (cp_fault_t)i)) {
            e->reclose_ms = cp_max_u32(e->reclose_ms, fault_wait_ms(e, (cp_fault_t)i));
        }
    }
}

void cp_evse_sense(cp_evse_t *e, uint32_t step_ms, const cp_evse_inputs_t *in, cp_notes_t *notes)
{
    recall_lockouts(e, notes);
    cp_evse_measure(e, step_ms, in);
    sense_pilot(e, step_ms, in, notes);
    sense_self_test(e, step_ms, notes);
    sense_cable(e, step_ms, in->proximity_ohm, notes);
    sense_feedback(e, step_ms, in->feedback_closed, notes);
    sense_lock(e, step_ms, in->lock_at, notes);
    cp_evse_guard(e, step_ms, in, notes);
    extend_reclose(e);
}
