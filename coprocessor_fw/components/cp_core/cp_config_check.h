/* Validation of a configuration set as a whole. Internal to cp_config. */

#ifndef CP_CONFIG_CHECK_H
#define CP_CONFIG_CHECK_H

#include "cp_config.h"

/* Name in `outcome` what cannot be in a commissioned set; nothing if all can. */
void cp_config_check_commissioned(const cp_config_sets_t *stage, bool board_seen, const bool evse_seen[CP_EVSE_MAX],
                                  const cp_config_board_t *board, cp_config_outcome_t *outcome);

/* The same for an operational set. */
void cp_config_check_operational(const cp_config_sets_t *stage, cp_config_outcome_t *outcome);

#endif
