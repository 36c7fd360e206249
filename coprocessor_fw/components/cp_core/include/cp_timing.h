/* Every time, level and limit of the safety core that is a decision, in one place.
 *
 * [R] marks a figure of IEC 61851-1 that comes from secondary sources: check it against the standard. */

#ifndef CP_TIMING_H
#define CP_TIMING_H

/* A second: what times of the configuration are given in, and what an offer is remembered by. */
#define CP_SECOND_MS 1000u

/* One reading of the pilot: the trimmed mean of the samples of this time. */
#define CP_WINDOW_MS 10u
/* Windows in a row that must agree before another pilot state is believed. */
#define CP_PILOT_RUN 3u
/* So many that agree with nothing, those that do agree taken off by half, are noise. */
#define CP_PILOT_NOISE_WINDOWS 10u
/* Windows ignored after the contactor moved: its coil is seen in the pilot's reading. */
#define CP_BLANK_WINDOWS 2u

/* Thresholds between pilot states, in the middle of the gaps between the nominal ranges. [R] */
#define CP_LEVEL_TOP_MV 13000      /* above: no vehicle makes that */
#define CP_LEVEL_A_B_MV 10480      /* A 11.40.. | ..9.56 B */
#define CP_LEVEL_B_C_MV 7425       /* B 8.36..  | ..6.49 C */
#define CP_LEVEL_C_D_MV 4365       /* C 5.48..  | ..3.25 D */
#define CP_LEVEL_D_E_MV 1810       /* D 2.62..  | ..1.00 E */
#define CP_LEVEL_BOTTOM_MV (-1000) /* below: neither a vehicle nor a short */
/* Bias of each threshold in favour of the present state. */
#define CP_LEVEL_HYSTERESIS_MV 200
/* The negative half proves the vehicle's diode when it lies between these. -11.40..-12.60 nominal. [R] */
#define CP_LEVEL_NEGATIVE_WEAK_MV (-10500)
#define CP_LEVEL_NEGATIVE_TOP_MV (-13000)

/* C must stand this long before the contactor closes; also longer than a 250 ms wake pulse. */
#define CP_CLOSE_DEBOUNCE_MS 500u
#define CP_CLOSE_DEBOUNCE_MIN_MS 300u
#define CP_CLOSE_DEBOUNCE_MAX_MS 2000u
/* The vehicle may expect energy this long after it closed S2. [R] */
#define CP_CLOSE_EXPECTED_MS 3000u

/* Pilot shorted: opens. [R] open within 3 s */
#define CP_SHORT_MS 500u
/* Pilot invalid, or in and out of such a state: first the offer goes, then the contactor. [R] open within 3 s */
#define CP_INVALID_STOP_MS 500u
#define CP_INVALID_OPEN_MS 2900u
/* A pilot fault is over when the pilot has been sound this long; shorter returns stop none of its deadlines. */
#define CP_PILOT_SOUND_MS 500u

/* After the offer went, the vehicle must have opened S2 in 3 s; the contactor opens under load after 6 s. [R] */
#define CP_WIND_DOWN_MS 6000u
/* Below this current opening is not opening under load. */
#define CP_LOAD_MA 1000u
/* Least time between two raises of the offer, so that the vehicle can follow. [R] */
#define CP_RAISE_MS 5000u

/* Feedback must follow the contactor's coil within this time. */
#define CP_FEEDBACK_MS 250u
/* Drop-out and pull-in that are waited for where no feedback is fitted. */
#define CP_DROP_OUT_MS 100u

/* Least time with the contactor open. */
#define CP_RECLOSE_MS 5000u
#define CP_RECLOSE_FAULT_MS 30000u
/* Closings leak away one each 20 s; more than this at a time double the wait for each one too many, up to 2^3. */
#define CP_CLOSINGS_FREE 3u
#define CP_CLOSINGS_STRETCH_MAX 3u
#define CP_CLOSINGS_FORGET_MS 20000u
/* A fault of the contactor itself stands this long, then it is tried again. */
#define CP_RETRY_MS 30000u

/* Least time open and without a pilot between one and three phases. */
#define CP_PHASE_SWITCH_MS 10000u

/* State F that wakes a sleeping vehicle. */
#define CP_WAKE_MS 4000u
/* State F that lasts longer could have hidden a change of vehicle. */
#define CP_BLIND_MS 5000u
/* The pilot stage's self-test: its negative rail for this long. */
#define CP_SELF_TEST_MS 100u

/* Proximity must agree this long to be believed. */
#define CP_PROXIMITY_MS 100u
#define CP_PROXIMITY_FAULT_MS 500u

/* The lock must have reached its position by then. */
#define CP_LOCK_MS 2000u
/* Where no contact tells of it, the lock is taken to have moved by then. */
#define CP_LOCK_ASSUMED_MS 1000u

/* Residual-current monitor: its contact means nothing while it powers up; after a test it must go back in time; it is
 * tested at least so often; a trip is forgotten after so long. */
#define CP_RCM_SETTLE_MS 2000u
#define CP_RCM_RECOVER_MS 2000u
#define CP_RCM_TEST_EVERY_MS 86400000u
#define CP_RCM_FORGET_MS 86400000u

/* Overcurrent: above the limit, and above twice the limit, for so long. */
#define CP_OVERCURRENT_MS 7000u
#define CP_OVERCURRENT_FAR_MS 1000u

/* The earth's sense is fed by the mains: a period and a half without it is a loss. */
#define CP_EARTH_LOST_MS 30u
#define CP_EARTH_SOUND_MS 500u

/* One reading of the temperature; as many strange ones in a row are a broken sensor. */
#define CP_SENSOR_WINDOW_MS 1000u
#define CP_SENSOR_WINDOWS 2u
/* A derating ends so far below its threshold, and not before this time. */
#define CP_HEAT_HYSTERESIS_DC 50
#define CP_HEAT_HOLD_MS 60000u

/* An S0 pulse and the pause after it last at least 30 ms; without a pulse for so long there is no power. */
#define CP_S0_DEBOUNCE_MS 10u
#define CP_S0_IDLE_MS 600000u

/* Bounds of a lease's time to live. */
#define CP_LEASE_MIN_MS 1000u
#define CP_LEASE_MAX_MS 30000u

/* The button bounces no longer than this, and is held this long to clear a lock-out. */
#define CP_BUTTON_DEBOUNCE_MS 30u
#define CP_BUTTON_CLEAR_MS 3000u

/* Restarts with a closed contactor that lock out, and the time in which they count. */
#define CP_RESETS_CLOSED 3u
#define CP_RESETS_CLOSED_MS 600000u

/* Longest step that the safety core is told at once. */
#define CP_STEP_MAX_MS 10u

#endif
