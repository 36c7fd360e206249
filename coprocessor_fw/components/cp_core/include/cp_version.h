/* Version of the firmware, as HELLO tells it. */

#ifndef CP_VERSION_H
#define CP_VERSION_H

/* major, minor, patch */
#define CP_FW_VERSION 0, 1, 0

/* Git revision; the build gives it. */
#ifndef CP_FW_REVISION
#define CP_FW_REVISION ""
#endif

#endif
