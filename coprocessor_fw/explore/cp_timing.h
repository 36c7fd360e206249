/* The explorer's times: the real ones (components/cp_core/include/cp_timing.h) shrunk until every state can be visited.
 *
 * A millisecond here is a window of the pilot there. What is shorter than something else never becomes longer, what is
 * equal stays equal: timing_order.c has the order, and is compiled with both headers. Levels are the real ones. */

#ifndef CP_TIMING_H
#define CP_TIMING_H

/* Units in which others are counted, and shrunk by themselves. */
#define CP_WINDOW_MS 1u
#define CP_STEP_MAX_MS 1u
#define CP_SECOND_MS 2u
#define CP_SENSOR_WINDOW_MS 2u

#define CP_PILOT_RUN 2u
#define CP_PILOT_NOISE_WINDOWS 4u
#define CP_BLANK_WINDOWS 1u

#define CP_LEVEL_TOP_MV 13000
#define CP_LEVEL_A_B_MV 10480
#define CP_LEVEL_B_C_MV 7425
#define CP_LEVEL_C_D_MV 4365
#define CP_LEVEL_D_E_MV 1810
#define CP_LEVEL_BOTTOM_MV (-1000)
#define CP_LEVEL_HYSTERESIS_MV 200
#define CP_LEVEL_NEGATIVE_WEAK_MV (-10500)
#define CP_LEVEL_NEGATIVE_TOP_MV (-13000)

#define CP_EARTH_LOST_MS 2u
#define CP_BUTTON_DEBOUNCE_MS 2u
#define CP_DROP_OUT_MS 4u
#define CP_PROXIMITY_MS 4u
#define CP_SELF_TEST_MS 4u
#define CP_FEEDBACK_MS 4u
#define CP_CLOSE_DEBOUNCE_MIN_MS 4u
#define CP_CLOSE_DEBOUNCE_MS 5u
#define CP_SHORT_MS 5u
#define CP_INVALID_STOP_MS 5u
#define CP_PILOT_SOUND_MS 5u
#define CP_PROXIMITY_FAULT_MS 5u
#define CP_EARTH_SOUND_MS 5u
#define CP_LOCK_ASSUMED_MS 6u
#define CP_OVERCURRENT_FAR_MS 6u
#define CP_LEASE_MIN_MS 6u
#define CP_CLOSE_DEBOUNCE_MAX_MS 6u
#define CP_LOCK_MS 6u
#define CP_RCM_SETTLE_MS 6u
#define CP_RCM_RECOVER_MS 6u
#define CP_INVALID_OPEN_MS 7u
#define CP_CLOSE_EXPECTED_MS 7u
#define CP_BUTTON_CLEAR_MS 7u
#define CP_WAKE_MS 7u
#define CP_RAISE_MS 8u
#define CP_RECLOSE_MS 8u
#define CP_BLIND_MS 8u
#define CP_WIND_DOWN_MS 9u
#define CP_OVERCURRENT_MS 10u
#define CP_PHASE_SWITCH_MS 10u
#define CP_RECLOSE_FAULT_MS 11u
#define CP_RETRY_MS 11u
#define CP_LEASE_MAX_MS 11u
#define CP_HEAT_HOLD_MS 12u
#define CP_S0_IDLE_MS 12u
#define CP_RESETS_CLOSED_MS 12u
#define CP_RCM_TEST_EVERY_MS 12u
#define CP_RCM_FORGET_MS 12u

/* Only the slice "chatter" lets closings add up; elsewhere each is forgotten before the next can come. */
#ifdef CP_EXPLORE_CHATTER
#define CP_CLOSINGS_FREE 1u
#define CP_CLOSINGS_FORGET_MS 20u
#else
#define CP_CLOSINGS_FREE 3u
#define CP_CLOSINGS_FORGET_MS 7u
#endif
#define CP_CLOSINGS_STRETCH_MAX 3u

#define CP_LOAD_MA 1000u
#define CP_SENSOR_WINDOWS 2u
#define CP_HEAT_HYSTERESIS_DC 50
#define CP_S0_DEBOUNCE_MS 1u
#define CP_RESETS_CLOSED 3u

#endif
