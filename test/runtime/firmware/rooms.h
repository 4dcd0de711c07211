/* Buffers of kernels under test that lie directly behind or before guards, for guard_plugin.c. run.sh knows the sizes. */
#ifndef TINYC_TEST_ROOMS_H
#define TINYC_TEST_ROOMS_H

#include "../random_shapes.h"

enum Room { kRoomOfInput, kRoomOfConstants, kRoomOfBias, kRoomOfMultipliers, kRoomOfOutput, kRoomOfScratch, kRooms };
enum { kRoomBytes = 256 * 1024, kRoomGuard = 1024 };

static _Alignas(16) uint8_t rooms[kRooms * kRoomBytes + kRoomGuard];
static volatile uint8_t roomSwitch[2]; /* a store to [0] begins what the plugin watches, one to [1] ends it */
static Random roomState = {123456789u};

/* A copy of the buffer, aligned to 4 bytes, at the beginning or at the end of a room. */
static void *placeInRoom(enum Room room, const void *bytes, int32_t count) {
  uint8_t *begin = rooms + room * kRoomBytes, *place = begin + kRoomGuard;
  if (randomInt(&roomState, 0, 1))
    place = begin + kRoomBytes - ((count + 3) & ~3);
  memcpy(place, bytes, (size_t)count);
  return place;
}

#endif
