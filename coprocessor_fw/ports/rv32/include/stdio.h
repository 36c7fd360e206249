/* As much of the C library as the programs that measure ask for: see console.c. Every stream is the first UART. */

#ifndef RV32_STDIO_H
#define RV32_STDIO_H

#include <stddef.h>

typedef int FILE;
#define stdout ((FILE *)0)
#define stderr ((FILE *)0)

/* Know %s, %d and %u, of any length that C11 has, with a width. */
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int fprintf(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));
int puts(const char *text);
int fputs(const char *text, FILE *stream);
int fputc(int character, FILE *stream);
int fflush(FILE *stream);

#endif
