#include "cp_nvm.h"

#include "cp_crc32.h"

#define MAGIC 0x324E5043u /* "CPN2" */
#define RTC_MAGIC 0x43545243u

typedef struct {
    uint8_t *out;
    size_t at;
} writer_t;

typedef struct {
    const uint8_t *in;
    size_t len;
    size_t at;
    bool sound;
} reader_t;

static void put_u8(writer_t *w, uint8_t value)
{
    w->out[w->at] = value;
    w->at++;
}

static void put_u32(writer_t *w, uint32_t value)
{
    for (unsigned i = 0; i < 4u; i++) {
        put_u8(w, (uint8_t)(value >> (8u * i) & 0xFFu));
    }
}

/* Room for an item of the schema, its length before it, so that a later firmware can read it with more fields. */
static uint8_t *put_item(writer_t *w, uint8_t size)
{
    uint8_t *const place = &w->out[w->at + 1u];

    put_u8(w, size);
    w->at += size;
    return place;
}

static uint8_t get_u8(reader_t *r)
{
    if (r->at >= r->len) {
        r->sound = false;
        return 0;
    }
    r->at++;
    return r->in[r->at - 1u];
}

static uint32_t get_u32(reader_t *r)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < 4u; i++) {
        value |= (uint32_t)get_u8(r) << (8u * i);
    }
    return value;
}

static const uint8_t *get_item(reader_t *r, size_t *size)
{
    *size = get_u8(r);
    if (*size > r->len - r->at) {
        r->sound = false;
        *size = 0;
    }
    const uint8_t *const place = &r->in[r->at];
    r->at += *size;
    return place;
}

size_t cp_nvm_encode(const cp_nvm_t *nvm, uint8_t out[CP_NVM_SIZE])
{
    writer_t w = {.out = out, .at = 0};

    put_u32(&w, MAGIC);
    put_u32(&w, nvm->boot_count);
    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        put_u32(&w, nvm->lockouts[i]);
        put_u8(&w, nvm->rcm_trips[i]);
    }
    put_u8(&w, nvm->config.commissioned ? 1u : 0u);
    for (unsigned i = 0; i < CP_CONFIG_SETS; i++) {
        put_u32(&w, nvm->config.crc[i]);
    }
    (void)cp_msg_config_board_encode(&nvm->config.board, put_item(&w, CP_MSG_CONFIG_BOARD_SIZE));
    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        (void)cp_msg_config_evse_encode(&nvm->config.evse[i], put_item(&w, CP_MSG_CONFIG_EVSE_SIZE));
        (void)cp_msg_config_operational_encode(&nvm->config.operational[i],
                                               put_item(&w, CP_MSG_CONFIG_OPERATIONAL_SIZE));
    }
    put_u8(&w, nvm->config.pins.count);
    for (unsigned i = 0; i < CP_PINS_MAX; i++) {
        (void)cp_msg_config_pin_encode(&nvm->config.pins.pin[i], put_item(&w, CP_MSG_CONFIG_PIN_SIZE));
    }
    put_u32(&w, cp_crc32(0, out, w.at));
    return w.at;
}

bool cp_nvm_decode(cp_nvm_t *nvm, const uint8_t *in, size_t len)
{
    if (len < 8u) {
        return false;
    }
    reader_t tail = {.in = in, .len = len, .at = len - 4u, .sound = true};
    reader_t r = {.in = in, .len = len - 4u, .at = 0, .sound = true};
    cp_nvm_t read = {0};
    size_t size = 0;

    if (get_u32(&tail) != cp_crc32(0, in, len - 4u) || get_u32(&r) != MAGIC) {
        return false;
    }
    read.boot_count = get_u32(&r);
    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        read.lockouts[i] = get_u32(&r);
        read.rcm_trips[i] = get_u8(&r);
    }
    read.config.commissioned = get_u8(&r) != 0u;
    for (unsigned i = 0; i < CP_CONFIG_SETS; i++) {
        read.config.crc[i] = get_u32(&r);
    }
    const uint8_t *item = get_item(&r, &size);
    cp_msg_config_board_decode(&read.config.board, item, size);
    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        item = get_item(&r, &size);
        cp_msg_config_evse_decode(&read.config.evse[i], item, size);
        item = get_item(&r, &size);
        cp_msg_config_operational_decode(&read.config.operational[i], item, size);
    }
    read.config.pins.count = get_u8(&r);
    for (unsigned i = 0; i < CP_PINS_MAX; i++) {
        item = get_item(&r, &size);
        cp_msg_config_pin_decode(&read.config.pins.pin[i], item, size);
    }
    r.sound = r.sound && read.config.pins.count <= CP_PINS_MAX;
    if (r.sound) {
        *nvm = read;
    }
    return r.sound;
}

static uint32_t rtc_check(const cp_rtc_t *rtc)
{
    uint32_t check = RTC_MAGIC;

    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        check = (check << 5 | check >> 27) ^ rtc->plug[i];
        check = (check << 5 | check >> 27) ^ rtc->s0_origin[i];
        check = (check << 5 | check >> 27) ^ rtc->s0_pulses[i];
    }
    check = (check << 5 | check >> 27) ^ rtc->plugged;
    check = (check << 5 | check >> 27) ^ rtc->closed;
    for (unsigned i = 0; i < CP_RESETS_KEPT; i++) {
        check = (check << 5 | check >> 27) ^ rtc->closed_reset_ms[i];
    }
    return check;
}

void cp_rtc_seal(cp_rtc_t *rtc)
{
    rtc->check = rtc_check(rtc);
}

bool cp_rtc_is_whole(const cp_rtc_t *rtc)
{
    return rtc->check == rtc_check(rtc);
}
