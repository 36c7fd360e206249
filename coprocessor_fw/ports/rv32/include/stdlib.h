/* As much of the C library as the programs that measure ask for: see console.c. */

#ifndef RV32_STDLIB_H
#define RV32_STDLIB_H

/* Tell the code in a line of its own, and end. */
_Noreturn void exit(int code);

#endif
