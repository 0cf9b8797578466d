/* MD5 (RFC 1321) over 16 messages of equal length at once, one message a vector lane, so that hashing costs the
 * generator a tenth of what it costs a server that answers one packet at a time. Little-endian hosts only. */
#ifndef LANGO_BENCH_MD5_H
#define LANGO_BENCH_MD5_H

#include <stdint.h>
#include <string.h>

enum { LANES = 16, MD5_BYTES = 16, LANE_BYTES = 4096 + 128 };
typedef uint32_t lane_t __attribute__((vector_size(4 * LANES)));

/* The four chaining words, the same for every lane: the state after a fixed prefix, as HMAC's pads are. */
typedef struct {
  uint32_t word[4];
  uint64_t prefix_bytes;
} md5_seed;

static const md5_seed MD5_START = {{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}, 0};

/* floor(2^32 * |sin(i + 1)|), RFC 1321 section 3.4. */
static const uint32_t MD5_SINE[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
static const uint8_t MD5_TURN[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

static inline lane_t lane_of(uint32_t value) { return (lane_t){} + value; }

static inline void md5_block(lane_t state[4], uint8_t text[LANES][LANE_BYTES], size_t offset) {
  lane_t word[16];
  for (int w = 0; w < 16; w++)
    for (int l = 0; l < LANES; l++) {
      uint32_t value;
      memcpy(&value, text[l] + offset + 4 * w, 4);
      word[w][l] = value;
    }
  lane_t a = state[0], b = state[1], c = state[2], d = state[3];
#pragma GCC unroll 64
  for (int i = 0; i < 64; i++) {
    const int round = i / 16, turn = MD5_TURN[round][i % 4];
    const lane_t mix = round == 0 ? (d ^ (b & (c ^ d))) : round == 1 ? (c ^ (d & (b ^ c))) : round == 2 ? (b ^ c ^ d) : (c ^ (b | ~d));
    const int pick = round == 0 ? i : round == 1 ? (5 * i + 1) % 16 : round == 2 ? (3 * i + 5) % 16 : (7 * i) % 16;
    const lane_t sum = a + mix + word[pick] + MD5_SINE[i];
    a = d, d = c, c = b;
    b += (sum << turn) | (sum >> (32 - turn));
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
}

/* Hashes the first `length` octets of each lane after the seed's prefix; the lanes need 72 octets of room behind. */
static void md5_lanes(const md5_seed *seed, uint8_t text[LANES][LANE_BYTES], size_t length, uint8_t digest[LANES][MD5_BYTES]) {
  const size_t padded = (length + 9 + 63) / 64 * 64;
  const uint64_t bits = (seed->prefix_bytes + length) * 8;
  for (int l = 0; l < LANES; l++) {
    memset(text[l] + length, 0, padded - length);
    text[l][length] = 0x80;
    memcpy(text[l] + padded - 8, &bits, 8);
  }
  lane_t state[4];
  for (int i = 0; i < 4; i++) state[i] = lane_of(seed->word[i]);
  for (size_t offset = 0; offset < padded; offset += 64) md5_block(state, text, offset);
  for (int l = 0; l < LANES; l++)
    for (int i = 0; i < 4; i++) {
      const uint32_t value = state[i][l];
      memcpy(digest[l] + 4 * i, &value, 4);
    }
}

/* The state after one whole block: HMAC's padded key (RFC 2104) is hashed once, not once a packet. */
static md5_seed md5_seed_of(const uint8_t block[64]) {
  static uint8_t text[LANES][LANE_BYTES];
  memcpy(text[0], block, 64);
  lane_t state[4];
  for (int i = 0; i < 4; i++) state[i] = lane_of(MD5_START.word[i]);
  md5_block(state, text, 0);
  return (md5_seed){{state[0][0], state[1][0], state[2][0], state[3][0]}, 64};
}

static md5_seed hmac_seed(const uint8_t *key, size_t length, uint8_t pad) {
  uint8_t block[64];
  memset(block, pad, sizeof block);
  for (size_t i = 0; i < length; i++) block[i] ^= key[i];
  return md5_seed_of(block);
}

#endif
