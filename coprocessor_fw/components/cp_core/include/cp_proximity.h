/* Rating of the cable by the proximity contact's resistance to earth (IEC 61851-1 annex B [R]). */

#ifndef CP_PROXIMITY_H
#define CP_PROXIMITY_H

#include <stdint.h>

/* No resistance at all: nothing is plugged in. */
#define CP_PROXIMITY_NONE_OHM UINT32_MAX
/* Rating where no contact is read, or before anything is known. */
#define CP_CABLE_UNREAD_DA 0xFFFFu

/* Rating in dA of the window that the resistance lies in, 0 outside of every window. */
/*@ assigns \nothing;
    ensures \result == (80 <= ohm <= 140 ? 630 : 164 <= ohm <= 308 ? 320 : 400 <= ohm <= 936 ? 200 :
                        1100 <= ohm <= 2460 ? 130 : 0); */
uint16_t cp_proximity_rating_da(uint32_t ohm);

#endif
