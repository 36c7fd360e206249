/* What outlives a power cut or a reset: two slots of flash, and the record of the outputs. */

#include "cp_test.h"

#include "port_past.h"
#include "port_slots.h"

#include <string.h>

#define IMAGE_LEN 100u

/* Flash with two slots, as the port uses it. */
typedef struct {
    uint8_t slot[PORT_SLOTS][IMAGE_LEN + PORT_SLOT_TAIL];
} flash_t;

static port_slots_t scan(const flash_t *flash)
{
    port_slots_t slots = {0};

    for (unsigned i = 0; i < PORT_SLOTS; i++) {
        slots.whole[i] = port_slot_is_whole(flash->slot[i], sizeof flash->slot[i], &slots.generation[i]);
    }
    return slots;
}

/* Write an image filled with `mark`; the power is cut after `bytes`. */
static void write_cut(flash_t *flash, uint8_t mark, size_t bytes)
{
    const port_slots_t slots = scan(flash);
    uint8_t buffer[IMAGE_LEN + PORT_SLOT_TAIL];
    uint32_t generation = 0;
    const unsigned slot = port_slots_next(&slots, &generation);

    memset(buffer, mark, IMAGE_LEN);
    CHECK_EQ(port_slot_seal(buffer, IMAGE_LEN, generation), sizeof buffer);
    memcpy(flash->slot[slot], buffer, bytes);
}

/* Mark of the image that a start would read; -1 if there is none. */
static int read_mark(const flash_t *flash)
{
    const port_slots_t slots = scan(flash);
    const int newest = port_slots_newest(&slots);

    return newest < 0 ? -1 : flash->slot[newest][0];
}

static void a_new_flash_holds_nothing(void)
{
    flash_t flash;

    memset(&flash, 0xFF, sizeof flash);
    CHECK_EQ(read_mark(&flash), -1);
    memset(&flash, 0, sizeof flash);
    CHECK_EQ(read_mark(&flash), -1);
}

static void the_last_image_written_is_the_one_read(void)
{
    flash_t flash = {{{0}}};

    for (uint8_t mark = 1; mark < 20u; mark++) {
        write_cut(&flash, mark, sizeof flash.slot[0]);
        CHECK_EQ(read_mark(&flash), mark);
    }
}

static void a_power_cut_at_any_byte_keeps_the_image_before(void)
{
    for (size_t bytes = 0; bytes < IMAGE_LEN + PORT_SLOT_TAIL; bytes++) {
        flash_t flash = {{{0}}};
        write_cut(&flash, 1, sizeof flash.slot[0]);
        write_cut(&flash, 2, sizeof flash.slot[0]);
        write_cut(&flash, 3, bytes);
        CHECK_EQ(read_mark(&flash), 2);
        write_cut(&flash, 4, sizeof flash.slot[0]);
        CHECK_EQ(read_mark(&flash), 4);
    }
}

static void generations_may_wrap(void)
{
    const port_slots_t slots = {.whole = {true, true}, .generation = {UINT32_MAX, 0}};
    const port_slots_t swapped = {.whole = {true, true}, .generation = {0, UINT32_MAX}};
    uint32_t generation = 9;

    CHECK_EQ(port_slots_newest(&slots), 1);
    CHECK_EQ(port_slots_newest(&swapped), 0);
    CHECK_EQ(port_slots_next(&slots, &generation), 0);
    CHECK_EQ(generation, 1);
}

static void a_slot_shorter_than_its_tail_is_none(void)
{
    const uint8_t bytes[PORT_SLOT_TAIL] = {0};
    uint32_t generation = 5;

    for (size_t len = 0; len < PORT_SLOT_TAIL; len++) {
        CHECK(!port_slot_is_whole(bytes, len, &generation));
    }
    CHECK_EQ(generation, 5);
}

static void the_outputs_of_an_earlier_run_are_believed_only_if_whole(void)
{
    port_past_t past = {0};

    CHECK(!port_past_is_whole(&past));
    port_off_add(&past.off, 25, false);
    port_off_add(&past.off, 32, true);
    port_off_add(&past.off, 33, false);
    port_past_seal(&past);
    CHECK(port_past_is_whole(&past));
    CHECK_EQ(past.off.low[0], 1u << 25);
    CHECK_EQ(past.off.low[1], 1u << 1);
    CHECK_EQ(past.off.high[1], 1u << 0);
    for (unsigned bit = 0; bit < 32u; bit++) {
        port_past_t damaged = past;
        damaged.off.low[0] ^= (uint32_t)1u << bit;
        CHECK(!port_past_is_whole(&damaged));
        damaged = past;
        damaged.off.high[1] ^= (uint32_t)1u << bit;
        CHECK(!port_past_is_whole(&damaged));
    }
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(a_new_flash_holds_nothing),
        TEST(the_last_image_written_is_the_one_read),
        TEST(a_power_cut_at_any_byte_keeps_the_image_before),
        TEST(generations_may_wrap),
        TEST(a_slot_shorter_than_its_tail_is_none),
        TEST(the_outputs_of_an_earlier_run_are_believed_only_if_whole),
    };

    return RUN_TESTS(tests);
}
