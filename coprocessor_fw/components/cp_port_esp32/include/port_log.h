/* ESP-IDF's log, led to the link's Log message: the console's UART carries frames. */

#ifndef PORT_LOG_H
#define PORT_LOG_H

#include "cp_messages.h"

#include <stdbool.h>

#define PORT_LOG_TEXT 81u

typedef struct {
    uint8_t level; /* cp_log_level_t */
    char text[PORT_LOG_TEXT];
} port_log_line_t;

/* Take over ESP-IDF's log. Lines are formatted by the task that logs; one that finds no place is dropped. */
void port_log_open(void);

/* The oldest line that waits. For the safety task: it copies at most one line, and waits for nothing. */
bool port_log_take(port_log_line_t *line);

#endif
