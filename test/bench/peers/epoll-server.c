// The reference for byte-stream services: one thread, epoll, no framework. Prints "listening PORT" when it is ready.
//   epoll-server reply PREFIX     PREFIX and the bytes of each chunk received, as one reply
//   epoll-server time             TIME\r\n is answered JAM HH:MM:SS\r\n, QUIT\r\n closes
//   epoll-server sink             reads and never answers
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct {
  int fd, ends;
  char *waiting;  // unsent bytes; the client is not read until they are sent
  size_t from, to;
  char line[16];  // the start of an incomplete request
  size_t line_length;
} Client;

static int poller;
static char buffer[1 << 18];
static size_t prefix_length;

static void watch(Client *client, int operation, unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = client};
  epoll_ctl(poller, operation, client->fd, &event);
}

static void leave(Client *client) {
  close(client->fd);
  free(client->waiting);
  free(client);
}

// @returns 0 when the client is gone
static int answer(Client *client, const char *bytes, size_t length) {
  ssize_t taken = write(client->fd, bytes, length);
  if (taken == (ssize_t)length) return 1;
  if (taken < 0 && errno != EAGAIN) return leave(client), 0;
  if (taken < 0) taken = 0;
  client->from = 0, client->to = length - (size_t)taken;
  client->waiting = malloc(client->to);
  memcpy(client->waiting, bytes + taken, client->to);
  watch(client, EPOLL_CTL_MOD, EPOLLOUT);
  return 1;
}

static void drain(Client *client) {
  ssize_t taken = write(client->fd, client->waiting + client->from, client->to - client->from);
  if (taken < 0 && errno != EAGAIN) return leave(client);
  if (taken > 0) client->from += (size_t)taken;
  if (client->from < client->to) return;
  free(client->waiting);
  client->waiting = NULL;
  if (client->ends) leave(client);
  else watch(client, EPOLL_CTL_MOD, EPOLLIN);
}

// The reply of this second: the clock is printed once a second.
static const char *clock_line(size_t *length) {
  static time_t printed;
  static char line[32];
  static size_t line_length;
  time_t now = time(NULL);
  if (now != printed) {
    struct tm local;
    printed = now;
    line_length = strftime(line, sizeof line, "JAM %H:%M:%S\r\n", localtime_r(&now, &local));
  }
  *length = line_length;
  return line;
}

// Answers each complete line; all replies to one chunk are sent in one write.
static void serve_time(Client *client, const char *bytes, size_t length) {
  static char replies[1 << 16];
  size_t made = 0;
  for (size_t i = 0; i < length; i++) {
    if (bytes[i] != '\n') {
      if (client->line_length < sizeof client->line) client->line[client->line_length++] = bytes[i];
      continue;
    }
    int is_time = client->line_length == 5 && memcmp(client->line, "TIME\r", 5) == 0;
    int is_quit = client->line_length == 5 && memcmp(client->line, "QUIT\r", 5) == 0;
    size_t reply_length;
    const char *reply = clock_line(&reply_length);
    client->line_length = 0;
    if (is_quit) {
      client->ends = 1;
      break;
    }
    if (!is_time) reply = "Invalid request\r\n", reply_length = 17;
    if (made + reply_length > sizeof replies) break;
    memcpy(replies + made, reply, reply_length);
    made += reply_length;
  }
  if (made > 0 && !answer(client, replies, made)) return;
  if (client->ends && client->waiting == NULL) leave(client);
}

static void serve(Client *client, char service) {
  ssize_t length = read(client->fd, buffer + prefix_length, sizeof buffer - prefix_length);
  if (length < 0 && errno == EAGAIN) return;
  if (length <= 0) return leave(client);
  if (service == 'r') answer(client, buffer, prefix_length + (size_t)length);
  else if (service == 't') serve_time(client, buffer, (size_t)length);
}

static int listen_on_any_port(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(fd, (void *)&address, length) < 0 || listen(fd, 512) < 0) perror("listen"), exit(1);
  getsockname(fd, (void *)&address, &length);
  printf("listening %d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

static void accept_client(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), one = 1;
  if (fd < 0) return;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  Client *client = calloc(1, sizeof *client);
  client->fd = fd;
  watch(client, EPOLL_CTL_ADD, EPOLLIN);
}

int main(int count, char **arguments) {
  char service = count > 1 ? arguments[1][0] : '?';
  if (strchr("rts", service) == NULL) return fprintf(stderr, "usage: epoll-server reply PREFIX | time | sink\n"), 2;
  if (service == 'r' && count > 2) prefix_length = strlen(arguments[2]), memcpy(buffer, arguments[2], prefix_length);
  poller = epoll_create1(0);
  int listener = listen_on_any_port();
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);

  struct epoll_event events[256];
  for (;;) {
    int ready = epoll_wait(poller, events, 256, -1);
    for (int i = 0; i < ready; i++) {
      Client *client = events[i].data.ptr;
      if (client == NULL) accept_client(listener);
      else if (events[i].events & EPOLLOUT) drain(client);
      else serve(client, service);
    }
  }
}
