/* Frames: COBS, CRC, and a decoder that never loses its footing. */

#include "cp_crc32.h"
#include "cp_frame.h"
#include "cp_test.h"

#include <string.h>

static uint32_t state = 1;

static uint32_t roll(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static void the_crc_is_that_of_zlib(void)
{
    CHECK_EQ(cp_crc32(0, (const uint8_t *)"123456789", 9), 0xCBF43926u);
    CHECK_EQ(cp_crc32(0, (const uint8_t *)"", 0), 0);
    CHECK_EQ(cp_crc32(cp_crc32(0, (const uint8_t *)"1234", 4), (const uint8_t *)"56789", 5), 0xCBF43926u);
}

static cp_frame_t random_frame(uint8_t payload[CP_MAX_PAYLOAD])
{
    const cp_frame_t frame = {
        .major = (uint8_t)(roll() % 8u),
        .kind = (uint8_t)(roll() % 32u),
        .session = (uint16_t)(roll() & 0xFFFFu),
        .seq = (uint8_t)(roll() & 0xFFu),
        .msg = (uint16_t)(roll() & 0xFFFFu),
        .payload = payload,
        .len = roll() % (CP_MAX_PAYLOAD + 1u),
    };
    const uint32_t zeros = roll() % 4u; /* from hardly any to nothing else */

    for (size_t i = 0; i < frame.len; i++) {
        payload[i] = roll() % 4u < zeros ? 0u : (uint8_t)(roll() & 0xFFu);
    }
    return frame;
}

static cp_decoded_t decode(cp_decoder_t *decoder, const uint8_t *wire, size_t len, cp_frame_t *frame)
{
    cp_decoded_t last = CP_DECODED_NOTHING;

    for (size_t i = 0; i < len; i++) {
        last = cp_decoder_take(decoder, wire[i], frame);
    }
    return last;
}

static void any_frame_comes_back_as_it_was(void)
{
    cp_decoder_t decoder = {.used = 0};

    for (unsigned i = 0; i < 20000u; i++) {
        uint8_t payload[CP_MAX_PAYLOAD];
        uint8_t wire[CP_FRAME_WIRE_MAX];
        const cp_frame_t sent = random_frame(payload);
        cp_frame_t got;
        const size_t len = cp_frame_encode(&sent, wire);
        CHECK_BETWEEN(len, sent.len + CP_FRAME_RAW_MIN + 2u, CP_FRAME_WIRE_MAX);
        CHECK(memchr(wire, 0, len) == &wire[len - 1u]);
        CHECK_EQ(decode(&decoder, wire, len, &got), CP_DECODED_FRAME);
        CHECK_EQ(got.major, sent.major);
        CHECK_EQ(got.kind, sent.kind);
        CHECK_EQ(got.session, sent.session);
        CHECK_EQ(got.seq, sent.seq);
        CHECK_EQ(got.msg, sent.msg);
        CHECK_EQ(got.len, sent.len);
        CHECK(memcmp(got.payload, sent.payload, sent.len) == 0);
    }
}

/* A frame that is whole in everything but its length, as an encoder with a greater bound would make it. */
static void a_frame_that_is_too_long_is_refused_however_right_its_crc(void)
{
    cp_decoder_t decoder = {.used = 0};
    cp_frame_t got = {0};

    for (size_t len = CP_FRAME_RAW_MAX - 1u; len <= CP_FRAME_RAW_MAX + 3u; len++) {
        uint8_t wire[CP_FRAME_RAW_MAX + 5u];
        memset(wire, 0x5A, sizeof wire); /* without a zero: one code for all of it */
        uint32_t crc = cp_crc32(0, &wire[1], len - CP_FRAME_CRC);
        while ((crc & 0xFFu) == 0u || (crc >> 8 & 0xFFu) == 0u || (crc >> 16 & 0xFFu) == 0u || crc >> 24 == 0u) {
            wire[1]++;
            crc = cp_crc32(0, &wire[1], len - CP_FRAME_CRC);
        }
        wire[0] = (uint8_t)(len + 1u);
        for (unsigned i = 0; i < CP_FRAME_CRC; i++) {
            wire[1u + len - CP_FRAME_CRC + i] = (uint8_t)(crc >> (8u * i) & 0xFFu);
        }
        wire[1u + len] = 0;
        CHECK_EQ(decode(&decoder, wire, len + 2u, &got),
                 len <= CP_FRAME_RAW_MAX ? CP_DECODED_FRAME : CP_DECODED_BAD_COBS);
    }
}

static void a_payload_that_is_too_long_is_not_encoded(void)
{
    uint8_t payload[CP_MAX_PAYLOAD + 1u] = {0};
    uint8_t wire[CP_FRAME_WIRE_MAX];
    const cp_frame_t frame = {.payload = payload, .len = sizeof payload};

    CHECK_EQ(cp_frame_encode(&frame, wire), 0);
}

static void no_single_corrupt_byte_passes(void)
{
    cp_decoder_t decoder = {.used = 0};
    cp_frame_t frame;

    for (unsigned n = 0; n < 200u; n++) {
        uint8_t payload[CP_MAX_PAYLOAD];
        uint8_t wire[CP_FRAME_WIRE_MAX];
        const cp_frame_t sent = random_frame(payload);
        const size_t len = cp_frame_encode(&sent, wire);
        for (size_t i = 0; i < len; i++) {
            const uint8_t was = wire[i];
            wire[i] = (uint8_t)(was ^ (1u + roll() % 255u));
            for (size_t k = 0; k < len; k++) {
                CHECK(cp_decoder_take(&decoder, wire[k], &frame) != CP_DECODED_FRAME);
            }
            (void)cp_decoder_take(&decoder, 0, &frame);
            wire[i] = was;
        }
        CHECK_EQ(decode(&decoder, wire, len, &frame), CP_DECODED_FRAME); /* and the next whole one is read */
    }
}

static void whatever_is_too_long_is_dropped_to_the_next_zero(void)
{
    cp_decoder_t decoder = {.used = 0};
    uint8_t wire[CP_FRAME_WIRE_MAX];
    cp_frame_t frame = {.msg = 7, .major = 1};
    const size_t len = cp_frame_encode(&frame, wire);

    for (unsigned i = 0; i < 100000u; i++) {
        CHECK_EQ(cp_decoder_take(&decoder, 0x41, &frame), CP_DECODED_NOTHING);
    }
    CHECK_EQ(cp_decoder_take(&decoder, 0, &frame), CP_DECODED_BAD_COBS);
    CHECK_EQ(decode(&decoder, wire, len, &frame), CP_DECODED_FRAME);
    CHECK_EQ(frame.msg, 7);
}

static void empty_frames_are_nothing(void)
{
    cp_decoder_t decoder = {.used = 0};
    cp_frame_t frame;

    for (unsigned i = 0; i < 10u; i++) {
        CHECK_EQ(cp_decoder_take(&decoder, 0, &frame), CP_DECODED_NOTHING);
    }
}

static void too_short_and_broken_codes_are_bad_cobs(void)
{
    static const uint8_t lone[] = {1, 0};
    static const uint8_t beyond[] = {9, 1, 2, 3, 0};
    static const uint8_t shorter[] = {10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0};
    cp_decoder_t decoder = {.used = 0};
    cp_frame_t frame;

    CHECK_EQ(decode(&decoder, lone, sizeof lone, &frame), CP_DECODED_BAD_COBS);
    CHECK_EQ(decode(&decoder, beyond, sizeof beyond, &frame), CP_DECODED_BAD_COBS);
    CHECK_EQ(decode(&decoder, shorter, sizeof shorter, &frame), CP_DECODED_BAD_COBS);
}

static void noise_never_makes_a_frame(void)
{
    cp_decoder_t decoder = {.used = 0};
    cp_frame_t frame;

    for (unsigned i = 0; i < 1000000u; i++) {
        const uint32_t r = roll();
        const uint8_t byte = r % 16u == 0u ? 0u : (uint8_t)(r >> 8 & 0xFFu);
        CHECK(cp_decoder_take(&decoder, byte, &frame) != CP_DECODED_FRAME);
    }
}

static void a_good_frame_with_more_bytes_before_its_zero_is_no_frame(void)
{
    uint8_t payload[CP_MAX_PAYLOAD] = {0};
    uint8_t wire[CP_FRAME_WIRE_MAX];
    cp_decoder_t decoder = {.used = 0};
    cp_frame_t frame = {.msg = 7, .major = 1, .payload = payload, .len = sizeof payload};
    const size_t len = cp_frame_encode(&frame, wire);

    CHECK_EQ(len, CP_FRAME_WIRE_MAX);
    for (size_t i = 0; i + 1u < len; i++) {
        CHECK_EQ(cp_decoder_take(&decoder, wire[i], &frame), CP_DECODED_NOTHING);
    }
    CHECK_EQ(cp_decoder_take(&decoder, 1, &frame), CP_DECODED_NOTHING);
    CHECK_EQ(cp_decoder_take(&decoder, 0, &frame), CP_DECODED_BAD_COBS);
    CHECK_EQ(decode(&decoder, wire, len, &frame), CP_DECODED_FRAME);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(the_crc_is_that_of_zlib),
        TEST(any_frame_comes_back_as_it_was),
        TEST(a_frame_that_is_too_long_is_refused_however_right_its_crc),
        TEST(a_payload_that_is_too_long_is_not_encoded),
        TEST(no_single_corrupt_byte_passes),
        TEST(whatever_is_too_long_is_dropped_to_the_next_zero),
        TEST(empty_frames_are_nothing),
        TEST(too_short_and_broken_codes_are_bad_cobs),
        TEST(noise_never_makes_a_frame),
        TEST(a_good_frame_with_more_bytes_before_its_zero_is_no_frame),
    };

    return RUN_TESTS(tests);
}
