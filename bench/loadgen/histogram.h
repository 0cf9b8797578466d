/* Latencies in 64 steps per power of two (under 1.6 % wide), from 1 ns to hours, as HdrHistogram has them. */
#ifndef LANGO_BENCH_HISTOGRAM_H
#define LANGO_BENCH_HISTOGRAM_H

#include <stdint.h>

enum { STEP_BITS = 6, STEPS = 1 << STEP_BITS, BUCKETS = (64 - STEP_BITS) * STEPS };

typedef struct {
  uint64_t count[BUCKETS], total, max_ns;
} histogram;

static void record(histogram *h, uint64_t ns) {
  const int shift = ns < STEPS ? 0 : 63 - __builtin_clzll(ns) - STEP_BITS;
  h->count[shift * STEPS + (ns >> shift)]++;
  h->total++;
  if (ns > h->max_ns) h->max_ns = ns;
}

/* The value, in ms, below or at which this share of all records lies. */
static double percentile_ms(const histogram *h, double share) {
  uint64_t left = (uint64_t)(share * (double)h->total);
  if (left == h->total) return (double)h->max_ns / 1e6;
  for (int i = 0; i < BUCKETS; i++) {
    if (left < h->count[i]) {
      const int shift = i < 2 * STEPS ? 0 : i / STEPS - 1;
      return (double)((uint64_t)(i - shift * STEPS) << shift) / 1e6;
    }
    left -= h->count[i];
  }
  return (double)h->max_ns / 1e6;
}

#endif
