// Pulls workloads as fast as they come, like libzmq's local_thr, and checks that each is a number from 1 to 100 as
// Python pickles it.
//   zmq-pull ENDPOINT SECONDS
#include <string.h>
#include <zmq.h>

#include "clock.h"
#include "fail.h"

static void check(const uint8_t *bytes, int length) {
  if (length < 0) fail("no message within 5 s: %s", zmq_strerror(zmq_errno()));
  if (length != 5 || memcmp(bytes, "\x80\x04K", 3) != 0 || bytes[4] != '.' || bytes[3] < 1 || bytes[3] > 100)
    fail("a message of %d bytes is not a pickled number from 1 to 100", length);
}

int main(int count, char **arguments) {
  if (count != 3) fail("usage: zmq-pull ENDPOINT SECONDS");
  double duration = seconds(arguments[2]);
  void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_PULL);
  int timeout = 5000;
  zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
  if (zmq_connect(socket, arguments[1]) < 0) fail("cannot connect to %s: %s", arguments[1], zmq_strerror(zmq_errno()));

  uint8_t incoming[64];
  check(incoming, zmq_recv(socket, incoming, sizeof incoming, 0));  // the connection stands
  uint64_t start = nanoseconds(), end = start + (uint64_t)(duration * 1e9), now = start, messages = 0;
  while (now < end) {
    check(incoming, zmq_recv(socket, incoming, sizeof incoming, 0));
    if (++messages % 64 == 0) now = nanoseconds();
  }
  report(messages, 0, start, now);
  zmq_close(socket);
  zmq_ctx_term(context);
}
