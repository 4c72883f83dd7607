// The clock of all measurements, and latencies as a histogram.
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static inline uint64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// A latency is kept as its upper six bits and its power of two: 32 steps per octave, right to about 3 %.
#define STEPS 64
static uint64_t histogram[64 * STEPS];
static uint64_t measured;

static inline void latency(uint64_t nanos) {
  int power = nanos < STEPS ? 0 : 63 - __builtin_clzll(nanos) - 5;
  histogram[power * STEPS + (nanos >> power)]++;
  measured++;
}

static inline void forget_latencies(void) {
  memset(histogram, 0, sizeof histogram);
  measured = 0;
}

// The latency, in microseconds, that `fraction` of all did not exceed.
static inline double percentile(double fraction) {
  uint64_t wanted = (uint64_t)(fraction * (double)measured), seen = 0;
  for (int i = 0; i < 64 * STEPS; i++) {
    seen += histogram[i];
    if (seen <= wanted) continue;
    int power = i / STEPS;
    return (double)((uint64_t)(i % STEPS) << power) / 1000.0;
  }
  return 0;
}

static char more[1024];

// A figure besides those that every report has.
static inline void report_more(const char *name, double value) {
  size_t used = strlen(more);
  snprintf(more + used, sizeof more - used, ",\"%s\":%.6f", name, value);
}

// The one line that a load generator prints when every reply was correct.
static inline void report(uint64_t operations, uint64_t lost, uint64_t since, uint64_t until) {
  printf("{\"operations\":%llu,\"seconds\":%.6f,\"lost\":%llu,\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f%s}\n",
         (unsigned long long)operations, (double)(until - since) / 1e9, (unsigned long long)lost,
         percentile(0.5), percentile(0.99), percentile(0.999), more);
}
