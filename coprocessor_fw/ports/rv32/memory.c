/* The four functions that a compiler may call in freestanding code. */

#include <stdint.h>
#include <string.h>

/* A word of memory, whatever else it is. */
typedef uint32_t __attribute__((may_alias)) word_t;

#define IS_OF_WORDS(address) ((uintptr_t)(address) % sizeof(word_t) == 0u)

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
    uint8_t *const out = to;
    const uint8_t *const in = from;
    size_t done = 0;

    if (IS_OF_WORDS(to) && IS_OF_WORDS(from)) {
        for (; len - done >= sizeof(word_t); done += sizeof(word_t)) {
            *(word_t *)(void *)&out[done] = *(const word_t *)(const void *)&in[done];
        }
    }
    for (; done < len; done++) {
        out[done] = in[done];
    }
    return to;
}

void *memmove(void *to, const void *from, size_t len)
{
    uint8_t *const out = to;
    const uint8_t *const in = from;

    if (out < in) {
        for (size_t i = 0; i < len; i++) {
            out[i] = in[i];
        }
    } else {
        for (size_t i = len; i > 0u; i--) {
            out[i - 1u] = in[i - 1u];
        }
    }
    return to;
}

void *memset(void *to, int value, size_t len)
{
    uint8_t *const out = to;
    const uint8_t byte = (uint8_t)value;
    size_t done = 0;

    if (IS_OF_WORDS(to)) {
        for (; len - done >= sizeof(word_t); done += sizeof(word_t)) {
            *(word_t *)(void *)&out[done] = byte * 0x01010101u;
        }
    }
    for (; done < len; done++) {
        out[done] = byte;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t len)
{
    const uint8_t *const left = a;
    const uint8_t *const right = b;

    for (size_t i = 0; i < len; i++) {
        if (left[i] != right[i]) {
            return left[i] < right[i] ? -1 : 1;
        }
    }
    return 0;
}
