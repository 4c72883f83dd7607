// ZeroMQ requests: one REQ socket and one request at a time (the latency of libzmq's local_lat), or with a window,
// DEALER sockets that keep that many requests in flight. Every reply is compared.
//   zmq-req ENDPOINT SOCKETS WINDOW SECONDS REPLY
#include <zmq.h>

#include "clock.h"
#include "fail.h"
#include <string.h>

static const char *reply;
static int window;

static void check(void *socket) {
  char incoming[256];
  int length = zmq_recv(socket, incoming, sizeof incoming, 0);
  if (length < 0) fail("no reply within 5 s: %s", zmq_strerror(zmq_errno()));
  // A DEALER sees the empty frame that separates the route from the message.
  if (window > 1 && length == 0) length = zmq_recv(socket, incoming, sizeof incoming, 0);
  if (length != (int)strlen(reply) || memcmp(incoming, reply, (size_t)length) != 0)
    fail("wrong reply: \"%.*s\" where \"%s\" is right", length, incoming, reply);
}

static void ask(void *socket) {
  if (window > 1) zmq_send(socket, "", 0, ZMQ_SNDMORE);
  if (zmq_send(socket, "Hello", 5, 0) < 0) fail("cannot send: %s", zmq_strerror(zmq_errno()));
}

int main(int count, char **arguments) {
  if (count != 6) fail("usage: zmq-req ENDPOINT SOCKETS WINDOW SECONDS REPLY");
  int sockets = (int)number(arguments[2], "SOCKETS");
  window = (int)number(arguments[3], "WINDOW");
  double duration = seconds(arguments[4]);
  reply = arguments[5];

  void *context = zmq_ctx_new();
  void **all = calloc((size_t)sockets, sizeof *all);
  int timeout = 5000, none = 0;
  for (int i = 0; i < sockets; i++) {
    all[i] = zmq_socket(context, window > 1 ? ZMQ_DEALER : ZMQ_REQ);
    zmq_setsockopt(all[i], ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(all[i], ZMQ_LINGER, &none, sizeof none);
    if (zmq_connect(all[i], arguments[1]) < 0) fail("cannot connect to %s: %s", arguments[1], zmq_strerror(zmq_errno()));
    ask(all[i]), check(all[i]);  // the connection stands
  }

  uint64_t start = nanoseconds(), end = start + (uint64_t)(duration * 1e9), now = start, replies = 0;
  for (int i = 0; i < sockets; i++)
    for (int under_way = 0; under_way < window; under_way++) ask(all[i]);
  while (now < end) {
    for (int i = 0; i < sockets; i++) {
      check(all[i]), ask(all[i]);
      replies++;
      uint64_t then = now;
      now = nanoseconds();
      if (window == 1 && sockets == 1) latency(now - then);
    }
  }
  report(replies, 0, start, now);
  for (int i = 0; i < sockets; i++) zmq_close(all[i]);
  zmq_ctx_term(context);
}
