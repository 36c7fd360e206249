/* The simulated coprocessor as a process: a pty for the link, a socket for the plant, a file for the world. */

#include "cp_sim.h"
#include "options.h"
#include "plant_socket.h"
#include "pty_line.h"
#include "world_file.h"

#include <errno.h>
#include <libgen.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 10.0
/* The vehicle's battery and the like are kept this often; flash at once. */
#define KEEP_MS 1000
/* A process that was stopped for longer than this does not catch up with all of it. */
#define CATCH_UP_MS 60000

static volatile sig_atomic_t asked_to_stop;

static void on_signal(int number)
{
    (void)number;
    asked_to_stop = 1;
}

typedef struct {
    cp_options_t options;
    cp_sim_t *sim;
    cp_pty_line_t line;
    cp_plant_socket_t plant;
    cp_world_file_t world;
    char directory[4096];
    int64_t run_until_ms; /* real time that the simulation has reached */
    double rest_us;       /* simulated, not yet a whole one */
    int64_t met_ms;       /* somebody was last connected */
    int64_t kept_ms;
    uint32_t stored;
} process_t;

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Bring the simulation up to the present. */
static void catch_up(process_t *p, int64_t now)
{
    const int64_t behind = now - p->run_until_ms;
    const int64_t taken = behind < CATCH_UP_MS ? behind : CATCH_UP_MS;
    double due_us = (double)taken * 1000.0 * p->options.speed + p->rest_us;

    p->run_until_ms = now;
    while (due_us >= 1.0) {
        const double part = due_us < 1e9 ? floor(due_us) : 1e9;
        cp_sim_step(p->sim, (uint32_t)part);
        due_us -= part;
    }
    p->rest_us = due_us;
}

static void move_link(process_t *p, int64_t now)
{
    uint8_t bytes[sizeof p->line.rest];
    size_t len = 0;

    while ((len = cp_pty_read(&p->line, bytes, sizeof bytes)) > 0u) {
        (void)cp_sim_link_write(p->sim, bytes, len);
        p->met_ms = now;
    }
    if (cp_pty_was_read(&p->line)) {
        p->met_ms = now;
    }
    while (cp_pty_takes(&p->line, now) && (len = cp_sim_link_read(p->sim, bytes, sizeof bytes)) > 0u) {
        cp_pty_give(&p->line, bytes, len, now);
    }
}

static void keep_world(process_t *p, int64_t now)
{
    const uint32_t stored = cp_sim_store_count(p->sim);

    if (stored != p->stored || now - p->kept_ms >= KEEP_MS) {
        p->stored = stored;
        p->kept_ms = now;
        cp_world_keep(&p->world, p->sim);
    }
}

static void wait_for_work(process_t *p)
{
    struct pollfd fds[2u + CP_PLANT_CLIENTS_MAX];
    const size_t count = 1u + cp_plant_socket_polls(&p->plant, &fds[1]);
    const double timeout_ms = TICK_MS / p->options.speed;

    fds[0] = (struct pollfd){.fd = p->line.master, .events = POLLIN};
    (void)poll(fds, (nfds_t)count, timeout_ms < 1.0 ? 1 : timeout_ms > 100.0 ? 100 : (int)timeout_ms);
}

/* Nobody has been connected for too long, or the place of the link is gone. */
static bool is_over(const process_t *p, int64_t now)
{
    struct stat status;
    const bool idle = p->options.idle_exit_s > 0.0 && (double)(now - p->met_ms) >= p->options.idle_exit_s * 1000.0;

    return idle || stat(p->directory, &status) != 0;
}

static void run(process_t *p)
{
    p->run_until_ms = now_ms();
    p->met_ms = p->run_until_ms;
    while (asked_to_stop == 0) {
        wait_for_work(p);
        const int64_t now = now_ms();
        catch_up(p, now);
        if (cp_plant_socket_serve(&p->plant, p->sim)) {
            p->met_ms = now;
        }
        move_link(p, now);
        keep_world(p, now);
        if (is_over(p, now)) {
            break;
        }
    }
    cp_world_keep(&p->world, p->sim);
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGHUP, &action, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

/* Locally administered, and of this world: derived from the seed. */
static void make_mac(uint32_t seed, uint8_t mac[6])
{
    mac[0] = 0x02;
    mac[1] = 0x43;
    for (unsigned i = 0; i < 4u; i++) {
        mac[2u + i] = (uint8_t)(seed >> (24u - 8u * i) & 0xFFu);
    }
}

static bool start(process_t *p)
{
    uint8_t mac[6];
    char path[sizeof p->directory];

    if (strlen(p->options.link_path) >= sizeof path) {
        (void)fprintf(stderr, "cp-coprocessor: --link: path too long\n");
        return false;
    }
    (void)strcpy(path, p->options.link_path);
    (void)strcpy(p->directory, dirname(path));
    p->sim = malloc(cp_sim_size());
    if (p->sim == NULL) {
        (void)fprintf(stderr, "cp-coprocessor: out of memory\n");
        return false;
    }
    make_mac(p->options.seed, mac);
    cp_sim_init(p->sim, p->options.evse_count, mac, p->options.seed);
    return cp_world_load(&p->world, p->options.world_path, p->sim) &&
           cp_plant_socket_open(&p->plant, p->options.plant_path) && cp_pty_open(&p->line, p->options.link_path);
}

int main(int argc, char **argv)
{
    static process_t process;

    process.line.master = -1;
    process.line.slave = -1;
    process.plant.listener = -1;
    for (unsigned i = 0; i < CP_PLANT_CLIENTS_MAX; i++) {
        process.plant.client[i].fd = -1;
    }
    if (!cp_options_read(&process.options, argc, argv)) {
        return 2;
    }
    catch_signals();
    const bool started = start(&process);
    if (started) {
        run(&process);
    }
    cp_pty_close(&process.line);
    cp_plant_socket_close(&process.plant);
    free(process.sim);
    return started ? 0 : 1;
}
