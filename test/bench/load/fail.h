// A load generator checks while it measures: the first error ends it, with a message on stderr.
#pragma once
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((noreturn, format(printf, 1, 2))) static inline void fail(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vfprintf(stderr, format, values);
  va_end(values);
  fputc('\n', stderr);
  exit(1);
}

// For a server that lacks the measured feature: the row is skipped with this message.
#define LACKS 3

__attribute__((noreturn, format(printf, 1, 2))) static inline void lacks(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vfprintf(stderr, format, values);
  va_end(values);
  fputc('\n', stderr);
  exit(LACKS);
}

static inline long number(const char *text, const char *what) {
  char *end;
  long value = strtol(text, &end, 10);
  if (end == text || *end != '\0' || value <= 0) fail("%s must be a whole number above 0, and is \"%s\"", what, text);
  return value;
}

static inline double seconds(const char *text) {
  double value = atof(text);
  if (value <= 0) fail("SECONDS must be above 0, and is \"%s\"", text);
  return value;
}
