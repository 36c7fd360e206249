/* The set of states that were reached, in the order in which they were; each knows how it was reached first. */

#ifndef CP_EXPLORE_GRAPH_H
#define CP_EXPLORE_GRAPH_H

#include "monitor.h"
#include "state.h"

typedef struct {
    uint8_t evse[STATE_BYTES];
    monitor_t monitor;
} node_t;

typedef struct {
    uint32_t from; /* node that it was reached from first */
    uint16_t by;   /* number of what happened then */
} step_t;

typedef struct {
    node_t *node;
    step_t *step;
    uint32_t *slot; /* open addressing: number of a node and one more, 0: free */
    uint32_t count;
    uint32_t capacity;
    uint32_t slots; /* a power of two */
} graph_t;

void graph_init(graph_t *g);
void graph_free(graph_t *g);

/* Add a node; does nothing if it is there. */
void graph_add(graph_t *g, const node_t *node, uint32_t from, uint16_t by);

#endif
