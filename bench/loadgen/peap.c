/* Full PEAP-MSCHAPv2 logins (PEAP version 0, TLS 1.2, no resumption) in a closed loop of `--window` conversations,
 * each on a socket of its own. The certificate's chain is not judged, the handshake's signatures are; the server's
 * proof of the password (MS-CHAPv2 Success) and every reply's authenticators are checked too.
 *
 * Compile: cc -O3 -march=native -Wno-psabi -o peap peap.c -l:libssl.so.3 -l:libcrypto.so.3     Result: JSON. */
#define _GNU_SOURCE
#include "histogram.h"
#include "openssl.h"
#include "packet.h"
#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WINDOW_MAX = 512, WIRE_MAX = 4096, RECORD_MAX = 16384, FRAGMENT_BYTES = 1000, ROUNDS_MAX = 50, STATE_MAX = 253 };
enum { EAP_REQUEST = 1, EAP_RESPONSE = 2, EAP_SUCCESS = 3, IDENTITY = 1, NAK = 3, PEAP = 25, MSCHAPV2_TYPE = 26, EXTENSIONS = 33 };
enum { FLAG_LENGTH = 0x80, FLAG_MORE = 0x40, FLAG_START = 0x20, ACCESS_CHALLENGE = 11, EAP_MESSAGE = 79, STATE = 24 };
enum { CHALLENGE_OP = 1, RESPONSE_OP = 2, SUCCESS_OP = 3 };
static const uint64_t SECOND_NS = 1000000000ull, LOST_NS = 5 * SECOND_NS;

typedef struct {
  int fd;
  SSL *ssl;
  BIO *in, *out;
  uint32_t user;
  uint8_t identifier, request[16], state[STATE_MAX], outgoing[RECORD_MAX];
  int state_bytes, outgoing_bytes, outgoing_at, rounds, proved;
  uint64_t began_ns, sent_ns;
  mschap_answer answer;
} conversation;

static workshop shop;
static SSL_CTX *context;
static conversation conversations[WINDOW_MAX];
static histogram latency;
static uint64_t random_state, measure_from_ns, stop_ns, accepts, rejects, lost, bad, failed, measured, rounds_total;
static uint32_t users = 100000;
static char described[256];
static struct sockaddr_in server = {.sin_family = AF_INET};

static void die(const char *what) {
  fprintf(stderr, "peap: %s: %s\n", what, strerror(errno));
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

static uint64_t random_u64(void) {
  uint64_t z = random_state += 0x9e3779b97f4a7c15ull;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ z >> 27) * 0x94d049bb133111ebull;
  return z ^ z >> 31;
}

/* An EAP packet from the client, signed and sent as an Access-Request (RFC 3579). */
static void send_eap(conversation *c, const uint8_t *eap, int bytes) {
  static uint8_t text[LANES][LANE_BYTES], digest[LANES][MD5_BYTES];
  static const uint8_t blank[MD5_BYTES];
  static layout l;
  const uint64_t random[2] = {random_u64(), random_u64()};
  char name[16], password[16], station[24];
  name_user(c->user, name, password);
  snprintf(station, sizeof station, "02-00-00-%02X-%02X-%02X", c->user >> 16 & 0xff, c->user >> 8 & 0xff, c->user & 0xff);
  l.length = HEADER_BYTES;
  const int signature = put(&l, MESSAGE_AUTHENTICATOR, blank, MD5_BYTES);
  put_text(&l, 1, name);
  put_u32(&l, 4, 0x7f000001);
  put_u32(&l, 12, 1400); /* Framed-MTU */
  put_u32(&l, 61, 19);   /* NAS-Port-Type = Wireless-802.11 */
  put_text(&l, 31, station);
  put_text(&l, 32, "bench-ap");
  if (c->state_bytes) put(&l, STATE, c->state, c->state_bytes);
  for (int at = 0; at < bytes; at += 253) put(&l, EAP_MESSAGE, eap + at, bytes - at < 253 ? bytes - at : 253);
  l.bytes[0] = ACCESS_REQUEST;
  l.bytes[1] = ++c->identifier;
  l.bytes[2] = (uint8_t)(l.length >> 8);
  l.bytes[3] = (uint8_t)l.length;
  memcpy(l.bytes + AUTHENTICATOR_AT, random, 16);
  memcpy(c->request, random, 16);
  memcpy(text[0], l.bytes, (size_t)l.length);
  md5_lanes(&shop.inner, text, (size_t)l.length, digest);
  memcpy(text[0], digest[0], MD5_BYTES);
  md5_lanes(&shop.outer, text, MD5_BYTES, digest);
  memcpy(l.bytes + signature, digest[0], MD5_BYTES);
  c->sent_ns = now_ns();
  if (send(c->fd, l.bytes, (size_t)l.length, 0) < 0 && errno != ECONNREFUSED) die("send");
}

static void begin(conversation *c) {
  uint8_t eap[32] = {EAP_RESPONSE, 0, 0, 15, IDENTITY};
  char password[16];
  if (c->ssl) SSL_free(c->ssl);
  c->ssl = SSL_new(context);
  c->in = BIO_new(BIO_s_mem());
  c->out = BIO_new(BIO_s_mem());
  if (!c->ssl || !c->in || !c->out) die("OpenSSL");
  SSL_set_bio(c->ssl, c->in, c->out);
  SSL_set_connect_state(c->ssl);
  c->user = (uint32_t)((random_u64() >> 32) * users >> 32);
  c->state_bytes = c->outgoing_bytes = c->outgoing_at = c->rounds = c->proved = 0;
  c->began_ns = now_ns();
  name_user(c->user, (char *)eap + 5, password);
  send_eap(c, eap, 15);
}

/* The next fragment of what TLS has to say, or an empty one, which acknowledges (RFC 5216 section 2.1.5). */
static void send_fragment(conversation *c, uint8_t identifier) {
  uint8_t eap[FRAGMENT_BYTES + 10] = {EAP_RESPONSE, identifier, 0, 0, PEAP, 0};
  int at = 6;
  const int left = c->outgoing_bytes - c->outgoing_at, bytes = left < FRAGMENT_BYTES ? left : FRAGMENT_BYTES;
  if (bytes < left) eap[5] |= FLAG_MORE;
  if (bytes < left && !c->outgoing_at) {
    eap[5] |= FLAG_LENGTH;
    write_u32(eap + at, (uint32_t)c->outgoing_bytes);
    at += 4;
  }
  memcpy(eap + at, c->outgoing + c->outgoing_at, (size_t)bytes);
  c->outgoing_at += bytes;
  at += bytes;
  eap[2] = (uint8_t)(at >> 8);
  eap[3] = (uint8_t)at;
  send_eap(c, eap, at);
}

/* Answers an inner EAP request; its header is left out but for type 33 (draft-josefsson-pppext-eap-tls-eap). */
static int answer_inner(conversation *c, const uint8_t *inner, int bytes) {
  uint8_t reply[128];
  char name[16], password[16];
  name_user(c->user, name, password);
  if (bytes >= 11 && inner[0] == EAP_REQUEST && inner[4] == EXTENSIONS) {
    static const uint8_t success[] = {0x80, 3, 0, 2, 0, 1};
    if (!c->proved || memcmp(inner + 5, success, sizeof success)) return 0;
    memcpy(reply, inner, 11);
    reply[0] = EAP_RESPONSE, reply[2] = 0, reply[3] = 11;
    return SSL_write(c->ssl, reply, 11) == 11;
  }
  if (bytes >= 1 && inner[0] == IDENTITY) {
    reply[0] = IDENTITY;
    memcpy(reply + 1, name, 10);
    return SSL_write(c->ssl, reply, 11) == 11;
  }
  if (bytes >= 22 && inner[0] == MSCHAPV2_TYPE && inner[1] == CHALLENGE_OP && inner[5] == 16) {
    const uint64_t peer[2] = {random_u64(), random_u64()};
    mschap_answer_of(name, password, inner + 6, (const uint8_t *)peer, &c->answer);
    const uint8_t head[] = {MSCHAPV2_TYPE, RESPONSE_OP, inner[2], 0, 4 + 1 + 49 + 10, 49}; /* MS-Length counts from OpCode */
    memset(reply, 0, sizeof reply);
    memcpy(reply, head, sizeof head);
    memcpy(reply + 6, peer, 16);
    memcpy(reply + 30, c->answer.response, NT_RESPONSE_BYTES);
    memcpy(reply + 55, name, 10);
    return SSL_write(c->ssl, reply, 65) == 65;
  }
  if (bytes >= 47 && inner[0] == MSCHAPV2_TYPE && inner[1] == SUCCESS_OP && !memcmp(inner + 5, c->answer.success, 42)) {
    const uint8_t success[] = {MSCHAPV2_TYPE, SUCCESS_OP};
    c->proved = 1;
    return SSL_write(c->ssl, success, sizeof success) == sizeof success;
  }
  return 0;
}

static void describe(SSL *ssl) {
  if (described[0]) return;
  X509 *certificate = SSL_get1_peer_certificate(ssl);
  EVP_PKEY *key = certificate ? X509_get0_pubkey(certificate) : NULL;
  const char *group = SSL_group_to_name(ssl, (int)SSL_ctrl(ssl, CTRL_GET_NEGOTIATED_GROUP, 0, NULL));
  snprintf(described, sizeof described, "%s, %s, %s, key %s %d", SSL_get_version(ssl),
           SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)), group ? group : "?", key ? EVP_PKEY_get0_type_name(key) : "?",
           key ? EVP_PKEY_get_bits(key) : 0);
  X509_free(certificate);
}

/* Takes one EAP-Request/PEAP; 0 when the conversation cannot go on. */
static int take_peap(conversation *c, const uint8_t *eap, int bytes) {
  const int flags = eap[5], at = flags & FLAG_LENGTH ? 10 : 6;
  if (at > bytes) return 0;
  if (bytes > at) BIO_write(c->in, eap + at, bytes - at);
  const int more_to_send = c->outgoing_at < c->outgoing_bytes;
  if (!(flags & FLAG_MORE) && !more_to_send) {
    if (!SSL_is_init_finished(c->ssl)) {
      const int result = SSL_do_handshake(c->ssl);
      if (result != 1 && SSL_get_error(c->ssl, result) != ERROR_WANT_READ) return 0;
      if (result == 1) describe(c->ssl);
    } else {
      uint8_t inner[1024];
      const int length = SSL_read(c->ssl, inner, sizeof inner);
      if (length <= 0 || !answer_inner(c, inner, length)) return 0;
    }
    c->outgoing_at = 0;
    c->outgoing_bytes = BIO_read(c->out, c->outgoing, sizeof c->outgoing);
    if (c->outgoing_bytes < 0) c->outgoing_bytes = 0;
  }
  send_fragment(c, eap[1]);
  return 1;
}

static int take_challenge(conversation *c, const uint8_t *packet, int length) {
  uint8_t eap[WIRE_MAX];
  int bytes = 0;
  for (int at = HEADER_BYTES; at < length; at += packet[at + 1])
    if (packet[at] == EAP_MESSAGE) {
      memcpy(eap + bytes, packet + at + 2, (size_t)packet[at + 1] - 2);
      bytes += packet[at + 1] - 2;
    }
  const int state = find_attribute(packet, length, STATE);
  c->state_bytes = state ? packet[state - 1] - 2 : 0;
  memcpy(c->state, packet + state, (size_t)c->state_bytes);
  if (bytes < 6 || eap[0] != EAP_REQUEST || ++c->rounds > ROUNDS_MAX) return 0;
  if (eap[4] == PEAP) return take_peap(c, eap, bytes);
  const uint8_t nak[] = {EAP_RESPONSE, eap[1], 0, 6, NAK, PEAP};
  send_eap(c, nak, sizeof nak);
  return 1;
}

static void finish(conversation *c, uint64_t now) {
  accepts++;
  rounds_total += (uint64_t)c->rounds;
  if (now < measure_from_ns || now >= stop_ns) return;
  measured++;
  record(&latency, now - c->began_ns);
}

static void receive(conversation *c) {
  uint8_t packet[WIRE_MAX], *packets[] = {packet};
  const int length = (int)recv(c->fd, packet, sizeof packet, MSG_DONTWAIT);
  if (length < HEADER_BYTES || (packet[2] << 8 | packet[3]) != length || packet[1] != c->identifier) return;
  const int signature = find_attribute(packet, length, MESSAGE_AUTHENTICATOR);
  int good = 0;
  if (signature > 0) verify(&shop, packets, (const uint8_t(*)[16])c->request, 1, length, signature, &good);
  if (!good) {
    bad++;
    return;
  }
  const uint64_t now = now_ns();
  const int goes_on = packet[0] == ACCESS_CHALLENGE && take_challenge(c, packet, length);
  if (goes_on) return;
  if (packet[0] == ACCESS_ACCEPT && c->proved) finish(c, now);
  else if (packet[0] == ACCESS_REJECT) rejects++;
  else failed++;
  c->sent_ns = 0;
  if (now < stop_ns) begin(c);
}

static double cpu_seconds(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void open_all(int poller, int window) {
  for (int i = 0; i < window; i++) {
    conversation *c = &conversations[i];
    c->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&server, sizeof server)) die("socket");
    if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event)) die("epoll_ctl");
  }
}

/* Conversations that wait longer than a packet may take are given up; true while any is under way. */
static int sweep(int window, uint64_t now) {
  int alive = 0;
  for (int i = 0; i < window; i++) {
    conversation *c = &conversations[i];
    if (c->sent_ns && now > c->sent_ns + LOST_NS) {
      lost++;
      c->sent_ns = 0;
      if (now < stop_ns) begin(c);
    }
    alive |= c->sent_ns != 0;
  }
  return alive;
}

int main(int count, char **words) {
  const char *host = "127.0.0.1", *secret = "";
  int port = 0, window = 32;
  double seconds = 5, warmup = 1;
  for (int i = 1; i + 1 < count; i += 2) {
    if (!strcmp(words[i], "--host")) host = words[i + 1];
    else if (!strcmp(words[i], "--secret")) secret = words[i + 1];
    else if (!strcmp(words[i], "--auth-port")) port = atoi(words[i + 1]);
    else if (!strcmp(words[i], "--window")) window = atoi(words[i + 1]);
    else if (!strcmp(words[i], "--users")) users = (uint32_t)atol(words[i + 1]);
    else if (!strcmp(words[i], "--seconds")) seconds = atof(words[i + 1]);
    else if (!strcmp(words[i], "--warmup")) warmup = atof(words[i + 1]);
    else errno = EINVAL, die(words[i]);
  }
  server.sin_port = htons((uint16_t)port);
  if (!port || window < 1 || window > WINDOW_MAX || strlen(secret) > SECRET_MAX || users < 1 || users > USERS_MAX ||
      inet_pton(AF_INET, host, &server.sin_addr) != 1)
    errno = EINVAL, die("options");
  random_state = now_ns();
  open_workshop(&shop, secret, 0);
  context = SSL_CTX_new(TLS_client_method());
  if (!context) die("OpenSSL");
  SSL_CTX_ctrl(context, CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL);
  SSL_CTX_ctrl(context, CTRL_SET_MAX_PROTO_VERSION, TLS1_2_VERSION, NULL);
  SSL_CTX_set_options(context, OP_NO_TICKET);
  /* A server that follows its own order and one that follows the client's come to the same suite. */
  if (!SSL_CTX_set_cipher_list(context, "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:DEFAULT")) die("OpenSSL");
  const int poller = epoll_create1(EPOLL_CLOEXEC);
  open_all(poller, window);
  const uint64_t begin_ns = now_ns();
  measure_from_ns = begin_ns + (uint64_t)(warmup * 1e9);
  stop_ns = measure_from_ns + (uint64_t)(seconds * 1e9);
  for (int i = 0; i < window; i++) begin(&conversations[i]);
  double cpu_from = -1, cpu_to = -1;
  for (uint64_t now = begin_ns; now < stop_ns || sweep(window, now); now = now_ns()) {
    struct epoll_event events[WINDOW_MAX];
    if (cpu_from < 0 && now >= measure_from_ns) cpu_from = cpu_seconds();
    if (cpu_to < 0 && now >= stop_ns) cpu_to = cpu_seconds();
    const int ready = epoll_wait(poller, events, WINDOW_MAX, 100);
    for (int i = 0; i < ready; i++) receive(events[i].data.ptr);
    if (ready <= 0) sweep(window, now);
  }
  if (cpu_to < 0) cpu_to = cpu_seconds();
  printf("{\"auth\":{\"accepts\":%lu,\"rejects\":%lu,\"failed\":%lu,\"lost\":%lu,\"bad\":%lu,\"rate\":%.1f,\"p50Ms\":%.3f,\"p95Ms\":%.3f,"
         "\"p99Ms\":%.3f,\"p999Ms\":%.3f,\"maxMs\":%.3f},\"rounds\":%.1f,\"tls\":\"%s\",\"cpuShare\":%.4f}\n",
         accepts, rejects, failed, lost, bad, (double)measured / seconds, percentile_ms(&latency, 0.5), percentile_ms(&latency, 0.95),
         percentile_ms(&latency, 0.99), percentile_ms(&latency, 0.999), (double)latency.max_ns / 1e6,
         accepts ? (double)rounds_total / (double)accepts : 0, described, (cpu_to - cpu_from) / seconds);
  return 0;
}
