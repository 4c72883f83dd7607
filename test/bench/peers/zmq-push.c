// A PUSH socket on libzmq itself: the sending half of its throughput measurement, with workloads from 1 to 100 as
// Python pickles them.
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

int main(void) {
  void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_PUSH);
  char endpoint[64], work[5] = {(char)0x80, 4, 'K', 0, '.'};
  size_t length = sizeof endpoint;
  if (zmq_bind(socket, "tcp://127.0.0.1:*") < 0) return perror("zmq_bind"), 1;
  zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &length);
  printf("listening %s\n", endpoint + sizeof "tcp://127.0.0.1:" - 1);
  fflush(stdout);
  for (;;) {
    work[3] = (char)(1 + random() % 100);
    if (zmq_send(socket, work, sizeof work, 0) < 0) return perror("zmq_send"), 1;
  }
}
