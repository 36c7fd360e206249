/* The safety task: each millisecond read the pins, let the core decide, drive the pins.
 *
 * It takes no lock that a lower task holds, allocates nothing, prints nothing, and writes flash only when the core asks
 * for it, which is when every contactor is open. */

#include "app.h"

#include "board.h"
#include "port_chip.h"
#include "port_io.h"
#include "port_log.h"
#include "port_off.h"
#include "port_store.h"
#include "port_tick.h"

#include "esp_log.h"
#include "esp_system.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "sdkconfig.h"

#if CONFIG_CP_EMULATOR
#include "emulator.h"
#endif

#define PRIORITY (configMAX_PRIORITIES - 1)
#if CONFIG_FREERTOS_UNICORE
#define CORE 0
#else
#define CORE 1 /* the link, the flash's and the timers' interrupts are on core 0 */
#endif
/* The core's own depth is about 2 kB (a tick that reports into a frame); the drivers' and an interrupt's come on top.
 * The canary and the end-of-stack watchpoint of sdkconfig.defaults guard what remains of it. */
#define STACK_BYTES 8192u

/* Bytes of the line that are taken in one tick: five times what it can bring, so it never piles up, and a bound. */
#define BYTES_PER_TICK 64u
/* A new commissioned configuration is told to the host before the restart that puts it into force. */
#define TELL_MS 1000u
/* Time for the last answer to leave before a restart: what the core's buffer holds takes the line 180 ms. */
#define ANSWER_MS 200u
/* Waited for before a flash write that failed is tried again. */
#define STORE_RETRY_MS 1000u

typedef struct {
    app_t *app;
    cp_coprocessor_t core;
    cp_inputs_t in;
    cp_outputs_t out;
    uint8_t image[CP_NVM_SIZE];
    uint32_t commissioned_crc; /* of the configuration that is read by */
    cp_pins_t pins;            /* as they were set up */
    bool stale;                /* others are in force */
    uint64_t stale_us;
    uint64_t store_us;  /* not before */
    uint64_t asleep_us; /* before the first tick and in flash writes: nothing was sensed or driven */
    bool leaving;       /* a restart was asked for */
    uint64_t leave_us;
} safety_t;

static const char TAG[] = "safety";

static safety_t safety;
static StackType_t stack[STACK_BYTES / sizeof(StackType_t)];
static StaticTask_t task;

static uint32_t commissioned_crc(const safety_t *s)
{
    return cp_coprocessor_config(&s->core)->crc[CP_CONFIG_SET_COMMISSIONED];
}

static void open_board(safety_t *s)
{
    const size_t len = port_store_load(s->image);
#if CONFIG_CP_EMULATOR
    emulator_open();
#endif
    const cp_board_t board = board_describe(s->image, len);

    cp_coprocessor_init(&s->core, &board, port_past_core(), s->image, len);
    s->commissioned_crc = commissioned_crc(s);
    s->pins = cp_coprocessor_config(&s->core)->pins;
    if (!port_io_open(cp_coprocessor_config(&s->core), port_chip_name())) {
        ESP_LOGE(TAG, "a pin, the pilot's generator or the converter was refused: no EVSE will serve");
    }
}

static void hear(safety_t *s, uint64_t now_us)
{
    uint8_t bytes[BYTES_PER_TICK];

    cp_coprocessor_rx(&s->core, now_us, bytes, port_ring_take(&s->app->heard, bytes, sizeof bytes));
}

static void say(safety_t *s)
{
    uint8_t bytes[BYTES_PER_TICK];
    const size_t room = port_ring_room(&s->app->said);
    const size_t len = cp_coprocessor_tx(&s->core, bytes, room < sizeof bytes ? room : sizeof bytes);

    (void)port_ring_put(&s->app->said, bytes, len);
}

static void say_logs(safety_t *s)
{
    port_log_line_t line;

    if (port_log_take(&line)) {
        cp_link_log(&s->core.link, (cp_log_level_t)line.level, "esp-idf", line.text);
    }
}

static void read_inputs(safety_t *s, uint64_t now_us)
{
    port_io_read(now_us, &s->in);
#if CONFIG_CP_EMULATOR
    emulator_read(now_us, &s->out, &s->in);
#endif
}

static bool pins_are(const cp_pins_t *a, const cp_pins_t *b)
{
    bool same = a->count == b->count;

    for (uint8_t i = 0; same && i < a->count; i++) {
        same = a->pin[i].evse == b->pin[i].evse && a->pin[i].role == b->pin[i].role &&
               a->pin[i].gpio == b->pin[i].gpio && a->pin[i].flags == b->pin[i].flags;
    }
    return same;
}

/* A new configuration came into force, which it does with every contactor open. Other scales are taken over. With other
 * pins nothing that is read is true any more, and nothing may be driven; the restart that sets them up comes when the
 * host has been told. */
static void notice_configuration(safety_t *s, uint64_t now_us)
{
    if (commissioned_crc(s) != s->commissioned_crc) {
        s->commissioned_crc = commissioned_crc(s);
        if (!s->stale && pins_are(&cp_coprocessor_config(&s->core)->pins, &s->pins)) {
            port_io_rescale(cp_coprocessor_config(&s->core));
        } else {
            s->stale = true;
            s->stale_us = now_us;
            port_io_close();
        }
    }
    if (s->stale && now_us - s->stale_us >= TELL_MS * 1000u && !s->out.store) {
        port_chip_restart(CP_REBOOT_MODE_APPLICATION);
    }
}

/* The core's clock stands still meanwhile. Were it to run on, the core would take the levels of before for those of all
 * that time, and a self-test that had just begun would fail by them. */
static void store(safety_t *s, uint64_t now_us)
{
    if (!s->out.store || now_us < s->store_us) {
        return;
    }
    const uint64_t began_us = port_tick_now_us();
    port_tick_feed();
    if (port_store_save(s->image, cp_coprocessor_nvm(&s->core, s->image))) {
        cp_coprocessor_stored(&s->core);
    } else {
        s->store_us = now_us + STORE_RETRY_MS * 1000u;
    }
    port_tick_feed();
    s->asleep_us += port_tick_now_us() - began_us;
}

static void tick(safety_t *s, uint64_t now_us)
{
    read_inputs(s, now_us);
    cp_coprocessor_tick(&s->core, now_us, &s->in, &s->out);
    port_io_write(&s->out);
    port_io_feed();
    port_past_keep(cp_coprocessor_rtc(&s->core));
}

static void measure(safety_t *s, uint32_t beats, uint64_t began_us)
{
    const unsigned took_us = (unsigned)(port_tick_now_us() - began_us);

    if (beats > 1u) {
        (void)atomic_fetch_add_explicit(&s->app->overruns, beats - 1u, memory_order_relaxed);
    }
    if (took_us > atomic_load_explicit(&s->app->longest_us, memory_order_relaxed)) {
        atomic_store_explicit(&s->app->longest_us, took_us, memory_order_relaxed);
    }
}

static void restart_if_asked(safety_t *s, uint64_t now_us)
{
    if (!s->out.restart || s->out.store) {
        return;
    }
    s->leave_us = s->leaving ? s->leave_us : now_us;
    s->leaving = true;
    if (now_us - s->leave_us >= ANSWER_MS * 1000u) {
        port_chip_restart((cp_reboot_mode_t)s->out.restart_mode);
    }
}

/* The core's clock. */
static uint64_t now(const safety_t *s)
{
#if CONFIG_CP_EMULATOR
    return port_tick_now_us() - s->asleep_us + emulator_ahead_us();
#else
    return port_tick_now_us() - s->asleep_us;
#endif
}

#if CONFIG_CP_EMULATOR
/* The plant protocol: inputs before the tick, the time that it skips tick by tick, answers after both. */
static void hear_plant(safety_t *s)
{
    uint8_t bytes[BYTES_PER_TICK];

    emulator_hear(bytes, port_ring_take(&s->app->plant_heard, bytes, sizeof bytes));
    while (emulator_advance()) {
        tick(s, now(s));
        port_tick_feed();
    }
}

static void say_plant(safety_t *s, uint64_t now_us)
{
    uint8_t bytes[BYTES_PER_TICK];
    const size_t room = port_ring_room(&s->app->plant_said);

    (void)port_ring_put(&s->app->plant_said, bytes, emulator_say(bytes, room < sizeof bytes ? room : sizeof bytes));
    emulator_restart_if_due(now_us);
}
#endif

static void run(void *argument)
{
    safety_t *const s = &safety;

    s->app = argument;
    open_board(s);
    if (!port_tick_open()) {
        esp_restart();
    }
    s->asleep_us = port_tick_now_us();
    for (;;) {
        const uint32_t beats = port_tick_wait();
        const uint64_t began_us = port_tick_now_us();
#if CONFIG_CP_EMULATOR
        hear_plant(s);
#endif
        const uint64_t now_us = now(s);
        hear(s, now_us);
        tick(s, now_us);
        say_logs(s);
        say(s);
#if CONFIG_CP_EMULATOR
        say_plant(s, now_us);
#endif
        measure(s, beats, began_us);
        notice_configuration(s, now_us);
        store(s, now_us);
        restart_if_asked(s, now_us);
    }
}

void safety_task_start(app_t *app)
{
    (void)xTaskCreateStaticPinnedToCore(run, "safety", STACK_BYTES, app, PRIORITY, stack, &task, CORE);
}
