// Sends as fast as the server takes it, then ends its side and waits for the server's end: so every byte counted
// has been read by the server. An answer of the server is an error.
//   tcp-oneway PORT CONNECTIONS SECONDS BYTES_PER_WRITE
#include "clock.h"
#include "dial.h"

typedef struct {
  int fd;
  size_t left;  // of the message that the kernel took in part
  uint64_t messages;
} Sender;

static char message[1 << 20];
static size_t length;

// Sends a few messages, then the next connection gets its turn.
static void send_some(Sender *sender) {
  for (int turn = 0; turn < 16; turn++) {
    size_t wanted = sender->left > 0 ? sender->left : length;
    ssize_t taken = write(sender->fd, message + length - wanted, wanted);
    if (taken < 0 && errno == EAGAIN) return;
    if (taken < 0) fail("cannot send: %s", strerror(errno));
    sender->left = wanted - (size_t)taken;
    if (sender->left > 0) return;
    sender->messages++;
  }
}

// When the server's end arrives, it has read everything up to our end.
static void await_end(Sender *sender) {
  char byte;
  fcntl(sender->fd, F_SETFL, 0);
  shutdown(sender->fd, SHUT_WR);
  ssize_t answer = read(sender->fd, &byte, 1);
  if (answer > 0) fail("the server answered; a one-way server is silent");
  if (answer < 0) fail("the server broke the connection: %s", strerror(errno));
}

int main(int count, char **arguments) {
  if (count != 5) fail("usage: tcp-oneway PORT CONNECTIONS SECONDS BYTES_PER_WRITE");
  int port = (int)number(arguments[1], "PORT"), senders = (int)number(arguments[2], "CONNECTIONS");
  double duration = seconds(arguments[3]);
  length = (size_t)number(arguments[4], "BYTES_PER_WRITE");
  if (length > sizeof message) fail("BYTES_PER_WRITE must be up to %zu, and is %zu", sizeof message, length);
  memset(message, 'x', length);

  Sender *all = calloc((size_t)senders, sizeof *all);
  for (int i = 0; i < senders; i++) {
    all[i].fd = dial_watched(port, &all[i]);
    watch(all[i].fd, &all[i], EPOLLOUT | EPOLLIN);
  }
  uint64_t start = nanoseconds(), end = start + (uint64_t)(duration * 1e9), messages = 0;
  struct epoll_event events[256];
  while (nanoseconds() < end) {
    int ready = epoll_wait(poller, events, 256, 100);
    for (int i = 0; i < ready; i++) {
      if (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) fail("the server answered or closed before the end");
      send_some(events[i].data.ptr);
    }
  }
  for (int i = 0; i < senders; i++) await_end(&all[i]), messages += all[i].messages;
  report(messages, 0, start, nanoseconds());
}
