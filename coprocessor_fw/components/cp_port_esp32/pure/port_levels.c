#include "port_levels.h"

void port_sort(uint16_t *samples, size_t count)
{
    static const size_t gaps[] = {57, 23, 10, 4, 1}; /* Ciura's: about n log n for what one window holds */

    for (size_t g = 0; g < sizeof gaps / sizeof gaps[0]; g++) {
        for (size_t i = gaps[g]; i < count; i++) {
            const uint16_t sample = samples[i];
            size_t j = i;
            for (; j >= gaps[g] && samples[j - gaps[g]] > sample; j -= gaps[g]) {
                samples[j] = samples[j - gaps[g]];
            }
            samples[j] = sample;
        }
    }
}

/* Mean of samples first..last-1, at least one. */
static uint16_t mean(const uint16_t *samples, size_t first, size_t last)
{
    uint32_t sum = 0;

    for (size_t i = first; i < last; i++) {
        sum += samples[i];
    }
    const uint32_t count = (uint32_t)(last - first);
    return (uint16_t)((sum + count / 2u) / count);
}

port_levels_t port_levels(const uint16_t *sorted, size_t count, uint16_t spread)
{
    size_t split = 0;

    if (count == 0u) {
        return (port_levels_t){.high = 0, .low = 0};
    }
    if (sorted[count - 1u] - sorted[0] < spread) {
        const uint16_t level = mean(sorted, count / 4u, count - count / 4u);
        return (port_levels_t){.high = level, .low = level};
    }
    const uint32_t middle = ((uint32_t)sorted[0] + sorted[count - 1u]) / 2u;
    while (sorted[split] <= middle) {
        split++;
    }
    const size_t highs = count - split;
    return (port_levels_t){
        .high = mean(sorted, split + highs / 2u, count - highs / 4u),
        .low = mean(sorted, split / 4u, split - split / 2u),
    };
}
