/* What a client of MS-CHAPv2 (RFC 2759) computes: MD4 (RFC 1320), SHA-1 (RFC 3174), DES (FIPS 46-3). Written for
 * size: each user's response is computed once, before the clock starts. */
#ifndef LANGO_BENCH_MSCHAP_H
#define LANGO_BENCH_MSCHAP_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_MAX = 256, NT_HASH_BYTES = 16, NT_RESPONSE_BYTES = 24, SHA1_BYTES = 20 };

static uint32_t turn_left(uint32_t value, int bits) { return value << bits | value >> (32 - bits); }

static void md4(const uint8_t *text, size_t length, uint8_t digest[16]) {
  static const uint8_t pick[3][16] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                      {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15},
                                      {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15}};
  static const uint8_t turn[3][4] = {{3, 7, 11, 19}, {3, 5, 9, 13}, {3, 9, 11, 15}};
  static const uint32_t add[3] = {0, 0x5a827999, 0x6ed9eba1};
  uint8_t padded[MESSAGE_MAX + 72] = {0};
  const size_t total = (length + 9 + 63) / 64 * 64;
  const uint64_t bits = length * 8;
  memcpy(padded, text, length);
  padded[length] = 0x80;
  memcpy(padded + total - 8, &bits, 8);
  uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  for (size_t offset = 0; offset < total; offset += 64) {
    uint32_t word[16], a = state[0], b = state[1], c = state[2], d = state[3];
    memcpy(word, padded + offset, 64);
    for (int i = 0; i < 48; i++) {
      const int r = i / 16;
      const uint32_t mix = r == 0 ? ((b & c) | (~b & d)) : r == 1 ? ((b & c) | (b & d) | (c & d)) : (b ^ c ^ d);
      const uint32_t sum = turn_left(a + mix + word[pick[r][i % 16]] + add[r], turn[r][i % 4]);
      a = d, d = c, c = b, b = sum;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  }
  memcpy(digest, state, 16);
}

static void sha1(const uint8_t *text, size_t length, uint8_t digest[SHA1_BYTES]) {
  uint8_t padded[MESSAGE_MAX + 72] = {0};
  const size_t total = (length + 9 + 63) / 64 * 64;
  memcpy(padded, text, length);
  padded[length] = 0x80;
  for (int i = 0; i < 8; i++) padded[total - 1 - i] = (uint8_t)((uint64_t)length * 8 >> (8 * i));
  uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  for (size_t offset = 0; offset < total; offset += 64) {
    uint32_t w[80];
    for (int i = 0; i < 16; i++) {
      const uint8_t *p = padded + offset + 4 * i;
      w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    }
    for (int i = 16; i < 80; i++) w[i] = turn_left(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int i = 0; i < 80; i++) {
      const uint32_t f = i < 20 ? ((b & c) | (~b & d)) : i >= 40 && i < 60 ? ((b & c) | (b & d) | (c & d)) : (b ^ c ^ d);
      const uint32_t k = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1 : i < 60 ? 0x8f1bbcdc : 0xca62c1d6;
      const uint32_t next = turn_left(a, 5) + f + e + k + w[i];
      e = d, d = c, c = turn_left(b, 30), b = a, a = next;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
  }
  for (int i = 0; i < SHA1_BYTES; i++) digest[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

/* DES tables count bits from 1 at the most significant, as FIPS 46-3 prints them. */
static const uint8_t DES_IP[64] = {58, 50, 42, 34, 26, 18, 10, 2, 60, 52, 44, 36, 28, 20, 12, 4, 62, 54, 46, 38, 30, 22,
                                   14, 6,  64, 56, 48, 40, 32, 24, 16, 8, 57, 49, 41, 33, 25, 17, 9,  1,  59, 51, 43, 35,
                                   27, 19, 11, 3,  61, 53, 45, 37, 29, 21, 13, 5, 63, 55, 47, 39, 31, 23, 15, 7};
static const uint8_t DES_FP[64] = {40, 8,  48, 16, 56, 24, 64, 32, 39, 7,  47, 15, 55, 23, 63, 31, 38, 6,  46, 14, 54, 22,
                                   62, 30, 37, 5,  45, 13, 53, 21, 61, 29, 36, 4,  44, 12, 52, 20, 60, 28, 35, 3,  43, 11,
                                   51, 19, 59, 27, 34, 2,  42, 10, 50, 18, 58, 26, 33, 1,  41, 9,  49, 17, 57, 25};
static const uint8_t DES_E[48] = {32, 1,  2,  3,  4,  5,  4,  5,  6,  7,  8,  9,  8,  9,  10, 11, 12, 13, 12, 13, 14, 15, 16, 17,
                                  16, 17, 18, 19, 20, 21, 20, 21, 22, 23, 24, 25, 24, 25, 26, 27, 28, 29, 28, 29, 30, 31, 32, 1};
static const uint8_t DES_P[32] = {16, 7, 20, 21, 29, 12, 28, 17, 1,  15, 23, 26, 5,  18, 31, 10,
                                  2,  8, 24, 14, 32, 27, 3,  9,  19, 13, 30, 6,  22, 11, 4,  25};
static const uint8_t DES_PC1[56] = {57, 49, 41, 33, 25, 17, 9,  1,  58, 50, 42, 34, 26, 18, 10, 2,  59, 51, 43,
                                    35, 27, 19, 11, 3,  60, 52, 44, 36, 63, 55, 47, 39, 31, 23, 15, 7,  62, 54,
                                    46, 38, 30, 22, 14, 6,  61, 53, 45, 37, 29, 21, 13, 5,  28, 20, 12, 4};
static const uint8_t DES_PC2[48] = {14, 17, 11, 24, 1,  5,  3,  28, 15, 6,  21, 10, 23, 19, 12, 4,  26, 8,  16, 7,  27, 20, 13, 2,
                                    41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32};
static const uint8_t DES_SHIFT[16] = {1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1};
static const uint8_t DES_S[8][64] = {
    {14, 4, 13, 1, 2, 15, 11, 8, 3, 10, 6, 12, 5, 9, 0, 7, 0, 15, 7, 4, 14, 2, 13, 1, 10, 6, 12, 11, 9, 5, 3, 8,
     4, 1, 14, 8, 13, 6, 2, 11, 15, 12, 9, 7, 3, 10, 5, 0, 15, 12, 8, 2, 4, 9, 1, 7, 5, 11, 3, 14, 10, 0, 6, 13},
    {15, 1, 8, 14, 6, 11, 3, 4, 9, 7, 2, 13, 12, 0, 5, 10, 3, 13, 4, 7, 15, 2, 8, 14, 12, 0, 1, 10, 6, 9, 11, 5,
     0, 14, 7, 11, 10, 4, 13, 1, 5, 8, 12, 6, 9, 3, 2, 15, 13, 8, 10, 1, 3, 15, 4, 2, 11, 6, 7, 12, 0, 5, 14, 9},
    {10, 0, 9, 14, 6, 3, 15, 5, 1, 13, 12, 7, 11, 4, 2, 8, 13, 7, 0, 9, 3, 4, 6, 10, 2, 8, 5, 14, 12, 11, 15, 1,
     13, 6, 4, 9, 8, 15, 3, 0, 11, 1, 2, 12, 5, 10, 14, 7, 1, 10, 13, 0, 6, 9, 8, 7, 4, 15, 14, 3, 11, 5, 2, 12},
    {7, 13, 14, 3, 0, 6, 9, 10, 1, 2, 8, 5, 11, 12, 4, 15, 13, 8, 11, 5, 6, 15, 0, 3, 4, 7, 2, 12, 1, 10, 14, 9,
     10, 6, 9, 0, 12, 11, 7, 13, 15, 1, 3, 14, 5, 2, 8, 4, 3, 15, 0, 6, 10, 1, 13, 8, 9, 4, 5, 11, 12, 7, 2, 14},
    {2, 12, 4, 1, 7, 10, 11, 6, 8, 5, 3, 15, 13, 0, 14, 9, 14, 11, 2, 12, 4, 7, 13, 1, 5, 0, 15, 10, 3, 9, 8, 6,
     4, 2, 1, 11, 10, 13, 7, 8, 15, 9, 12, 5, 6, 3, 0, 14, 11, 8, 12, 7, 1, 14, 2, 13, 6, 15, 0, 9, 10, 4, 5, 3},
    {12, 1, 10, 15, 9, 2, 6, 8, 0, 13, 3, 4, 14, 7, 5, 11, 10, 15, 4, 2, 7, 12, 9, 5, 6, 1, 13, 14, 0, 11, 3, 8,
     9, 14, 15, 5, 2, 8, 12, 3, 7, 0, 4, 10, 1, 13, 11, 6, 4, 3, 2, 12, 9, 5, 15, 10, 11, 14, 1, 7, 6, 0, 8, 13},
    {4, 11, 2, 14, 15, 0, 8, 13, 3, 12, 9, 7, 5, 10, 6, 1, 13, 0, 11, 7, 4, 9, 1, 10, 14, 3, 5, 12, 2, 15, 8, 6,
     1, 4, 11, 13, 12, 3, 7, 14, 10, 15, 6, 8, 0, 5, 9, 2, 6, 11, 13, 8, 1, 4, 10, 7, 9, 5, 0, 15, 14, 2, 3, 12},
    {13, 2, 8, 4, 6, 15, 11, 1, 10, 9, 3, 14, 5, 0, 12, 7, 1, 15, 13, 8, 10, 3, 7, 4, 12, 5, 6, 11, 0, 14, 9, 2,
     7, 11, 4, 1, 9, 12, 14, 2, 0, 6, 10, 13, 15, 3, 5, 8, 2, 1, 14, 7, 4, 10, 8, 13, 15, 12, 9, 0, 3, 5, 6, 11}};

static uint64_t permute(uint64_t value, int width, const uint8_t *table, int count) {
  uint64_t result = 0;
  for (int i = 0; i < count; i++) result = result << 1 | (value >> (width - table[i]) & 1);
  return result;
}

static uint64_t octets_to_u64(const uint8_t *octets, int count) {
  uint64_t value = 0;
  for (int i = 0; i < count; i++) value = value << 8 | octets[i];
  return value;
}

/* RFC 2759 section 8.6: seven octets of key, spread so that each octet leaves room for its parity bit. */
static void des_encrypt(const uint8_t key7[7], const uint8_t clear[8], uint8_t cypher[8]) {
  uint64_t key = 0;
  const uint64_t packed = octets_to_u64(key7, 7);
  for (int i = 0; i < 8; i++) key = key << 8 | (packed >> (49 - 7 * i) & 0x7f) << 1;
  const uint64_t halves = permute(key, 64, DES_PC1, 56);
  uint32_t c = (uint32_t)(halves >> 28), d = (uint32_t)(halves & 0xfffffff);
  const uint64_t block = permute(octets_to_u64(clear, 8), 64, DES_IP, 64);
  uint32_t left = (uint32_t)(block >> 32), right = (uint32_t)block;
  for (int round = 0; round < 16; round++) {
    const int shift = DES_SHIFT[round];
    c = (c << shift | c >> (28 - shift)) & 0xfffffff;
    d = (d << shift | d >> (28 - shift)) & 0xfffffff;
    const uint64_t mixed = permute(right, 32, DES_E, 48) ^ permute((uint64_t)c << 28 | d, 56, DES_PC2, 48);
    uint32_t chosen = 0;
    for (int box = 0; box < 8; box++) {
      const int six = (int)(mixed >> (42 - 6 * box) & 0x3f);
      chosen = chosen << 4 | DES_S[box][(six & 0x20) | (six & 1) << 4 | (six >> 1 & 0xf)];
    }
    const uint32_t next = left ^ (uint32_t)permute(chosen, 32, DES_P, 32);
    left = right;
    right = next;
  }
  const uint64_t sealed = permute((uint64_t)right << 32 | left, 64, DES_FP, 64);
  for (int i = 0; i < 8; i++) cypher[i] = (uint8_t)(sealed >> (56 - 8 * i));
}

typedef struct {
  uint8_t response[NT_RESPONSE_BYTES];
  char success[42 + 1]; /* "S=" and 40 hexadecimal digits: what proves that the server knows the password too */
} mschap_answer;

/* RFC 2759 sections 8.1 to 8.7, for an ASCII password. */
static void mschap_answer_of(const char *user, const char *password, const uint8_t server_challenge[16],
                             const uint8_t peer_challenge[16], mschap_answer *answer) {
  static const char magic1[] = "Magic server to client signing constant";
  static const char magic2[] = "Pad to make it do more than one iteration";
  uint8_t wide[MESSAGE_MAX], text[MESSAGE_MAX], challenge[SHA1_BYTES], digest[SHA1_BYTES], key[21] = {0}, hash_of_hash[16];
  const size_t letters = strlen(password), user_bytes = strlen(user);
  for (size_t i = 0; i < letters; i++) wide[2 * i] = (uint8_t)password[i], wide[2 * i + 1] = 0;
  md4(wide, 2 * letters, key);
  memcpy(text, peer_challenge, 16);
  memcpy(text + 16, server_challenge, 16);
  memcpy(text + 32, user, user_bytes);
  sha1(text, 32 + user_bytes, challenge);
  for (int i = 0; i < 3; i++) des_encrypt(key + 7 * i, challenge, answer->response + 8 * i);
  md4(key, NT_HASH_BYTES, hash_of_hash);
  memcpy(text, hash_of_hash, 16);
  memcpy(text + 16, answer->response, NT_RESPONSE_BYTES);
  memcpy(text + 40, magic1, sizeof magic1 - 1);
  sha1(text, 40 + sizeof magic1 - 1, digest);
  memcpy(text, digest, SHA1_BYTES);
  memcpy(text + SHA1_BYTES, challenge, 8);
  memcpy(text + SHA1_BYTES + 8, magic2, sizeof magic2 - 1);
  sha1(text, SHA1_BYTES + 8 + sizeof magic2 - 1, digest);
  memcpy(answer->success, "S=", 2);
  for (int i = 0; i < SHA1_BYTES; i++) sprintf(answer->success + 2 + 2 * i, "%02X", digest[i]);
}

#endif
