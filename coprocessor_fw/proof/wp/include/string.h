/* What the proof takes for granted of the C library: these two, on bytes. Only Frama-C reads this file. */

#ifndef CP_PROOF_STRING_H
#define CP_PROOF_STRING_H

#include <stddef.h>
#include <stdint.h>

/*@ requires \valid(to + (0 .. size - 1)) && \valid_read(from + (0 .. size - 1));
    requires \separated(to + (0 .. size - 1), from + (0 .. size - 1));
    terminates \true;
    exits \false;
    assigns to[0 .. size - 1] \from from[0 .. size - 1];
    assigns \result \from to;
    ensures \forall integer i; 0 <= i < size ==> to[i] == \old(from[i]);
    ensures \result == to; */
uint8_t *memcpy(uint8_t *to, const uint8_t *from, size_t size);

/*@ requires \valid(to + (0 .. size - 1));
    requires 0 <= value <= UINT8_MAX;
    terminates \true;
    exits \false;
    assigns to[0 .. size - 1] \from value;
    assigns \result \from to;
    ensures \forall integer i; 0 <= i < size ==> to[i] == value;
    ensures \result == to; */
uint8_t *memset(uint8_t *to, int value, size_t size);

#endif
