/* Checks of the safety property that name the clauses which do not hold. */

#ifndef CLAUSES_H
#define CLAUSES_H

#include "cp_invariant.h"
#include "cp_test.h"

/* Stop unless no clause is broken. */
#define CHECK_CLAUSES(broken) clauses_check(broken, __FILE__, __LINE__)

static inline void clauses_check(uint32_t broken, const char *file, int line)
{
    for (unsigned i = 0; i < CP_CLAUSES; i++) {
        if ((broken & CP_CLAUSE(i)) != 0u) {
            (void)fprintf(stderr, "%s:%d: broken: %s\n", file, line, cp_clause_name(i));
        }
    }
    if (broken != 0u) {
        exit(1);
    }
}

#endif
