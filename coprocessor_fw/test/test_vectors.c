/* The golden frames of protocol/vectors.json: both codecs must read and write exactly these. */

#include "cp_link.h"
#include "cp_test.h"

#include <string.h>

/* Every message of the schema: number, name in the generated code. */
#define MESSAGES(X)                                                                                                    \
    X(HELLO, hello)                                                                                                    \
    X(SET_LOCK, set_lock)                                                                                              \
    X(SET_AVAILABLE, set_available)                                                                                    \
    X(CLEAR_FAULT, clear_fault)                                                                                        \
    X(WAKE, wake)                                                                                                      \
    X(SELF_TEST, self_test)                                                                                            \
    X(REBOOT, reboot)                                                                                                  \
    X(CONFIG_BEGIN, config_begin)                                                                                      \
    X(CONFIG_BOARD, config_board)                                                                                      \
    X(CONFIG_EVSE, config_evse)                                                                                        \
    X(CONFIG_OPERATIONAL, config_operational)                                                                          \
    X(CONFIG_COMMIT, config_commit)                                                                                    \
    X(REPLY, reply)                                                                                                    \
    X(LEASE, lease)                                                                                                    \
    X(EVENT_ACK, event_ack)                                                                                            \
    X(EVENT, event)                                                                                                    \
    X(SNAPSHOT, snapshot)                                                                                              \
    X(METER, meter)                                                                                                    \
    X(COUNTERS, counters)                                                                                              \
    X(BENCH, bench)                                                                                                    \
    X(BENCH_STATE, bench_state)                                                                                        \
    X(LOG, log)                                                                                                        \
    X(PLANT_VEHICLE, plant_vehicle)                                                                                    \
    X(PLANT_FAULT, plant_fault)                                                                                        \
    X(PLANT_CLOCK, plant_clock)                                                                                        \
    X(PLANT_POWER, plant_power)                                                                                        \
    X(PLANT_BUTTON, plant_button)                                                                                      \
    X(PLANT_ASK, plant_ask)                                                                                            \
    X(PLANT_SENSORS, plant_sensors)                                                                                    \
    X(CONFIG_PIN, config_pin)                                                                                          \
    X(PLANT_REPLY, plant_reply)                                                                                        \
    X(PLANT_STATE, plant_state)

/* Decode and encode again; the length of what came out, 0 for an unknown message. */
static size_t reencode(uint16_t msg, const uint8_t *in, size_t len, uint8_t *out)
{
    switch (msg) {
#define CASE(UPPER, lower)                                                                                             \
    case CP_MSG_##UPPER: {                                                                                             \
        cp_msg_##lower##_t m;                                                                                          \
        cp_msg_##lower##_decode(&m, in, len);                                                                          \
        const size_t size = cp_msg_##lower##_encode(&m, out);                                                          \
        CHECK_EQ(size, CP_MSG_##UPPER##_SIZE);                                                                         \
        return size;                                                                                                   \
    }
        MESSAGES(CASE)
#undef CASE
    default:
        return 0;
    }
}

/* A frame as the file tells it. */
typedef struct {
    char verdict[24];
    uint8_t wire[1024];
    size_t wire_len;
    long header[5]; /* major, kind, session, seq, msg */
    uint8_t payload[1024];
    size_t payload_len;
} vector_t;

/* The file is our own generator's, so a search by key is all the JSON that is needed. */
static const char *after_key(const char *from, const char *end, const char *key)
{
    const char *const found = strstr(from, key);

    return found != NULL && found < end ? found + strlen(key) : NULL;
}

static size_t read_hex(const char *text, uint8_t *out, size_t cap)
{
    size_t len = 0;

    for (; *text != '"'; text += 2) {
        const char pair[3] = {text[0], text[1], '\0'};
        CHECK(len < cap);
        out[len] = (uint8_t)strtoul(pair, NULL, 16);
        len++;
    }
    return len;
}

/* `text` stands at the wire's digits. */
static void read_vector(const char *text, const char *end, vector_t *v)
{
    static const char *const keys[] = {"\"major\": ", "\"kind\": ", "\"session\": ", "\"seq\": ", "\"msg\": "};
    const char *at = after_key(text, end, "\"verdict\": \"");

    memset(v, 0, sizeof *v);
    v->wire_len = read_hex(text, v->wire, sizeof v->wire);
    CHECK(at != NULL);
    for (size_t i = 0; at[i] != '"' && i + 1u < sizeof v->verdict; i++) {
        v->verdict[i] = at[i];
    }
    at = after_key(text, end, "\"header\": ");
    for (unsigned i = 0; at != NULL && i < 5u; i++) {
        const char *const number = after_key(at, end, keys[i]);
        CHECK(number != NULL);
        v->header[i] = strtol(number, NULL, 10);
    }
    at = after_key(text, end, "\"payload\": \"");
    v->payload_len = at != NULL ? read_hex(at, v->payload, sizeof v->payload) : 0u;
}

static void check_good(const vector_t *v)
{
    cp_decoder_t decoder = {.used = 0};
    cp_frame_t frame = {0};
    cp_decoded_t decoded = CP_DECODED_NOTHING;
    uint8_t out[1024];

    for (size_t i = 0; i < v->wire_len; i++) {
        decoded = cp_decoder_take(&decoder, v->wire[i], &frame);
    }
    CHECK_EQ(decoded, CP_DECODED_FRAME);
    CHECK_EQ(frame.major, v->header[0]);
    CHECK_EQ(frame.kind, v->header[1]);
    CHECK_EQ(frame.session, v->header[2]);
    CHECK_EQ(frame.seq, v->header[3]);
    CHECK_EQ(frame.msg, v->header[4]);
    CHECK_EQ(frame.len, v->payload_len);
    CHECK(memcmp(frame.payload, v->payload, frame.len) == 0);
    CHECK_EQ(cp_frame_encode(&frame, out), v->wire_len);
    CHECK(memcmp(out, v->wire, v->wire_len) == 0);

    const size_t size = reencode(frame.msg, frame.payload, frame.len, out);
    CHECK(size > 0u);
    CHECK_EQ(cp_msg_kind(frame.msg), frame.kind);
    if (frame.len >= size) { /* whole, perhaps with a tail of a later version */
        CHECK(memcmp(out, frame.payload, size) == 0);
    } else { /* cut: what came is kept, the rest is the default */
        uint8_t again[1024];
        CHECK_EQ(reencode(frame.msg, out, size, again), size);
        CHECK(memcmp(out, again, size) == 0);
    }
}

/* The verdict that our side of the link comes to. */
static void check_verdict(const vector_t *v, uint16_t session)
{
    cp_link_t link;
    cp_frame_t frame;
    uint32_t dropped = 0;

    cp_link_init(&link, 1);
    link.met = true;
    link.session = session;
    for (size_t i = 0; i < v->wire_len; i++) {
        (void)cp_link_take(&link, v->wire[i], &frame);
    }
    const cp_msg_counters_t *const c = &link.counters;
    const struct {
        const char *verdict;
        uint32_t count;
    } counts[] = {{"bad_crc", c->bad_crc},
                  {"bad_cobs", c->bad_cobs},
                  {"wrong_session", c->wrong_session},
                  {"wrong_version", c->wrong_version},
                  {"unknown_message", c->unknown_message}};
    for (unsigned i = 0; i < 5u; i++) {
        const bool meant = strcmp(v->verdict, counts[i].verdict) == 0;
        CHECK_EQ(counts[i].count > 0u && strcmp(v->verdict, "ok") != 0, meant);
        dropped += meant ? counts[i].count : 0u;
    }
    CHECK(dropped > 0u || strcmp(v->verdict, "ok") == 0 || strcmp(v->verdict, "ignored") == 0);
}

static char *read_file(const char *path)
{
    FILE *const file = fopen(path, "rb");
    static char text[1u << 20];

    CHECK(file != NULL);
    const size_t len = fread(text, 1, sizeof text - 1u, file);
    CHECK(len > 0u && len < sizeof text - 1u);
    CHECK(fclose(file) == 0);
    return text;
}

static unsigned check_sessions(const char *text)
{
    const char *const end = text + strlen(text);
    const char *at = after_key(text, end, "\"session_ids\": ");
    unsigned count = 0;

    CHECK(at != NULL);
    while ((at = after_key(at, end, "\"host\": ")) != NULL) {
        const uint32_t host = (uint32_t)strtoul(at, NULL, 10);
        const char *const fw = after_key(at, end, "\"coprocessor\": ");
        const char *const session = after_key(at, end, "\"session\": ");
        CHECK(fw != NULL && session != NULL);
        CHECK_EQ(cp_link_session(host, (uint32_t)strtoul(fw, NULL, 10)), strtol(session, NULL, 10));
        count++;
    }
    return count;
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    const char *const text = read_file(argv[1]);
    const char *const frames = strstr(text, "\"frames\": ");
    const char *const end = strstr(text, "\"session_ids\"");
    const uint16_t session = (uint16_t)strtoul(strstr(text, "\"session\": ") + 11, NULL, 10);
    unsigned count = 0;

    CHECK(frames != NULL && end != NULL);
    for (const char *at = after_key(frames, end, "\"wire\": \""); at != NULL;) {
        const char *const following = after_key(at, end, "\"wire\": \"");
        vector_t v;
        read_vector(at, following != NULL ? following : end, &v);
        if (strcmp(v.verdict, "ok") == 0) {
            check_good(&v);
        }
        check_verdict(&v, session);
        count++;
        at = following;
    }
    CHECK(count > 100u);
    (void)printf("%u frames, %u sessions\n", count, check_sessions(text));
    return 0;
}
