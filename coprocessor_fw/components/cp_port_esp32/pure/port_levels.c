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

uint16_t port_middle_mean(const uint16_t *sorted, size_t count)
{
    const size_t cut = count / 4u;
    uint32_t sum = 0;

    if (count == 0u) {
        return 0;
    }
    for (size_t i = cut; i < count - cut; i++) {
        sum += sorted[i];
    }
    const uint32_t kept = (uint32_t)(count - 2u * cut);
    return (uint16_t)((sum + kept / 2u) / kept);
}

port_levels_t port_levels(const uint16_t *sorted, size_t count, uint16_t spread)
{
    size_t split = 0;

    if (count == 0u || sorted[count - 1u] - sorted[0] < spread) {
        const uint16_t level = port_middle_mean(sorted, count);
        return (port_levels_t){.high = level, .low = level};
    }
    const uint32_t middle = ((uint32_t)sorted[0] + sorted[count - 1u]) / 2u;
    while (sorted[split] <= middle) {
        split++;
    }
    return (port_levels_t){
        .high = port_middle_mean(&sorted[split], count - split),
        .low = port_middle_mean(sorted, split),
    };
}
