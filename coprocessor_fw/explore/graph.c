#include "graph.h"

#include "cp_test.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 4096u

static void *grow(void *place, size_t count, size_t size)
{
    void *const grown = realloc(place, count * size);

    CHECK(grown != NULL);
    return grown;
}

static uint64_t hash(const node_t *node)
{
    const uint8_t *const bytes = (const uint8_t *)node;
    uint64_t h = 0x9E3779B97F4A7C15u;

    _Static_assert(sizeof(node_t) % sizeof(uint64_t) == 0u, "hashed in words");
    for (size_t i = 0; i < sizeof *node; i += sizeof h) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof word);
        h = (h ^ word) * 0xFF51AFD7ED558CCDu;
        h ^= h >> 32;
    }
    return h;
}

void graph_init(graph_t *g)
{
    *g = (graph_t){.capacity = FIRST_SLOTS / 2u, .slots = FIRST_SLOTS};
    g->node = grow(NULL, g->capacity, sizeof *g->node);
    g->step = grow(NULL, g->capacity, sizeof *g->step);
    g->slot = calloc(g->slots, sizeof *g->slot);
    CHECK(g->slot != NULL);
}

void graph_free(graph_t *g)
{
    free(g->node);
    free(g->step);
    free(g->slot);
}

static uint32_t *find(const graph_t *g, const node_t *node)
{
    uint32_t at = (uint32_t)hash(node) & (g->slots - 1u);

    while (g->slot[at] != 0u && memcmp(&g->node[g->slot[at] - 1u], node, sizeof *node) != 0) {
        at = (at + 1u) & (g->slots - 1u);
    }
    return &g->slot[at];
}

static void enlarge(graph_t *g)
{
    free(g->slot);
    g->slots *= 2u;
    g->capacity *= 2u;
    CHECK(g->slots != 0u);
    g->node = grow(g->node, g->capacity, sizeof *g->node);
    g->step = grow(g->step, g->capacity, sizeof *g->step);
    g->slot = calloc(g->slots, sizeof *g->slot);
    CHECK(g->slot != NULL);
    for (uint32_t i = 0; i < g->count; i++) {
        *find(g, &g->node[i]) = i + 1u;
    }
}

void graph_add(graph_t *g, const node_t *node, uint32_t from, uint16_t by)
{
    uint32_t *place = find(g, node);

    if (*place != 0u) {
        return;
    }
    if (g->count == g->capacity) {
        enlarge(g);
        place = find(g, node);
    }
    g->node[g->count] = *node;
    g->step[g->count] = (step_t){.from = from, .by = by};
    g->count++;
    *place = g->count;
}
