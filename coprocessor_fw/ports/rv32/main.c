/* The firmware on bare metal: one loop that is woken each millisecond and by every byte. UART0 is the link; by UART1
 * the plant protocol moves the simulated vehicle, which stands where a board has its inputs. */

#include "board.h"
#include "cp_timing.h"
#include "machine.h"
#include "past.h"
#include "pins.h"
#include "uart.h"

#include <stdbool.h>

#define TICK_US 1000u
/* What a line of 115200 baud takes in a millisecond, rounded up; QEMU's takes any number. */
#define BYTES_PER_MS 12u
/* Bytes that are taken at once: more than a line brings in a tick, and a bound. */
#define CHUNK_BYTES 64u
/* Time for the last answer to leave before a restart. */
#define ANSWER_US 100000u

typedef struct {
    cp_sim_t board;
    uart_t link;
    uart_t plant;
    uint64_t origin_us; /* the machine's clock at the start, less what the plant protocol skipped */
    uint64_t alarm_us;
    bool leaving;
    cp_reset_reason_t reason;
    uint64_t leave_us;
} firmware_t;

static firmware_t fw; /* the interrupts' too */

/* ---------------------------------------------------------------- interrupts */

static void wake_again(void)
{
    const uint64_t now_us = machine_now_us();

    fw.alarm_us += TICK_US;
    fw.alarm_us = fw.alarm_us > now_us ? fw.alarm_us : now_us + TICK_US;
    machine_alarm(fw.alarm_us);
}

static void serve_platform(void)
{
    for (uint32_t irq = machine_claim(); irq != 0u; irq = machine_claim()) {
        uart_interrupt(irq == MACHINE_IRQ_UART0 ? &fw.link : &fw.plant);
        machine_complete(irq);
    }
}

/* Interrupts move bytes and wake the loop. Whatever else comes here is a fault of this program: everything off, and a
 * restart that tells. */
void trap(void)
{
    switch (machine_cause()) {
    case MACHINE_CAUSE_TIMER:
        wake_again();
        break;
    case MACHINE_CAUSE_PLATFORM:
        serve_platform();
        break;
    default:
        pins_off();
        past_leave(&fw.board, CP_RESET_REASON_PANIC);
    }
}

/* ---------------------------------------------------------------- the two lines */

static void hear_link(void)
{
    uint8_t bytes[CHUNK_BYTES];

    cp_coprocessor_rx(&fw.board.cp, fw.board.now_us, bytes, uart_take(&fw.link, bytes, sizeof bytes));
}

static void say_link(size_t most)
{
    uint8_t bytes[BYTES_PER_MS * CP_STEP_MAX_MS];

    uart_send(&fw.link, bytes, cp_coprocessor_tx(&fw.board.cp, bytes, most));
}

static void hear_plant(void)
{
    uint8_t bytes[CHUNK_BYTES];

    cp_plant_port_take(&fw.board.port, &fw.board, bytes, uart_take(&fw.plant, bytes, sizeof bytes));
}

static void say_plant(void)
{
    uint8_t bytes[CHUNK_BYTES];

    uart_send(&fw.plant, bytes, cp_plant_port_drain(&fw.board.port, bytes, sizeof bytes));
}

/* ---------------------------------------------------------------- time */

static void step(uint32_t step_us)
{
    hear_link();
    board_step(&fw.board, step_us);
    say_link(step_us / 1000u * BYTES_PER_MS);
}

/* See sim_inner.h and cp_sim.h: what the plant protocol asks of its world. */

void sim_restart(cp_sim_t *board, cp_reset_reason_t reason)
{
    fw.leave_us = board->now_us + ANSWER_US;
    fw.reason = reason;
    fw.leaving = true;
}

void sim_apply(cp_sim_t *board)
{
    (void)board; /* the answer leaves after the tick that follows */
}

void cp_sim_step(void *board, uint32_t dt_us)
{
    (void)board;
    for (uint32_t rest_us = dt_us - dt_us % TICK_US; rest_us > 0u;) {
        const uint32_t part_us = rest_us < CP_STEP_MAX_MS * 1000u ? rest_us : CP_STEP_MAX_MS * 1000u;
        step(part_us);
        fw.origin_us -= part_us;
        rest_us -= part_us;
    }
}

/* A panic is made as it comes: by an instruction that there is not. */
static void leave_if_due(void)
{
    if (fw.board.out.restart && !fw.leaving) {
        sim_restart(&fw.board, CP_RESET_REASON_SOFTWARE);
    }
    if (!fw.leaving || fw.board.now_us < fw.leave_us) {
        return;
    }
    if (fw.reason == CP_RESET_REASON_PANIC) {
        machine_fail();
    }
    past_leave(&fw.board, fw.reason);
}

int main(void)
{
    static const uint32_t irqs[] = {MACHINE_IRQ_UART0, MACHINE_IRQ_UART1};

    board_open(&fw.board);
    uart_open(&fw.link, UART0_ADDRESS);
    uart_open(&fw.plant, UART1_ADDRESS);
    fw.origin_us = machine_now_us();
    fw.alarm_us = fw.origin_us;
    wake_again();
    machine_listen(irqs, sizeof irqs / sizeof irqs[0]);
    for (;;) {
        machine_sleep();
        while (machine_now_us() - fw.origin_us - fw.board.now_us >= TICK_US) {
            hear_plant();
            step(TICK_US);
            say_plant();
            leave_if_due();
        }
    }
}
