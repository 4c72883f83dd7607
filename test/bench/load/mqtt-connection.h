// MQTT connections in one epoll set. The program that includes this defines `handle`.
#pragma once
#include <poll.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "clock.h"
#include "dial.h"
#include "mqtt-packets.h"

typedef struct {
  int fd, is_watching_out, is_closed;
  const char *kind;  // for error messages
  Bytes in, out;
} Connection;

// Called for each packet that arrives; what it puts into `out` is sent when all that were read are handled.
static void handle(Connection *connection, const Packet *packet);

// When the bytes that are being handled were read. Once for all of them: at ten million messages a second the
// clock would be the work.
static uint64_t heard_at;

static inline void flush(Connection *connection) {
  Bytes *out = &connection->out;
  while (bytes_length(out) > 0) {
    ssize_t taken = write(connection->fd, out->bytes + out->start, bytes_length(out));
    if (taken < 0 && errno != EAGAIN) fail("the broker broke the connection of a %s: %s", connection->kind, strerror(errno));
    if (taken < 0) break;
    out->start += (size_t)taken;
  }
  int waits = bytes_length(out) > 0;
  if (waits == connection->is_watching_out) return;
  connection->is_watching_out = waits;
  watch(connection->fd, connection, waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static inline void receive_ready(Connection *connection) {
  ssize_t length = read(connection->fd, bytes_reserve(&connection->in, 1 << 17), 1 << 17);
  if (length < 0 && errno == EAGAIN) return;
  if (length < 0) fail("the broker broke the connection of a %s: %s", connection->kind, strerror(errno));
  if (length == 0) fail("the broker closed the connection of a %s", connection->kind);
  heard_at = nanoseconds();
  connection->in.end += (size_t)length;
  Packet packet;
  while (take_packet(&connection->in, &packet)) handle(connection, &packet);
  flush(connection);
}

// Serves what is ready, or becomes ready until `deadline`; 0: without waiting.
static inline void turn(uint64_t deadline) {
  struct epoll_event events[256];
  uint64_t now = deadline ? nanoseconds() : 0;
  if (deadline > now) {
    struct pollfd waiting = {.fd = poller, .events = POLLIN};
    uint64_t timeout = deadline - now;
    struct timespec time = {(time_t)(timeout / 1000000000u), (long)(timeout % 1000000000u)};
    if (ppoll(&waiting, 1, &time, NULL) <= 0) return;
  }
  int ready = epoll_wait(poller, events, 256, 0);
  for (int i = 0; i < ready; i++) {
    if (events[i].events & EPOLLOUT) flush(events[i].data.ptr);
    if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive_ready(events[i].data.ptr);
  }
}

// As many connections as the machine allows, and a sleep that ends when it should.
static inline void prepare_process(void) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
}

// Dials and sends CONNECT.
static inline void open_connection(Connection *connection, int port, const char *kind, int number) {
  char id[48];
  snprintf(id, sizeof id, "%s-%d-%d", kind, number, getpid());
  connection->kind = kind;
  connection->fd = dial_watched(port, connection);
  put_connect(&connection->out, id);
  flush(connection);
}

static inline void expect_accepted(const Packet *connack) {
  if (connack->body[1] != 0) fail("the broker refused a client with code %d", connack->body[1]);
}

static inline void expect_granted(const Packet *suback, int qos) {
  int granted = suback->body[2];
  if (granted == 0x80) fail("the broker refused a subscription");
  if (granted < qos) lacks("the broker grants QoS %d where %d is asked", granted, qos);
  if (granted > qos) fail("the broker granted QoS %d where %d was asked", granted, qos);
}

// Serves until `*count` reaches `wanted`; fails with `what` after so many seconds.
static inline void await_count(const uint64_t *count, uint64_t wanted, double timeout, const char *what) {
  uint64_t give_up = nanoseconds() + (uint64_t)(timeout * 1e9);
  while (*count < wanted) {
    uint64_t now = nanoseconds();
    if (now > give_up)
      fail("only %llu of %llu %s within %.0f s", (unsigned long long)*count, (unsigned long long)wanted, what, timeout);
    turn(now + 10000000);
  }
}
