/* What outlives a power cut, and what must not be read back. */

#include "cp_crc32.h"
#include "host_rig.h"

#include <string.h>

static host_t h;

static cp_msg_config_operational_t operational_of(uint8_t evse)
{
    cp_msg_config_operational_t operational;

    cp_msg_config_operational_default(&operational);
    operational.evse = evse;
    return operational;
}

static cp_result_t set_operational(const cp_msg_config_operational_t *operational)
{
    const cp_result_t result = host_push(&h, CP_CONFIG_SET_OPERATIONAL, NULL, NULL, 0, operational, 1);

    host_run(&h, 100);
    return result;
}

static void both_sets_survive_a_power_cut(void)
{
    cp_msg_config_operational_t o = operational_of(1);

    host_start_commissioned(&h, 1);
    o.limit_da = 120;
    CHECK_EQ(set_operational(&o), CP_RESULT_ACCEPTED);
    const uint32_t crc = h.snapshot[0].config_crc;
    CHECK_EQ(host_power(&h, CP_PLANT_POWER_MODE_CUT), CP_RESULT_OK);
    host_greet(&h, 9);
    CHECK_EQ(h.hello.config_crc, crc);
    CHECK_EQ(h.hello.boot_count, 2);
    CHECK_EQ(h.sim.cp.evse[0].config.limit_da, 120);
    CHECK(h.sim.cp.evse[0].config.commissioned);
}

static void a_damaged_image_is_no_configuration(void)
{
    cp_nvm_t nvm = {.boot_count = 5};
    cp_nvm_t read = {0};
    uint8_t image[CP_NVM_SIZE];

    nvm.config.commissioned = true;
    nvm.lockouts[2] = 32;
    const size_t len = cp_nvm_encode(&nvm, image);
    CHECK_EQ(len, CP_NVM_SIZE);
    CHECK(cp_nvm_decode(&read, image, len));
    CHECK_EQ(read.boot_count, 5);
    CHECK_EQ(read.lockouts[2], 32);
    for (size_t i = 0; i < len; i++) {
        image[i] ^= 0x10u;
        CHECK(!cp_nvm_decode(&read, image, len));
        image[i] ^= 0x10u;
        CHECK(!cp_nvm_decode(&read, image, i));
    }
    CHECK_EQ(read.boot_count, 5);
}

static void an_image_cut_short_is_not_read_even_if_its_crc_fits(void)
{
    cp_nvm_t nvm = {.boot_count = 5};
    uint8_t image[CP_NVM_SIZE];

    (void)cp_nvm_encode(&nvm, image);
    for (size_t len = 8; len < CP_NVM_SIZE; len++) {
        uint8_t cut[CP_NVM_SIZE];
        memcpy(cut, image, len);
        const uint32_t crc = cp_crc32(0, cut, len - 4u);
        for (unsigned i = 0; i < 4u; i++) {
            cut[len - 4u + i] = (uint8_t)(crc >> (8u * i) & 0xFFu);
        }
        CHECK(!cp_nvm_decode(&nvm, cut, len));
    }
}

static void what_is_changed_after_a_power_cut_leaves_the_other_set_alone(void)
{
    cp_msg_config_operational_t o = operational_of(1);

    host_start_commissioned(&h, 1);
    const uint32_t crc = h.snapshot[0].config_crc;
    (void)host_power(&h, CP_PLANT_POWER_MODE_CUT);
    host_greet(&h, 9);
    o.limit_da = 90;
    CHECK_EQ(set_operational(&o), CP_RESULT_ACCEPTED);
    CHECK_EQ(h.sim.cp.evse[0].config.limit_da, 90);
    CHECK(h.sim.cp.evse[0].config.commissioned);
    CHECK_EQ(h.snapshot[0].config_crc, crc);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(both_sets_survive_a_power_cut),
        TEST(a_damaged_image_is_no_configuration),
        TEST(an_image_cut_short_is_not_read_even_if_its_crc_fits),
        TEST(what_is_changed_after_a_power_cut_leaves_the_other_set_alone),
    };

    return RUN_TESTS(tests);
}
