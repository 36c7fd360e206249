#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: cp-coprocessor --link PATH [--plant PATH] [--world FILE] [--evses N] [--speed X] [--seed N] [--idle-exit "
    "S]\n"
    "\n"
    "The coprocessor's firmware with simulated vehicles. The link is a pty that PATH points to.\n"
    "  --link PATH      symlink to make; the host opens it as its serial port\n"
    "  --plant PATH     unix socket that takes the plant protocol\n"
    "  --world FILE     flash and vehicles, kept over restarts\n"
    "  --evses N        1..4 (1)\n"
    "  --speed X        times faster than life, 0.01..10000 (1)\n"
    "  --seed N         seed of every nonce (1)\n"
    "  --idle-exit S    leave when nobody was heard for so long, in seconds of real time\n";

static bool read_number(const char *name, const char *text, double low, double high, double *value)
{
    char *end = NULL;
    const double read = strtod(text, &end);

    if (end == text || *end != '\0' || !(read >= low && read <= high)) {
        (void)fprintf(stderr, "cp-coprocessor: --%s: %s is not a number from %g to %g\n", name, text, low, high);
        return false;
    }
    *value = read;
    return true;
}

bool cp_options_read(cp_options_t *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"link", required_argument, NULL, 'l'},
        {"plant", required_argument, NULL, 'p'},
        {"world", required_argument, NULL, 'w'},
        {"evses", required_argument, NULL, 'e'},
        {"speed", required_argument, NULL, 's'},
        {"seed", required_argument, NULL, 'r'},
        {"idle-exit", required_argument, NULL, 'i'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    double evses = 1;
    double seed = 1;
    bool good = true;
    int found = 0;

    *options = (cp_options_t){.speed = 1};
    while (good && (found = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (found) {
        case 'l':
            options->link_path = optarg;
            break;
        case 'p':
            options->plant_path = optarg;
            break;
        case 'w':
            options->world_path = optarg;
            break;
        case 'e':
            good = read_number("evses", optarg, 1, 4, &evses);
            break;
        case 's':
            good = read_number("speed", optarg, 0.01, 10000, &options->speed);
            break;
        case 'r':
            good = read_number("seed", optarg, 0, UINT32_MAX, &seed);
            break;
        case 'i':
            good = read_number("idle-exit", optarg, 0.1, 1e9, &options->idle_exit_s);
            break;
        case 'h':
            (void)fputs(usage, stdout);
            exit(0);
        default:
            good = false;
            break;
        }
    }
    if (good && (options->link_path == NULL || optind < argc)) {
        (void)fputs(usage, stderr);
        good = false;
    }
    options->evse_count = (uint8_t)evses;
    options->seed = (uint32_t)seed;
    return good;
}
