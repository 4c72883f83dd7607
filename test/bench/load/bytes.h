// A growing buffer: filled at the back, consumed at the front.
#pragma once
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  uint8_t *bytes;
  size_t start, end, room;
} Bytes;

static inline size_t bytes_length(const Bytes *run) { return run->end - run->start; }

static inline void bytes_clear(Bytes *run) { run->start = run->end = 0; }

// A place at the back for `length` more bytes.
static inline uint8_t *bytes_reserve(Bytes *run, size_t length) {
  if (run->start == run->end) run->start = run->end = 0;
  if (run->end + length > run->room && run->start > 0) {
    memmove(run->bytes, run->bytes + run->start, bytes_length(run));
    run->end -= run->start;
    run->start = 0;
  }
  while (run->end + length > run->room) {
    run->room = run->room ? run->room * 2 : 1 << 17;
    run->bytes = realloc(run->bytes, run->room);
  }
  return run->bytes + run->end;
}

static inline void bytes_append(Bytes *run, const void *bytes, size_t length) {
  memcpy(bytes_reserve(run, length), bytes, length);
  run->end += length;
}
