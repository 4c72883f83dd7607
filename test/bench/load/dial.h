// Connections to 127.0.0.1, non-blocking, in one epoll set.
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fail.h"

static int poller = -1;

// Does not wait until the connection is established: until then a write fails with EAGAIN. With a server that serves
// one client at a time the others would wait here for ever.
static inline int dial(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0) fail("cannot make a socket: %s", strerror(errno));
  if (connect(fd, (void *)&server, sizeof server) < 0 && errno != EINPROGRESS)
    fail("cannot connect to 127.0.0.1:%d: %s", port, strerror(errno));
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

// Connects, and reports events of the connection with `owner`.
static inline int dial_watched(int port, void *owner) {
  int fd = dial(port);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = owner};
  if (poller < 0) poller = epoll_create1(0);
  epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
  return fd;
}

static inline void watch(int fd, void *owner, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = owner};
  epoll_ctl(poller, EPOLL_CTL_MOD, fd, &event);
}
