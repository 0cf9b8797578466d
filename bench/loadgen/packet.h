/* The packets a MikroTik PPPoE concentrator sends. Each kind is laid out once; what differs from packet to packet
 * (user, station, session, counters) has a fixed place and a fixed width, and is written over a copy. */
#ifndef LANGO_BENCH_PACKET_H
#define LANGO_BENCH_PACKET_H

#include "md5.h"
#include "mschap.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum kind { PAP, CHAP, MSCHAPV2, START, INTERIM, STOP, KINDS };
enum { ACCESS_REQUEST = 1, ACCESS_ACCEPT = 2, ACCESS_REJECT = 3, ACCOUNTING_REQUEST = 4, ACCOUNTING_RESPONSE = 5 };
enum { HEADER_BYTES = 20, AUTHENTICATOR_AT = 4, MESSAGE_AUTHENTICATOR = 80, VENDOR_SPECIFIC = 26, MICROSOFT = 311 };
enum { PACKET_MAX = 2048, USERS_MAX = 1000000, HIDDEN_BYTES = 16, SECRET_MAX = 48 };

typedef struct {
  uint8_t bytes[PACKET_MAX];
  int length;
  /* Offsets of the values that change; 0 where this kind has none. */
  int signature, user, station, port, address, password, chap, nt_response, session, stamp, seconds;
  int octets_in, octets_out, gigawords_in, gigawords_out, packets_in, packets_out;
} layout;

typedef struct {
  uint32_t number; /* unique within a run */
  uint32_t user;
  uint8_t phase;
} session;

typedef struct {
  layout layouts[KINDS];
  uint8_t secret[SECRET_MAX];
  int secret_bytes;
  md5_seed inner, outer;
  uint32_t run; /* first half of every Acct-Session-Id, so that no run repeats another's */
  uint32_t now_s;
  uint8_t (*chap)[MD5_BYTES];
  mschap_answer *answers;
} workshop;

/* Fixed challenges: a server has no say in them, and so each user's response is computed once. */
static const uint8_t CHALLENGE[16] = "bench challenge";
static const uint8_t PEER_CHALLENGE[16] = "peer  challenge";
enum { CHAP_IDENTIFIER = 7 };

static int put(layout *l, uint8_t type, const void *value, int bytes) {
  const int at = l->length + 2;
  l->bytes[l->length] = type;
  l->bytes[l->length + 1] = (uint8_t)(bytes + 2);
  memcpy(l->bytes + at, value, (size_t)bytes);
  l->length = at + bytes;
  return at;
}
static int put_text(layout *l, uint8_t type, const char *text) { return put(l, type, text, (int)strlen(text)); }
static int put_u32(layout *l, uint8_t type, uint32_t value) {
  const uint32_t wire = htonl(value);
  return put(l, type, &wire, 4);
}
static int put_vendor(layout *l, uint32_t vendor, uint8_t type, const void *value, int bytes) {
  uint8_t body[64];
  const uint32_t wire = htonl(vendor);
  memcpy(body, &wire, 4);
  body[4] = type;
  body[5] = (uint8_t)(bytes + 2);
  memcpy(body + 6, value, (size_t)bytes);
  return put(l, VENDOR_SPECIFIC, body, bytes + 6) + 6;
}
static void write_u32(uint8_t *at, uint32_t value) {
  const uint32_t wire = htonl(value);
  memcpy(at, &wire, 4);
}

/* The part that logins and accounting share. */
static void lay_out_port(layout *l) {
  put_u32(l, 6, 2); /* Service-Type = Framed */
  put_u32(l, 7, 1); /* Framed-Protocol = PPP */
  l->port = put_u32(l, 5, 0);
  put_u32(l, 61, 15); /* NAS-Port-Type = Ethernet */
  l->user = put_text(l, 1, "user000000");
  l->station = put_text(l, 31, "02:00:00:00:00:00");
  put_text(l, 30, "pppoe-bench");
  put_text(l, 87, "ether2");
}
static void lay_out_nas(layout *l) {
  put_text(l, 32, "bench-router");
  put_u32(l, 4, 0x7f000001);
}

static void lay_out_access(layout *l, enum kind kind) {
  static const uint8_t blank[50];
  l->bytes[0] = ACCESS_REQUEST;
  l->length = HEADER_BYTES;
  l->signature = put(l, MESSAGE_AUTHENTICATOR, blank, MD5_BYTES);
  lay_out_port(l);
  if (kind == PAP) l->password = put(l, 2, blank, HIDDEN_BYTES);
  if (kind == CHAP) {
    l->chap = put(l, 3, blank, 1 + MD5_BYTES) + 1;
    l->bytes[l->chap - 1] = CHAP_IDENTIFIER;
    put(l, 60, CHALLENGE, sizeof CHALLENGE);
  }
  if (kind == MSCHAPV2) {
    put_vendor(l, MICROSOFT, 11, CHALLENGE, sizeof CHALLENGE);
    const int at = put_vendor(l, MICROSOFT, 25, blank, 50); /* ident, flags, peer challenge, 8 reserved, response */
    memcpy(l->bytes + at + 2, PEER_CHALLENGE, sizeof PEER_CHALLENGE);
    l->nt_response = at + 26;
  }
  lay_out_nas(l);
}

static void lay_out_accounting(layout *l, enum kind kind) {
  l->bytes[0] = ACCOUNTING_REQUEST;
  l->length = HEADER_BYTES;
  lay_out_port(l);
  l->address = put_u32(l, 8, 0);
  l->session = put_text(l, 44, "0000000000000000");
  put_u32(l, 45, 1); /* Acct-Authentic = RADIUS */
  l->stamp = put_u32(l, 55, 0);
  put_u32(l, 40, kind == START ? 1 : kind == STOP ? 2 : 3);
  if (kind != START) {
    l->seconds = put_u32(l, 46, 0);
    l->octets_in = put_u32(l, 42, 0);
    l->octets_out = put_u32(l, 43, 0);
    l->gigawords_in = put_u32(l, 52, 0);
    l->gigawords_out = put_u32(l, 53, 0);
    l->packets_in = put_u32(l, 47, 0);
    l->packets_out = put_u32(l, 48, 0);
  }
  if (kind == STOP) put_u32(l, 49, 1); /* Acct-Terminate-Cause = User-Request */
  lay_out_nas(l);
  put_u32(l, 41, 0); /* Acct-Delay-Time */
}

static void name_user(uint32_t user, char name[16], char password[16]) {
  snprintf(name, 16, "user%06u", user % USERS_MAX);
  snprintf(password, 16, "pass%06u", user % USERS_MAX);
}

static void *allocate(size_t count, size_t bytes) {
  void *memory = calloc(count, bytes);
  if (memory) return memory;
  fputs("loadgen: out of memory\n", stderr);
  exit(1);
}

static void precompute_chap(workshop *shop, uint32_t users) {
  static uint8_t text[LANES][LANE_BYTES], digest[LANES][MD5_BYTES];
  shop->chap = allocate(users + LANES, MD5_BYTES);
  for (uint32_t first = 0; first < users; first += LANES) {
    for (uint32_t l = 0; l < LANES; l++) {
      char name[16], password[16];
      name_user(first + l, name, password);
      text[l][0] = CHAP_IDENTIFIER;
      memcpy(text[l] + 1, password, 10);
      memcpy(text[l] + 11, CHALLENGE, sizeof CHALLENGE);
    }
    md5_lanes(&MD5_START, text, 27, digest);
    memcpy(shop->chap[first], digest, sizeof digest);
  }
}

static void precompute_mschap(workshop *shop, uint32_t users) {
  shop->answers = allocate(users, sizeof *shop->answers);
  for (uint32_t user = 0; user < users; user++) {
    char name[16], password[16];
    name_user(user, name, password);
    mschap_answer_of(name, password, CHALLENGE, PEER_CHALLENGE, &shop->answers[user]);
  }
}

static void open_workshop(workshop *shop, const char *secret, uint32_t run) {
  shop->secret_bytes = (int)strlen(secret);
  memcpy(shop->secret, secret, (size_t)shop->secret_bytes);
  shop->inner = hmac_seed(shop->secret, (size_t)shop->secret_bytes, 0x36);
  shop->outer = hmac_seed(shop->secret, (size_t)shop->secret_bytes, 0x5c);
  shop->run = run;
  shop->now_s = (uint32_t)time(NULL);
  for (int kind = 0; kind < KINDS; kind++)
    (kind < START ? lay_out_access : lay_out_accounting)(&shop->layouts[kind], (enum kind)kind);
}

static void write_digits(uint8_t *at, uint32_t value, int digits) {
  while (digits-- > 0) at[digits] = (uint8_t)('0' + value % 10), value /= 10;
}
static void write_hex(uint8_t *at, uint32_t value, int digits) {
  while (digits-- > 0) at[digits] = (uint8_t)"0123456789ABCDEF"[value & 15], value >>= 4;
}

static void fill_user(const layout *l, uint8_t *packet, uint32_t user, uint8_t id) {
  memcpy(packet, l->bytes, (size_t)l->length);
  packet[1] = id;
  packet[2] = (uint8_t)(l->length >> 8);
  packet[3] = (uint8_t)l->length;
  write_digits(packet + l->user + 4, user, 6);
  uint8_t *station = packet + l->station + 9; /* behind "02:00:00:" */
  for (int octet = 0; octet < 3; octet++) write_hex(station + 3 * octet, user >> (16 - 8 * octet) & 0xff, 2);
}

/* An unsigned Access-Request. The password of PAP is hidden when the packet is signed. */
static void fill_access(const workshop *shop, enum kind kind, uint32_t user, uint8_t id, const uint64_t random[2], uint8_t *packet) {
  const layout *l = &shop->layouts[kind];
  fill_user(l, packet, user, id);
  memcpy(packet + AUTHENTICATOR_AT, random, 16);
  write_u32(packet + l->port, 0x00f00000u + user);
  if (kind == PAP) {
    memcpy(packet + l->password, "pass", 4);
    write_digits(packet + l->password + 4, user, 6);
  }
  if (kind == CHAP) memcpy(packet + l->chap, shop->chap[user], MD5_BYTES);
  if (kind == MSCHAPV2) memcpy(packet + l->nt_response, shop->answers[user].response, NT_RESPONSE_BYTES);
}

/* An unsigned Accounting-Request. Counters grow with the phase; each seventh session is beyond 4 GiB at its end. */
static void fill_accounting(const workshop *shop, enum kind kind, const session *of, uint8_t id, uint8_t *packet) {
  const layout *l = &shop->layouts[kind];
  fill_user(l, packet, of->user, id);
  write_u32(packet + l->port, 0x00f00000u + of->number);
  write_u32(packet + l->address, 0x0a000000u + (of->user & 0xffffff));
  write_hex(packet + l->session, shop->run, 8);
  write_hex(packet + l->session + 8, of->number, 8);
  write_u32(packet + l->stamp, shop->now_s);
  if (kind == START) return;
  const uint32_t step = kind == STOP ? 2 : 1;
  const uint32_t gigawords = kind == STOP && of->number % 7 == 0;
  write_u32(packet + l->seconds, 300 * step);
  write_u32(packet + l->octets_in, step * (1000000 + of->number % 100000));
  write_u32(packet + l->octets_out, step * (20000000 + of->number % 1000000));
  write_u32(packet + l->gigawords_out, gigawords);
  write_u32(packet + l->packets_in, step * 1500);
  write_u32(packet + l->packets_out, step * 15000);
}

/* Signs up to LANES packets of one kind, `stride` octets apart: hides PAP's password (RFC 2865 section 5.2), then
 * Message-Authenticator (RFC 3579 section 3.2) or accounting's Request Authenticator (RFC 2866 section 3). */
static void sign(const workshop *shop, enum kind kind, uint8_t *packets, int count) {
  static uint8_t text[LANES][LANE_BYTES] __attribute__((aligned(64))), digest[LANES][MD5_BYTES];
  const layout *l = &shop->layouts[kind];
  const size_t length = (size_t)l->length, secret_bytes = (size_t)shop->secret_bytes;
  if (kind >= START) {
    for (int i = 0; i < count; i++) {
      memcpy(text[i], packets + i * l->length, length);
      memcpy(text[i] + length, shop->secret, secret_bytes);
    }
    md5_lanes(&MD5_START, text, length + secret_bytes, digest);
    for (int i = 0; i < count; i++) memcpy(packets + i * l->length + AUTHENTICATOR_AT, digest[i], MD5_BYTES);
    return;
  }
  if (kind == PAP) {
    for (int i = 0; i < count; i++) {
      memcpy(text[i], shop->secret, secret_bytes);
      memcpy(text[i] + secret_bytes, packets + i * l->length + AUTHENTICATOR_AT, 16);
    }
    md5_lanes(&MD5_START, text, secret_bytes + 16, digest);
    for (int i = 0; i < count; i++)
      for (int b = 0; b < HIDDEN_BYTES; b++) packets[i * l->length + l->password + b] ^= digest[i][b];
  }
  for (int i = 0; i < count; i++) memcpy(text[i], packets + i * l->length, length);
  md5_lanes(&shop->inner, text, length, digest);
  for (int i = 0; i < count; i++) memcpy(text[i], digest[i], MD5_BYTES);
  md5_lanes(&shop->outer, text, MD5_BYTES, digest);
  for (int i = 0; i < count; i++) memcpy(packets + i * l->length + l->signature, digest[i], MD5_BYTES);
}

/* Offset of the value of the first attribute of this type, 0 when there is none; -1 when the attributes are malformed. */
static int find_attribute(const uint8_t *packet, int length, uint8_t type) {
  int at = HEADER_BYTES;
  while (at < length) {
    if (length - at < 2 || packet[at + 1] < 2 || packet[at + 1] > length - at) return -1;
    if (packet[at] == type) return at + 2;
    at += packet[at + 1];
  }
  return 0;
}

/* Checks Response Authenticator and, where it is present, Message-Authenticator of up to LANES replies of one length
 * whose signature has one place. `requests` are the authenticators they answer. */
static void verify(const workshop *shop, uint8_t *const replies[], const uint8_t (*requests)[16], int count, int length,
                   int signature, int good[]) {
  static uint8_t text[LANES][LANE_BYTES] __attribute__((aligned(64))), digest[LANES][MD5_BYTES];
  const size_t bytes = (size_t)length, secret_bytes = (size_t)shop->secret_bytes;
  for (int i = 0; i < count; i++) {
    memcpy(text[i], replies[i], bytes);
    memcpy(text[i] + AUTHENTICATOR_AT, requests[i], 16);
    memcpy(text[i] + bytes, shop->secret, secret_bytes);
  }
  md5_lanes(&MD5_START, text, bytes + secret_bytes, digest);
  for (int i = 0; i < count; i++) good[i] = memcmp(digest[i], replies[i] + AUTHENTICATOR_AT, MD5_BYTES) == 0;
  if (!signature) return;
  for (int i = 0; i < count; i++) memset(text[i] + signature, 0, MD5_BYTES);
  md5_lanes(&shop->inner, text, bytes, digest);
  for (int i = 0; i < count; i++) memcpy(text[i], digest[i], MD5_BYTES);
  md5_lanes(&shop->outer, text, MD5_BYTES, digest);
  for (int i = 0; i < count; i++) good[i] &= memcmp(digest[i], replies[i] + signature, MD5_BYTES) == 0;
}

/* MS-CHAP2-Success must carry the authenticator response of this user's password. */
static int mschap_success(const workshop *shop, const uint8_t *reply, int length, uint32_t user) {
  static const uint8_t head[] = {0, 0, MICROSOFT >> 8, MICROSOFT & 0xff, 26};
  for (int at = HEADER_BYTES; length - at >= 2 && reply[at + 1] >= 2; at += reply[at + 1])
    if (reply[at] == VENDOR_SPECIFIC && reply[at + 1] >= 51 && !memcmp(reply + at + 2, head, sizeof head))
      return !memcmp(reply + at + 9, shop->answers[user].success, 42);
  return 0;
}

#endif
