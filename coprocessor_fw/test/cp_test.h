/* The tests' whole framework: a check that stops at the first failure and says where, and a table of named tests. */

#ifndef CP_TEST_H
#define CP_TEST_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    const char *name; /* a sentence, its words joined by underscores */
    void (*run)(void);
} cp_test_t;

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                              \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

#define CHECK_EQ(actual, expected)                                                                                     \
    do {                                                                                                               \
        const int64_t actual_ = (int64_t)(actual);                                                                     \
        const int64_t expected_ = (int64_t)(expected);                                                                 \
        if (actual_ != expected_) {                                                                                    \
            (void)fprintf(stderr, "%s:%d: %s is %" PRId64 ", expected %" PRId64 "\n", __FILE__, __LINE__, #actual,     \
                          actual_, expected_);                                                                         \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

#define CHECK_BETWEEN(actual, low, high)                                                                               \
    do {                                                                                                               \
        const int64_t actual_ = (int64_t)(actual);                                                                     \
        if (actual_ < (int64_t)(low) || actual_ > (int64_t)(high)) {                                                   \
            (void)fprintf(stderr, "%s:%d: %s is %" PRId64 ", expected %" PRId64 "..%" PRId64 "\n", __FILE__, __LINE__, \
                          #actual, actual_, (int64_t)(low), (int64_t)(high));                                          \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

/* An entry of the table. */
#define TEST(function) {#function, function}

static inline void cp_test_announce(const char *name)
{
    (void)fputs("- ", stdout);
    for (; *name != '\0'; name++) {
        (void)fputc(*name == '_' ? ' ' : *name, stdout);
    }
    (void)fputc('\n', stdout);
    (void)fflush(stdout);
}

/* Run every test of a table; the last line says how many there were. */
static inline int cp_tests_run(const cp_test_t *tests, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cp_test_announce(tests[i].name);
        tests[i].run();
    }
    (void)printf("%zu tests passed\n", count);
    return 0;
}

#define RUN_TESTS(table) cp_tests_run(table, sizeof(table) / sizeof(table)[0])

#endif
