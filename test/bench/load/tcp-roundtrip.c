// Request and reply over plain TCP, one request outstanding per connection. Every byte of every reply is compared.
//   tcp-roundtrip PORT CONNECTIONS SECONDS REQUEST REPLY      in REPLY, # stands for any digit
#include <ctype.h>

#include "clock.h"
#include "dial.h"

typedef struct {
  int fd;
  size_t sent, received;
  uint64_t since;
} Client;

static const char *request, *reply;
static size_t request_length, reply_length;
static int reply_has_digits;
static char incoming[1 << 18];

// Whether `bytes` are those of the reply from `at` on.
static int is_right(const char *bytes, size_t length, size_t at) {
  if (!reply_has_digits) return memcmp(bytes, reply + at, length) == 0;
  for (size_t i = 0; i < length; i++) {
    char wanted = reply[at + i];
    if (wanted == '#' ? !isdigit((unsigned char)bytes[i]) : bytes[i] != wanted) return 0;
  }
  return 1;
}

static void send_rest(Client *client) {
  while (client->sent < request_length) {
    ssize_t taken = write(client->fd, request + client->sent, request_length - client->sent);
    if (taken < 0 && errno == EAGAIN) return watch(client->fd, client, EPOLLIN | EPOLLOUT);
    if (taken < 0) fail("cannot send: %s", strerror(errno));
    client->sent += (size_t)taken;
  }
}

static void ask(Client *client) {
  client->sent = client->received = 0;
  client->since = nanoseconds();
  send_rest(client);
}

static void receive_ready(Client *client) {
  ssize_t length = read(client->fd, incoming, sizeof incoming);
  if (length < 0 && errno == EAGAIN) return;
  if (length < 0) fail("the server broke the connection: %s", strerror(errno));
  if (length == 0) fail("the server closed the connection after %zu of %zu bytes", client->received, reply_length);
  if (client->received + (size_t)length > reply_length)
    fail("a reply has %zu bytes where %zu are right", client->received + (size_t)length, reply_length);
  if (!is_right(incoming, (size_t)length, client->received))
    fail("wrong reply: \"%.*s\" where \"%.60s\" is right", length < 60 ? (int)length : 60, incoming,
         reply + client->received);
  client->received += (size_t)length;
  if (client->received < reply_length) return;
  latency(nanoseconds() - client->since);
  ask(client);
}

int main(int count, char **arguments) {
  if (count != 6) fail("usage: tcp-roundtrip PORT CONNECTIONS SECONDS REQUEST REPLY");
  int port = (int)number(arguments[1], "PORT"), clients = (int)number(arguments[2], "CONNECTIONS");
  double duration = seconds(arguments[3]);
  request = arguments[4], request_length = strlen(request);
  reply = arguments[5], reply_length = strlen(reply);
  reply_has_digits = strchr(reply, '#') != NULL;

  Client *all = calloc((size_t)clients, sizeof *all);
  for (int i = 0; i < clients; i++) all[i].fd = dial_watched(port, &all[i]);
  uint64_t start = nanoseconds(), end = start + (uint64_t)(duration * 1e9);
  for (int i = 0; i < clients; i++) ask(&all[i]);

  struct epoll_event events[256];
  while (nanoseconds() < end) {
    int ready = epoll_wait(poller, events, 256, 100);
    for (int i = 0; i < ready; i++) {
      Client *client = events[i].data.ptr;
      if (events[i].events & EPOLLOUT) {
        send_rest(client);
        if (client->sent == request_length) watch(client->fd, client, EPOLLIN);
      }
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive_ready(client);
    }
  }
  if (measured == 0) fail("not one reply in %.1f s", duration);
  report(measured, 0, start, nanoseconds());
}
