/* The tables of the chips' pins hold what safety asks of every chip. */

#include "cp_test.h"

#include "port_chips.h"

static const char *const names[] = {"esp32", "esp32s3", "esp32c3", "esp32c6"};

static bool in(uint64_t mask, unsigned gpio)
{
    return (mask >> gpio & 1u) != 0u;
}

static void every_target_is_known_and_nothing_else(void)
{
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        const port_chip_t *const chip = port_chip_find(names[i]);
        CHECK(chip != NULL);
        CHECK(in(chip->pins.input, chip->boot_button));
        CHECK(in(chip->pins.pull, chip->boot_button));
    }
    CHECK(port_chip_find("esp32s2") == NULL);
    CHECK(port_chip_find("") == NULL);
}

static void pins_of_flash_link_and_strapping_never_move_a_contactor(void)
{
    const struct {
        const char *chip;
        bool gone; /* not usable at all; else only not calm */
        uint8_t gpio[16];
        unsigned count;
    } cases[] = {
        {"esp32", true, {6, 7, 8, 9, 10, 11, 1, 3, 20, 24, 28, 37, 38, 40}, 14},
        {"esp32", false, {0, 2, 5, 12, 15}, 5},
        {"esp32s3", true, {26, 27, 28, 29, 30, 31, 32, 33, 37, 43, 44, 22, 49}, 13},
        {"esp32s3", false, {0, 3, 45, 46, 19, 20}, 6},
        {"esp32c3", true, {11, 12, 13, 14, 15, 16, 17, 20, 21, 22}, 10},
        {"esp32c3", false, {2, 8, 9, 18, 19}, 5},
        {"esp32c6", true, {24, 25, 26, 27, 28, 29, 30, 16, 17, 31}, 10},
        {"esp32c6", false, {4, 5, 8, 9, 15, 12, 13}, 7},
    };

    for (unsigned c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        const cp_chip_pins_t *const pins = &port_chip_find(cases[c].chip)->pins;
        for (unsigned i = 0; i < cases[c].count; i++) {
            CHECK(!in(pins->calm, cases[c].gpio[i]));
            CHECK_EQ(in(pins->input | pins->output | pins->analogue, cases[c].gpio[i]), !cases[c].gone);
        }
    }
}

static void the_pins_of_an_esp32_that_only_read_have_no_pulls(void)
{
    const cp_chip_pins_t *const pins = &port_chip_find("esp32")->pins;

    for (unsigned gpio = 34; gpio <= 39u; gpio++) {
        CHECK(!in(pins->output, gpio));
        CHECK(!in(pins->pull, gpio));
        CHECK_EQ(in(pins->input, gpio), gpio != 37u && gpio != 38u);
    }
}

static void what_is_calm_can_be_driven_and_what_is_analogue_can_be_read(void)
{
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        const cp_chip_pins_t *const pins = &port_chip_find(names[i])->pins;
        CHECK_EQ(pins->calm & ~pins->output, 0);
        CHECK_EQ(pins->output & ~pins->input, 0);
        CHECK_EQ(pins->analogue & ~pins->input, 0);
        CHECK(pins->calm != 0u && pins->analogue != 0u);
    }
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(every_target_is_known_and_nothing_else),
        TEST(pins_of_flash_link_and_strapping_never_move_a_contactor),
        TEST(the_pins_of_an_esp32_that_only_read_have_no_pulls),
        TEST(what_is_calm_can_be_driven_and_what_is_analogue_can_be_read),
    };

    return RUN_TESTS(tests);
}
