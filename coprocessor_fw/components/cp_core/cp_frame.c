#include "cp_frame.h"

#include "cp_crc32.h"

#include <string.h>

/* COBS: each zero is replaced by the distance to the next. Fewer than 254 bytes need one code byte more. */
/*@ requires len <= CP_FRAME_RAW_MAX;
    requires \valid_read(raw + (0 .. len - 1)) && \valid(out + (0 .. len + 1));
    requires \separated(raw + (0 .. len - 1), out + (0 .. len + 1));
    assigns out[0 .. len + 1];
    ensures \result == len + 2;
    ensures one_zero: \forall integer k; 0 <= k <= len ==> out[k] != 0;
    ensures closed: out[len + 1] == 0; */
static size_t stuff(const uint8_t *raw, size_t len, uint8_t *out)
{
    size_t code_at = 0;

    /*@ loop invariant 0 <= i <= len && 0 <= code_at <= i;
        loop invariant \forall integer k; 0 <= k <= i && k != code_at ==> out[k] != 0;
        loop assigns i, code_at, out[0 .. len];
        loop variant len - i; */
    for (size_t i = 0; i < len; i++) {
        if (raw[i] == 0u) {
            out[code_at] = (uint8_t)(i + 1u - code_at);
            code_at = i + 1u;
        } else {
            out[i + 1u] = raw[i];
        }
    }
    out[code_at] = (uint8_t)(len + 1u - code_at);
    out[len + 1u] = 0;
    return len + 2u;
}

/* Undo COBS in place; false if a code points past the end. */
/*@ requires \valid(buffer + (0 .. len - 1)) && \valid(raw_len);
    requires \separated(buffer + (0 .. len - 1), raw_len);
    assigns buffer[0 .. len - 1], *raw_len;
    ensures shrinks: \result ==> *raw_len <= len;
    ensures untouched: !\result ==> *raw_len == \old(*raw_len); */
static bool unstuff(uint8_t *buffer, size_t len, size_t *raw_len)
{
    size_t in = 0;
    size_t out = 0;

    /*@ loop invariant 0 <= out <= in <= len;
        loop assigns in, out, buffer[0 .. len - 1];
        loop variant len - in; */
    while (in < len) {
        const size_t code = buffer[in];
        if (code == 0u || code > len - in) {
            return false;
        }
        /*@ loop invariant 1 <= i <= code && out < in + i;
            loop assigns i, out, buffer[0 .. len - 1];
            loop variant code - i; */
        for (size_t i = 1; i < code; i++) {
            buffer[out] = buffer[in + i];
            out++;
        }
        in += code;
        if (code < 255u && in < len) {
            buffer[out] = 0;
            out++;
        }
    }
    *raw_len = out;
    return true;
}

/*@ requires \valid_read(in + (0 .. 3));
    assigns \nothing; */
static uint32_t get_u32(const uint8_t *in)
{
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

size_t cp_frame_encode(const cp_frame_t *frame, uint8_t out[CP_FRAME_WIRE_MAX])
{
    uint8_t raw[CP_FRAME_RAW_MAX];

    if (frame->len > CP_MAX_PAYLOAD) {
        return 0;
    }
    const size_t body = CP_FRAME_HEADER + frame->len;
    raw[0] = (uint8_t)((unsigned)frame->major << 5 | (frame->kind & 0x1Fu));
    raw[1] = (uint8_t)(frame->session & 0xFFu);
    raw[2] = (uint8_t)(frame->session >> 8);
    raw[3] = frame->seq;
    raw[4] = (uint8_t)(frame->msg & 0xFFu);
    raw[5] = (uint8_t)(frame->msg >> 8);
    if (frame->len > 0u) {
        memcpy(&raw[CP_FRAME_HEADER], frame->payload, frame->len);
    }
    const uint32_t crc = cp_crc32(0, raw, body);
    /*@ loop invariant 0 <= i <= CP_FRAME_CRC;
        loop assigns i, raw[body .. body + CP_FRAME_CRC - 1];
        loop variant CP_FRAME_CRC - i; */
    for (unsigned i = 0; i < CP_FRAME_CRC; i++) {
        raw[body + i] = (uint8_t)(crc >> (8u * i) & 0xFFu);
    }
    return stuff(raw, body + CP_FRAME_CRC, out);
}

/*@ requires \valid(decoder) && \valid(frame) && \separated(decoder, frame);
    requires decoder_sound(decoder);
    assigns decoder->buffer[0 .. CP_FRAME_WIRE_MAX - 1], *frame;
    ensures \result == CP_DECODED_FRAME || \result == CP_DECODED_BAD_COBS || \result == CP_DECODED_BAD_CRC;
    ensures inside: \result == CP_DECODED_FRAME ==> frame->payload == &decoder->buffer[CP_FRAME_HEADER];
    ensures bounded: \result == CP_DECODED_FRAME ==> frame->len <= CP_MAX_PAYLOAD;
    ensures untouched: \result != CP_DECODED_FRAME ==> *frame == \old(*frame); */
static cp_decoded_t read_frame(cp_decoder_t *decoder, cp_frame_t *frame)
{
    uint8_t *const raw = decoder->buffer;
    size_t len = 0;

    if (!unstuff(raw, decoder->used, &len) || len < CP_FRAME_RAW_MIN || len > CP_FRAME_RAW_MAX) {
        return CP_DECODED_BAD_COBS;
    }
    const size_t body = len - CP_FRAME_CRC;
    if (cp_crc32(0, raw, body) != get_u32(&raw[body])) {
        return CP_DECODED_BAD_CRC;
    }
    frame->major = (uint8_t)(raw[0] >> 5);
    frame->kind = (uint8_t)(raw[0] & 0x1Fu);
    frame->session = (uint16_t)((unsigned)raw[1] | (unsigned)raw[2] << 8);
    frame->seq = raw[3];
    frame->msg = (uint16_t)((unsigned)raw[4] | (unsigned)raw[5] << 8);
    frame->payload = &raw[CP_FRAME_HEADER];
    frame->len = body - CP_FRAME_HEADER;
    return CP_DECODED_FRAME;
}

cp_decoded_t cp_decoder_take(cp_decoder_t *decoder, uint8_t byte, cp_frame_t *frame)
{
    cp_decoded_t decoded = CP_DECODED_NOTHING;

    if (byte != 0u) {
        if (decoder->used >= CP_FRAME_WIRE_MAX - 1u) {
            decoder->skipping = true;
        } else {
            decoder->buffer[decoder->used] = byte;
            decoder->used++;
        }
        return CP_DECODED_NOTHING;
    }
    if (decoder->skipping) {
        decoded = CP_DECODED_BAD_COBS;
    } else if (decoder->used > 0u) {
        decoded = read_frame(decoder, frame);
    }
    decoder->used = 0;
    decoder->skipping = false;
    return decoded;
}
