#include "cp_proximity.h"

uint16_t cp_proximity_rating_da(uint32_t ohm)
{
    /* Windows in which each resistor is to be recognised. [R] */
    static const struct {
        uint32_t min_ohm;
        uint32_t max_ohm;
        uint16_t rating_da;
    } table[] = {
        {80u, 140u, 630u},    /* 100 ohm */
        {164u, 308u, 320u},   /* 220 ohm */
        {400u, 936u, 200u},   /* 680 ohm */
        {1100u, 2460u, 130u}, /* 1500 ohm */
    };

    /*@ loop invariant 0 <= i <= 4;
        loop invariant \forall integer k; 0 <= k < i ==> !(table[k].min_ohm <= ohm <= table[k].max_ohm);
        loop assigns i;
        loop variant 4 - i; */
    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (ohm >= table[i].min_ohm && ohm <= table[i].max_ohm) {
            return table[i].rating_da;
        }
    }
    return 0;
}
