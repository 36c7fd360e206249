/* All test programs in one, so that a mutant costs one link: `runner NAME:MS...` runs these in turn, each in a process of
 * its own with so much processor time, and prints the first that fails, and whether it failed or looped; `runner` alone
 * runs all and prints what each took. */

#define _GNU_SOURCE

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

typedef struct {
    const char *name;
    int (*main)(int argc, char **argv);
} program_t;

#define PROGRAM(name) int main_##name(int argc, char **argv);
#include "programs.inc"
#undef PROGRAM

#define PROGRAM(name) {#name, main_##name},
static const program_t programs[] = {
#include "programs.inc"
};

#define PROGRAMS (sizeof programs / sizeof programs[0])

static void limit(long ms)
{
    const struct itimerval timer = {.it_value = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000}};
    const struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
    (void)setitimer(ITIMER_PROF, &timer, NULL);
}

/* Run one program with its output thrown away; its status as wait(2) has it, and the processor time that it took. */
static int run(const program_t *program, long ms, long *took_ms)
{
    char *argv[] = {(char *)program->name, strcmp(program->name, "vectors") == 0 ? VECTORS : NULL, NULL};
    struct rusage usage;
    int status = -1;

    const pid_t child = fork();
    if (child == 0) {
        const int nowhere = open("/dev/null", O_WRONLY);
        (void)dup2(nowhere, 1);
        (void)dup2(nowhere, 2);
        limit(ms);
        exit(program->main(argv[1] != NULL ? 2 : 1, argv));
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        exit(2);
    }
    *took_ms = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
               (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
    return status;
}

static const program_t *find(const char *name, size_t length)
{
    for (size_t i = 0; i < PROGRAMS; i++) {
        if (strlen(programs[i].name) == length && strncmp(programs[i].name, name, length) == 0) {
            return &programs[i];
        }
    }
    exit(2);
}

int main(int argc, char **argv)
{
    long took_ms = 0;

    for (size_t i = 0; i < PROGRAMS && argc == 1; i++) {
        const int status = run(&programs[i], 600000, &took_ms);
        (void)printf("%s %ld %s\n", programs[i].name, took_ms, status == 0 ? "passed" : "failed");
    }
    for (int i = 1; i < argc; i++) {
        const char *const colon = strchr(argv[i], ':');
        if (colon == NULL) {
            return 2;
        }
        const program_t *const program = find(argv[i], (size_t)(colon - argv[i]));
        const int status = run(program, strtol(colon + 1, NULL, 10), &took_ms);
        if (status != 0) {
            const int looped = WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF;
            (void)printf("%s %s\n", program->name, looped ? "looped" : "failed");
            return 0;
        }
    }
    return 0;
}
