// HTTP/1.1 requests, one outstanding per connection, kept alive as long as the server wants it (a server that
// closes after each reply is dialled again). Each reply must have status 200 and hold what the script expects.
//   http PORT CONNECTIONS SECONDS SCRIPT
// SCRIPT is a file of records, taken in turn: "REQUEST_LENGTH EXPECTED_LENGTH\n", the request, the expected text.
#include "clock.h"
#include "dial.h"

typedef struct {
  const char *request, *expected;
  size_t request_length, expected_length;
} Exchange;

typedef struct {
  int fd;
  size_t sent, received;
  uint64_t since;
  const Exchange *exchange;
  char reply[1 << 16];
} Client;

static int port;
static Exchange *script;
static size_t exchanges, next;

static void read_script(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) fail("cannot read the script %s: %s", path, strerror(errno));
  size_t request, expected;
  while (fscanf(file, "%zu %zu", &request, &expected) == 2) {
    char *text = malloc(request + expected);
    if (fgetc(file) != '\n' || fread(text, 1, request + expected, file) != request + expected)
      fail("the script %s ends in the middle of record %zu", path, exchanges + 1);
    script = realloc(script, (exchanges + 1) * sizeof *script);
    script[exchanges++] = (Exchange){text, text + request, request, expected};
  }
  fclose(file);
  if (exchanges == 0) fail("the script %s holds no exchange", path);
}

static void send_rest(Client *client) {
  const Exchange *exchange = client->exchange;
  while (client->sent < exchange->request_length) {
    ssize_t taken = write(client->fd, exchange->request + client->sent, exchange->request_length - client->sent);
    if (taken < 0 && errno == EAGAIN) return watch(client->fd, client, EPOLLIN | EPOLLOUT);
    if (taken < 0) fail("cannot send: %s", strerror(errno));
    client->sent += (size_t)taken;
  }
}

static void ask(Client *client) {
  client->sent = client->received = 0;
  client->exchange = &script[next++ % exchanges];
  client->since = nanoseconds();
  send_rest(client);
}

// Finds the value of a header; NULL when there is none.
static const char *header(const char *head, const char *name) {
  const char *found = strcasestr(head, name);
  if (found == NULL) return NULL;
  found += strlen(name);
  return found + strspn(found, " ");
}

// Whether the reply is whole; `closed`: the server has ended the connection.
static int is_whole(Client *client, int closed, const char **body) {
  client->reply[client->received] = '\0';
  char *end = strstr(client->reply, "\r\n\r\n");
  if (end == NULL) return 0;
  *body = end + 4;
  size_t length = client->received - (size_t)(*body - client->reply);
  *end = '\0';  // the head, by itself
  const char *announced = header(client->reply, "\r\nContent-Length:");
  const char *coding = header(client->reply, "\r\nTransfer-Encoding:");
  int whole;
  if (announced != NULL) {
    size_t wanted = (size_t)atol(announced);
    if (length > wanted) fail("a body has %zu bytes where its Content-Length says %zu", length, wanted);
    whole = length == wanted;
  } else if (coding != NULL) {
    whole = length >= 5 && memcmp(client->reply + client->received - 5, "0\r\n\r\n", 5) == 0;
  } else {
    whole = closed;
  }
  if (!whole) *end = '\r';
  return whole;
}

static void check(const Client *client, const char *body) {
  const char *status = strchr(client->reply, ' ');
  size_t length = client->received - (size_t)(body - client->reply);
  if (status == NULL || strncmp(status + 1, "200", 3) != 0) fail("a reply begins \"%.40s\" where 200 is right", client->reply);
  if (memmem(body, length, client->exchange->expected, client->exchange->expected_length) == NULL)
    fail("wrong reply: \"%.400s\" where \"%.*s\" should stand", body, (int)client->exchange->expected_length,
         client->exchange->expected);
}

static void receive_ready(Client *client) {
  ssize_t length = read(client->fd, client->reply + client->received, sizeof client->reply - 1 - client->received);
  if (length < 0 && errno == EAGAIN) return;
  if (length < 0 && errno == ECONNREFUSED) fail("nobody listens on 127.0.0.1:%d any more", port);
  int closed = length <= 0;
  if (length > 0) client->received += (size_t)length;
  if (client->received == sizeof client->reply - 1) fail("a reply is longer than %zu bytes", client->received);

  const char *body;
  if (!is_whole(client, closed, &body)) {
    if (!closed) return;
    // A server may close a connection between two requests; then the request is asked again on a new one.
    if (client->received > 0) fail("the server closed in the middle of a reply, after %zu bytes", client->received);
  } else {
    check(client, body);
    latency(nanoseconds() - client->since);
    const char *connection = header(client->reply, "\r\nConnection:");
    int stays = connection ? strncasecmp(connection, "close", 5) != 0 : strncmp(client->reply, "HTTP/1.0", 8) != 0;
    if (stays && !closed) return ask(client);
  }
  close(client->fd);
  client->fd = dial_watched(port, client);
  ask(client);
}

int main(int count, char **arguments) {
  if (count != 5) fail("usage: http PORT CONNECTIONS SECONDS SCRIPT");
  port = (int)number(arguments[1], "PORT");
  int clients = (int)number(arguments[2], "CONNECTIONS");
  double duration = seconds(arguments[3]);
  read_script(arguments[4]);

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
        if (client->sent == client->exchange->request_length) watch(client->fd, client, EPOLLIN);
      }
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive_ready(client);
    }
  }
  if (measured == 0) fail("not one reply in %.1f s", duration);
  report(measured, 0, start, nanoseconds());
}
