/* A RADIUS load generator: closed loop (a window of unanswered packets, kept full) or open loop (an offered rate),
 * for logins and accounting at once, on one thread. It never repeats a packet: one without an answer in 5 s
 * (--patience) is lost.
 *
 * It is made to cost little beside what it measures: packets are signed 16 at a time (md5.h), sent 64 at a time as
 * one segmented datagram where the kernel can (UDP_SEGMENT), and received 64 at a time. Latency is taken from the
 * kernel's own receive stamp, so that a wait for the processor here is not charged to the server.
 *
 * Compile: cc -O3 -march=native -Wno-psabi -o loadgen loadgen.c        Result: one line of JSON on stdout. */
#define _GNU_SOURCE
#include "histogram.h"
#include "packet.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum { SOCKETS_MAX = 128, IDS = 256, BATCH = 64, REPLY_MAX = 4096, SESSIONS_MAX = 1 << 16, RECORD_KINDS = 3 };
enum { SOCKET_BUFFER_BYTES = 4 << 20, BUSY_REPLIES = 32, CLOSED_TICK_NS = 300000, OFFERED_TICK_NS = 250000 };
static const uint64_t SECOND_NS = 1000000000ull, SWEEP_NS = SECOND_NS / 20;

typedef struct {
  uint64_t sent_ns; /* 0: this id is free */
  uint8_t request[16];
  session of;
  uint8_t kind;
} slot;

/* Packets of one kind, built and waiting to be signed and sent together. */
typedef struct {
  uint8_t data[BATCH * PACKET_MAX];
  slot *slots[BATCH];
  int count;
} batch;

typedef struct {
  int enabled, accounting, sockets, turn, segments;
  enum kind access;
  unsigned records; /* which of START, INTERIM, STOP each session has, as bits */
  int fd[SOCKETS_MAX];
  slot *slots;                             /* sockets * IDS */
  uint8_t free_ids[SOCKETS_MAX][IDS];      /* rings: an id rests as long as it can before it is used again */
  unsigned free_head[SOCKETS_MAX], free_tail[SOCKETS_MAX];
  uint32_t window, outstanding;
  double rate;
  uint64_t offered, started, limit_sessions;
  session *ready; /* ring of sessions whose next record may go */
  uint32_t ready_head, ready_tail, live, session_pool;
  uint64_t sent, accepts, rejects, responses, lost, duplicates, bad, refused, measured, measured_sent, lag_ns;
  histogram latency;
  char sample[2 * REPLY_MAX + 1];
} flow;

typedef struct {
  const char *host, *secret, *mode;
  int auth_port, acct_port, sockets, verify_every, until_accept, dump;
  uint32_t users, window, run, first_user;
  uint64_t sessions;
  double auth_rate, acct_rate, seconds, warmup, patience;
  unsigned records;
  uint64_t seed;
} options;

static options opt = {.host = "127.0.0.1", .secret = "", .mode = "pap", .sockets = 32, .verify_every = 1, .users = 100000,
                      .window = 256, .seconds = 5, .warmup = 1, .patience = 5, .records = 7};
static workshop shop;
static flow flows[2];
static uint64_t random_state, begin_ns, measure_from_ns, stop_ns, accepted_ns;

static void die(const char *what) {
  fprintf(stderr, "loadgen: %s: %s\n", what, strerror(errno));
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

/* splitmix64: quick and evenly spread; the authenticators of a load test need not be secret. */
static uint64_t random_u64(void) {
  uint64_t z = random_state += 0x9e3779b97f4a7c15ull;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ z >> 27) * 0x94d049bb133111ebull;
  return z ^ z >> 31;
}

static uint32_t random_user(void) { return opt.first_user + (uint32_t)((random_u64() >> 32) * opt.users >> 32); }

static int open_socket(int port) {
  const int on = 1, bytes = SOCKET_BUFFER_BYTES;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (inet_pton(AF_INET, opt.host, &to.sin_addr) != 1) die("--host wants an IPv4 address");
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to)) die("socket");
  setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  return fd;
}

static void open_flow(flow *f, int port, int poller) {
  f->enabled = 1;
  f->segments = 1;
  f->sockets = opt.sockets;
  f->window = opt.window;
  f->session_pool = 4 * opt.window < SESSIONS_MAX / 2 ? 4 * opt.window : SESSIONS_MAX / 2;
  f->slots = allocate((size_t)f->sockets * IDS, sizeof(slot));
  f->ready = allocate(SESSIONS_MAX, sizeof(session));
  for (int s = 0; s < f->sockets; s++) {
    f->fd[s] = open_socket(port);
    for (int id = 0; id < IDS; id++) f->free_ids[s][id] = (uint8_t)id;
    f->free_tail[s] = IDS;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)((f - flows) << 16 | s)};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, f->fd[s], &event)) die("epoll_ctl");
  }
}

static unsigned free_count(const flow *f, int s) { return f->free_tail[s] - f->free_head[s]; }

/* The first record of a session whose records are `wanted`, at or behind `phase`; KINDS when there is no more. */
static int next_phase(unsigned wanted, int phase) {
  while (phase < RECORD_KINDS && !(wanted >> phase & 1)) phase++;
  return phase < RECORD_KINDS ? phase : -1;
}

/* Chooses whose record goes next: a new session while there are too few, else the one that has waited longest. */
static int choose_session(flow *f, session *chosen) {
  if (f->live < f->session_pool && f->started < f->limit_sessions) {
    const uint32_t number = (uint32_t)f->started++;
    *chosen = (session){number, opt.first_user + number % opt.users, (uint8_t)next_phase(f->records, 0)};
    f->live++;
    return 1;
  }
  if (f->ready_head == f->ready_tail) return 0;
  *chosen = f->ready[f->ready_head++ % SESSIONS_MAX];
  return 1;
}

static void session_answered(flow *f, session of) {
  const int phase = next_phase(f->records, of.phase + 1);
  if (phase < 0) {
    f->live--;
    return;
  }
  of.phase = (uint8_t)phase;
  f->ready[f->ready_tail++ % SESSIONS_MAX] = of;
}

/* One system call for many packets of one length; when the kernel cannot cut them itself, one call each. */
static void transmit(flow *f, int fd, uint8_t *data, int length, int count) {
  struct iovec part = {data, (size_t)length * (size_t)count};
  union {
    char room[CMSG_SPACE(sizeof(uint16_t))];
    struct cmsghdr align;
  } control = {0};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (f->segments && count > 1) {
    message.msg_control = control.room;
    message.msg_controllen = sizeof control.room;
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_UDP;
    head->cmsg_type = UDP_SEGMENT;
    head->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    const uint16_t segment = (uint16_t)length;
    memcpy(CMSG_DATA(head), &segment, sizeof segment);
    if (sendmsg(fd, &message, 0) >= 0) return;
    if (errno == ECONNREFUSED && sendmsg(fd, &message, 0) >= 0) return;
    if (errno == EINVAL || errno == EIO || errno == EOPNOTSUPP) f->segments = 0;
  }
  for (int i = 0; i < count; i++)
    if (send(fd, data + i * length, (size_t)length, 0) < 0 && errno == ECONNREFUSED) f->refused++;
}

static void flush(flow *f, batch *b, enum kind kind, int fd) {
  const int length = shop.layouts[kind].length;
  for (int first = 0; first < b->count; first += LANES)
    sign(&shop, kind, b->data + first * length, b->count - first < LANES ? b->count - first : LANES);
  const uint64_t at = now_ns();
  for (int i = 0; i < b->count; i++) {
    b->slots[i]->sent_ns = at;
    memcpy(b->slots[i]->request, b->data + i * length + AUTHENTICATOR_AT, 16);
  }
  transmit(f, fd, b->data, length, b->count);
  f->sent += (uint64_t)b->count;
  if (at >= measure_from_ns && at < stop_ns) f->measured_sent += (uint64_t)b->count;
  b->count = 0;
}

/* Builds and sends up to `wanted` packets, all through one socket, the next in turn that has ids to spare. */
static int send_some(flow *f, int wanted) {
  static batch batches[KINDS];
  int s = f->turn;
  for (int tries = 0; free_count(f, s) < IDS / 4 && tries < f->sockets; tries++) s = (s + 1) % f->sockets;
  f->turn = (s + 1) % f->sockets;
  int built = 0;
  while (built < wanted && free_count(f, s)) {
    session of = {0};
    if (!f->accounting) of.user = random_user();
    else if (!choose_session(f, &of)) break;
    const enum kind kind = f->accounting ? (enum kind)(START + of.phase) : f->access;
    const uint8_t id = f->free_ids[s][f->free_head[s]++ % IDS];
    batch *b = &batches[kind];
    slot *taken = &f->slots[s * IDS + id];
    *taken = (slot){.sent_ns = 1, .of = of, .kind = (uint8_t)kind};
    uint8_t *packet = b->data + b->count * shop.layouts[kind].length;
    const uint64_t random[2] = {random_u64(), random_u64()};
    if (f->accounting) fill_accounting(&shop, kind, &of, id, packet);
    else fill_access(&shop, kind, of.user, id, random, packet);
    b->slots[b->count++] = taken;
    built++;
  }
  for (int kind = 0; kind < KINDS; kind++)
    if (batches[kind].count) flush(f, &batches[kind], (enum kind)kind, f->fd[s]);
  f->outstanding += (uint32_t)built;
  return built;
}

static void offer(flow *f, uint64_t now) {
  if (!f->enabled || now >= stop_ns) return;
  uint64_t due = f->window > f->outstanding ? f->window - f->outstanding : 0;
  if (f->rate > 0) {
    const uint64_t target = (uint64_t)((double)(now - begin_ns) * f->rate / 1e9);
    due = target > f->offered ? target - f->offered : 0;
    const uint64_t lag = (uint64_t)((double)due / f->rate * 1e9);
    if (now > measure_from_ns && lag > f->lag_ns) f->lag_ns = lag;
  }
  while (due > 0) {
    const int built = send_some(f, due < BATCH ? (int)due : BATCH);
    if (!built) break;
    f->offered += (uint64_t)built;
    due -= (uint64_t)built;
  }
}

typedef struct {
  uint8_t *bytes;
  slot *slot;
  uint64_t at_ns;
  int length, signature, free_socket;
} reply;

static void release(flow *f, slot *s, int socket) {
  const uint8_t id = (uint8_t)((s - f->slots) % IDS);
  s->sent_ns = 0;
  f->free_ids[socket][f->free_tail[socket]++ % IDS] = id;
  f->outstanding--;
}

static void keep_sample(flow *f, const reply *r) {
  if (f->sample[0]) return;
  for (int i = 0; i < r->length; i++) sprintf(f->sample + 2 * i, "%02x", r->bytes[i]);
}

static void settle(flow *f, const reply *r) {
  slot *s = r->slot;
  const uint8_t code = r->bytes[0];
  const int accounting = code == ACCOUNTING_RESPONSE;
  if (accounting != f->accounting || (!accounting && code != ACCESS_ACCEPT && code != ACCESS_REJECT) ||
      (code == ACCESS_ACCEPT && s->kind == MSCHAPV2 && !mschap_success(&shop, r->bytes, r->length, s->of.user))) {
    f->bad++;
    return;
  }
  if (code == ACCESS_ACCEPT) f->accepts++;
  if (code == ACCESS_REJECT) f->rejects++;
  if (accounting) f->responses++;
  if (code != ACCESS_REJECT) keep_sample(f, r);
  if (code == ACCESS_ACCEPT && !accepted_ns) accepted_ns = r->at_ns;
  if (r->at_ns >= measure_from_ns && r->at_ns < stop_ns) {
    f->measured++;
    record(&f->latency, r->at_ns > s->sent_ns ? r->at_ns - s->sent_ns : 0);
  }
  if (accounting) session_answered(f, s->of);
  release(f, s, r->free_socket);
}

/* Verifies in groups that share length and place of signature, then settles each reply that is authentic. */
static void verify_and_settle(flow *f, reply *replies, int count) {
  int done[BATCH] = {0};
  for (int first = 0; first < count; first++) {
    if (done[first]) continue;
    uint8_t *bytes[LANES];
    uint8_t requests[LANES][16];
    int member[LANES], good[LANES], members = 0;
    for (int i = first; i < count && members < LANES; i++) {
      if (done[i] || replies[i].length != replies[first].length || replies[i].signature != replies[first].signature) continue;
      done[i] = 1;
      bytes[members] = replies[i].bytes;
      memcpy(requests[members], replies[i].slot->request, 16);
      member[members++] = i;
    }
    verify(&shop, bytes, (const uint8_t(*)[16])requests, members, replies[first].length, replies[first].signature, good);
    for (int i = 0; i < members; i++) {
      if (good[i]) settle(f, &replies[member[i]]);
      else f->bad++;
    }
  }
}

static uint64_t receive_stamp(struct msghdr *message, uint64_t otherwise) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
      struct timespec t;
      memcpy(&t, CMSG_DATA(c), sizeof t);
      return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
    }
  return otherwise;
}

/* What is malformed counts as bad, what nobody waits for as a duplicate; both change nothing else. */
static int accept_datagram(flow *f, int s, uint8_t *bytes, int length, reply *r) {
  if (length < HEADER_BYTES || (bytes[2] << 8 | bytes[3]) != length) return f->bad++, 0;
  slot *waiting = &f->slots[s * IDS + bytes[1]];
  if (!waiting->sent_ns) return f->duplicates++, 0;
  const int signature = find_attribute(bytes, length, MESSAGE_AUTHENTICATOR);
  if (signature < 0 || (signature && bytes[signature - 1] != MD5_BYTES + 2)) return f->bad++, 0;
  r->bytes = bytes, r->slot = waiting, r->length = length, r->signature = signature, r->free_socket = s;
  return 1;
}

static int receive_some(flow *f, int s) {
  static uint8_t room[BATCH][REPLY_MAX];
  static char control[BATCH][128];
  static struct mmsghdr messages[BATCH];
  static struct iovec parts[BATCH];
  static uint64_t seen;
  for (int i = 0; i < BATCH; i++) {
    parts[i] = (struct iovec){room[i], REPLY_MAX};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1, .msg_control = control[i], .msg_controllen = sizeof control[i]};
  }
  const int count = recvmmsg(f->fd[s], messages, BATCH, MSG_DONTWAIT, NULL);
  if (count <= 0) return 0; /* nothing there, or a refused packet: it will count as lost */
  const uint64_t now = now_ns();
  reply replies[BATCH];
  int to_verify = 0;
  for (int i = 0; i < count; i++) {
    reply r;
    if (!accept_datagram(f, s, room[i], (int)messages[i].msg_len, &r)) continue;
    r.at_ns = receive_stamp(&messages[i].msg_hdr, now);
    int twin = 0;
    for (int k = 0; k < to_verify; k++) twin |= replies[k].slot == r.slot;
    if (twin) f->duplicates++;
    else if (seen++ % (uint64_t)opt.verify_every == 0) replies[to_verify++] = r;
    else settle(f, &r);
  }
  verify_and_settle(f, replies, to_verify);
  return count;
}

static void sweep_lost(flow *f, uint64_t now) {
  const uint64_t patience_ns = (uint64_t)(opt.patience * 1e9);
  for (int i = 0; f->enabled && i < f->sockets * IDS; i++) {
    if (!f->slots[i].sent_ns || now < f->slots[i].sent_ns + patience_ns) continue;
    f->lost++;
    if (f->accounting) f->live--;
    release(f, &f->slots[i], i / IDS);
  }
}

static int finished(uint64_t now) {
  if (opt.until_accept && accepted_ns) return 1;
  const uint64_t waiting = flows[0].outstanding + flows[1].outstanding;
  const flow *acct = &flows[1];
  const int all_sent = acct->enabled && acct->started == acct->limit_sessions && !acct->live && !flows[0].enabled;
  return all_sent || (now >= stop_ns && !waiting);
}

static double cpu_seconds(const struct rusage *u) {
  return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) + (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e6;
}

static void run(int poller, double *cpu_share, double *wall) {
  struct rusage from = {0}, to;
  struct epoll_event events[2 * SOCKETS_MAX];
  uint64_t swept = begin_ns, cpu_from_ns = 0, cpu_to_ns = 0;
  const int open_loop = flows[0].rate > 0 || flows[1].rate > 0;
  const struct timespec tick = {0, open_loop ? OFFERED_TICK_NS : CLOSED_TICK_NS};
  for (uint64_t now = now_ns(); !finished(now); now = now_ns()) {
    shop.now_s = (uint32_t)(now / SECOND_NS);
    if (!cpu_from_ns && now >= measure_from_ns) getrusage(RUSAGE_SELF, &from), cpu_from_ns = now;
    if (!cpu_to_ns && now >= stop_ns) getrusage(RUSAGE_SELF, &to), cpu_to_ns = now;
    offer(&flows[0], now);
    offer(&flows[1], now);
    const int ready = epoll_wait(poller, events, 2 * SOCKETS_MAX, open_loop ? 0 : 1);
    int replies = 0;
    for (int i = 0; i < ready; i++) replies += receive_some(&flows[events[i].data.u32 >> 16], (int)(events[i].data.u32 & 0xffff));
    /* A pause gathers replies into batches; the window keeps the server supplied meanwhile. */
    if (replies < BUSY_REPLIES) nanosleep(&tick, NULL);
    if (now - swept < SWEEP_NS) continue;
    swept = now;
    sweep_lost(&flows[0], now);
    sweep_lost(&flows[1], now);
  }
  const uint64_t end = cpu_to_ns ? cpu_to_ns : now_ns();
  if (!cpu_to_ns) getrusage(RUSAGE_SELF, &to);
  if (end < stop_ns) stop_ns = end; /* a counted run ends early: rates are over the time it took */
  *wall = (double)(end - begin_ns) / 1e9;
  *cpu_share = end > cpu_from_ns && cpu_from_ns ? (cpu_seconds(&to) - cpu_seconds(&from)) / ((double)(end - cpu_from_ns) / 1e9) : 0;
}

static void print_flow(const char *name, const flow *f) {
  const double seconds = (double)(stop_ns - measure_from_ns) / 1e9;
  printf("\"%s\":{\"sent\":%lu,\"accepts\":%lu,\"rejects\":%lu,\"responses\":%lu,\"lost\":%lu,\"duplicates\":%lu,\"bad\":%lu,"
         "\"refused\":%lu,\"rate\":%.1f,\"offered\":%.1f,\"p50Ms\":%.3f,\"p95Ms\":%.3f,\"p99Ms\":%.3f,\"p999Ms\":%.3f,"
         "\"maxMs\":%.3f,\"lagMs\":%.3f,\"sample\":\"%s\"},",
         name, f->sent, f->accepts, f->rejects, f->responses, f->lost, f->duplicates, f->bad, f->refused,
         seconds > 0 ? (double)f->measured / seconds : 0, seconds > 0 ? (double)f->measured_sent / seconds : 0,
         percentile_ms(&f->latency, 0.5), percentile_ms(&f->latency, 0.95), percentile_ms(&f->latency, 0.99),
         percentile_ms(&f->latency, 0.999), (double)f->latency.max_ns / 1e6, (double)f->lag_ns / 1e6, f->sample);
}

/* Prints one signed packet of each kind in hexadecimal, for the tests that read them with the project's own codec. */
static void dump(void) {
  static const char *const names[] = {"pap", "chap", "mschapv2", "start", "interim", "stop"};
  for (int kind = 0; kind < KINDS; kind++) {
    uint8_t packet[LANES * PACKET_MAX];
    const session of = {7 + (uint32_t)kind, 42, 0};
    const uint64_t random[2] = {random_u64(), random_u64()};
    if (kind < START) fill_access(&shop, (enum kind)kind, of.user, (uint8_t)kind, random, packet);
    else fill_accounting(&shop, (enum kind)kind, &of, (uint8_t)kind, packet);
    sign(&shop, (enum kind)kind, packet, 1);
    printf("%s ", names[kind]);
    for (int i = 0; i < shop.layouts[kind].length; i++) printf("%02x", packet[i]);
    putchar('\n');
  }
}

static unsigned parse_records(const char *list) {
  return (strstr(list, "start") ? 1u : 0u) | (strstr(list, "interim") ? 2u : 0u) | (strstr(list, "stop") ? 4u : 0u);
}

static void parse(int count, char **words) {
  opt.seed = now_ns();
  opt.run = (uint32_t)(opt.seed >> 20);
  for (int i = 1; i < count; i++) {
    const char *name = words[i], *value = i + 1 < count ? words[i + 1] : "";
    if (!strcmp(name, "--dump")) { opt.dump = 1; continue; }
    if (!strcmp(name, "--until-accept")) { opt.until_accept = 1; continue; }
    i++;
    if (!strcmp(name, "--host")) opt.host = value;
    else if (!strcmp(name, "--secret")) opt.secret = value;
    else if (!strcmp(name, "--auth")) opt.mode = value;
    else if (!strcmp(name, "--auth-port")) opt.auth_port = atoi(value);
    else if (!strcmp(name, "--acct-port")) opt.acct_port = atoi(value);
    else if (!strcmp(name, "--auth-rate")) opt.auth_rate = atof(value);
    else if (!strcmp(name, "--acct-rate")) opt.acct_rate = atof(value);
    else if (!strcmp(name, "--records")) opt.records = parse_records(value);
    else if (!strcmp(name, "--sessions")) opt.sessions = strtoull(value, NULL, 10);
    else if (!strcmp(name, "--users")) opt.users = (uint32_t)atol(value);
    else if (!strcmp(name, "--first-user")) opt.first_user = (uint32_t)atol(value);
    else if (!strcmp(name, "--sockets")) opt.sockets = atoi(value);
    else if (!strcmp(name, "--window")) opt.window = (uint32_t)atol(value);
    else if (!strcmp(name, "--seconds")) opt.seconds = atof(value);
    else if (!strcmp(name, "--warmup")) opt.warmup = atof(value);
    else if (!strcmp(name, "--patience")) opt.patience = atof(value);
    else if (!strcmp(name, "--verify-every")) opt.verify_every = atoi(value);
    else if (!strcmp(name, "--seed")) opt.seed = strtoull(value, NULL, 10), opt.run = (uint32_t)opt.seed;
    else errno = EINVAL, die(name);
  }
  const int known = !strcmp(opt.mode, "pap") || !strcmp(opt.mode, "chap") || !strcmp(opt.mode, "mschapv2");
  const int in_range = opt.sockets >= 1 && opt.sockets <= SOCKETS_MAX && opt.verify_every >= 1 && opt.users >= 1 &&
                       opt.window >= 1 && (uint64_t)opt.users + opt.first_user <= USERS_MAX && opt.records &&
                       strlen(opt.secret) <= SECRET_MAX;
  if (!known || !in_range || !(opt.auth_port || opt.acct_port || opt.dump)) errno = EINVAL, die("options");
}

int main(int count, char **words) {
  parse(count, words);
  random_state = opt.seed;
  open_workshop(&shop, opt.secret, opt.run);
  const enum kind access = opt.mode[0] == 'p' ? PAP : opt.mode[0] == 'c' ? CHAP : MSCHAPV2;
  if (opt.dump || access == CHAP) precompute_chap(&shop, opt.users + opt.first_user);
  if (opt.dump || access == MSCHAPV2) precompute_mschap(&shop, opt.users + opt.first_user);
  if (opt.dump) return dump(), 0;
  prctl(PR_SET_TIMERSLACK, 1000);
  const int poller = epoll_create1(EPOLL_CLOEXEC);
  flows[0].access = access;
  flows[0].rate = opt.auth_rate;
  flows[1].accounting = 1;
  flows[1].rate = opt.acct_rate;
  flows[1].records = opt.records;
  flows[1].limit_sessions = opt.sessions ? opt.sessions : UINT32_MAX;
  if (opt.auth_port) open_flow(&flows[0], opt.auth_port, poller);
  if (opt.acct_port) open_flow(&flows[1], opt.acct_port, poller);
  begin_ns = now_ns();
  measure_from_ns = begin_ns + (uint64_t)(opt.warmup * 1e9);
  stop_ns = measure_from_ns + (uint64_t)(opt.seconds * 1e9);
  double cpu_share, wall;
  run(poller, &cpu_share, &wall);
  putchar('{');
  if (flows[0].enabled) print_flow("auth", &flows[0]);
  if (flows[1].enabled) print_flow("acct", &flows[1]);
  printf("\"cpuShare\":%.4f,\"wallSeconds\":%.3f,\"acceptedAtMs\":%.3f}\n", cpu_share, wall, (double)accepted_ns / 1e6);
  return 0;
}
