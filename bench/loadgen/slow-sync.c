/* A slow disk for one process: adds SLOW_SYNC_MS milliseconds to every fsync and fdatasync.
 * Compile: cc -O2 -shared -fPIC -o slow-sync.so slow-sync.c      Use: SLOW_SYNC_MS=20 LD_PRELOAD=./slow-sync.so program */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wait_for_disk(void) {
  const char *text = getenv("SLOW_SYNC_MS");
  const long ms = text ? atol(text) : 0;
  struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&pause, &pause)) continue;
}

int fdatasync(int fd) {
  wait_for_disk();
  return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd) {
  wait_for_disk();
  return (int)syscall(SYS_fsync, fd);
}
