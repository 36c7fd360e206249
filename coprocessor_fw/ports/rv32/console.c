/* Printing by the first UART, for programs that measure. The build renames their main to program_main. */

#include "machine.h"
#include "uart.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int program_main(void);

static uart_t uart;

static void put(char character)
{
    const uint8_t byte = (uint8_t)character;

    uart_send(&uart, &byte, 1);
}

static int put_text(const char *text)
{
    int count = 0;

    for (; text[count] != '\0'; count++) {
        put(text[count]);
    }
    return count;
}

static int put_number(uint64_t magnitude, bool negative, unsigned base, int width)
{
    char digits[24];
    int count = 0;

    do {
        digits[count] = "0123456789abcdef"[magnitude % base];
        magnitude /= base;
        count++;
    } while (magnitude > 0u);
    if (negative) {
        digits[count] = '-';
        count++;
    }
    const int padding = width > count ? width - count : 0;
    for (int i = 0; i < padding; i++) {
        put(' ');
    }
    for (int i = count; i > 0; i--) {
        put(digits[i - 1]);
    }
    return padding + count;
}

static int64_t take_signed(va_list *rest, unsigned longs)
{
    return longs > 1u ? va_arg(*rest, long long) : longs > 0u ? va_arg(*rest, long) : va_arg(*rest, int);
}

static uint64_t take_unsigned(va_list *rest, unsigned longs)
{
    return longs > 1u ? va_arg(*rest, unsigned long long)
                      : longs > 0u ? va_arg(*rest, unsigned long) : va_arg(*rest, unsigned);
}

static int put_item(const char **format, va_list *rest)
{
    int width = 0;
    unsigned longs = 0;

    for (; **format >= '0' && **format <= '9'; (*format)++) {
        width = 10 * width + (**format - '0');
    }
    for (; **format == 'l' || **format == 'z'; (*format)++) {
        longs += **format == 'l' ? 1u : 0u; /* a size_t is an unsigned */
    }
    const char kind = **format;
    (*format)++;
    switch (kind) {
    case 's':
        return put_text(va_arg(*rest, const char *));
    case 'd': {
        const int64_t value = take_signed(rest, longs);
        return put_number(value < 0 ? 0u - (uint64_t)value : (uint64_t)value, value < 0, 10, width);
    }
    case 'u':
        return put_number(take_unsigned(rest, longs), false, 10, width);
    default:
        put(kind);
        return 1;
    }
}

static int put_format(const char *format, va_list *rest)
{
    int count = 0;

    while (*format != '\0') {
        if (*format == '%') {
            format++;
            count += put_item(&format, rest);
        } else {
            put(*format);
            format++;
            count++;
        }
    }
    return count;
}

int printf(const char *format, ...)
{
    va_list rest;

    va_start(rest, format);
    const int count = put_format(format, &rest);
    va_end(rest);
    return count;
}

int fprintf(FILE *stream, const char *format, ...)
{
    va_list rest;

    (void)stream;
    va_start(rest, format);
    const int count = put_format(format, &rest);
    va_end(rest);
    return count;
}

int fputs(const char *text, FILE *stream)
{
    (void)stream;
    return put_text(text);
}

int fputc(int character, FILE *stream)
{
    (void)stream;
    put((char)character);
    return character;
}

int puts(const char *text)
{
    return put_text(text) + fputc('\n', stdout);
}

int fflush(FILE *stream)
{
    (void)stream;
    return 0;
}

void exit(int code)
{
    (void)printf("exit %d\n", code);
    machine_restart();
}

void trap(void)
{
    (void)printf("trap %lu\n", (unsigned long)machine_cause());
    machine_restart();
}

int main(void)
{
    uart_open(&uart, UART0_ADDRESS);
    exit(program_main());
}
