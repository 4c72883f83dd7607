// A REP socket on libzmq itself: the echo half of its latency measurement, answering "World".
#include <stdio.h>
#include <zmq.h>

int main(void) {
  void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_REP);
  char endpoint[64], request[256];
  size_t length = sizeof endpoint;
  if (zmq_bind(socket, "tcp://127.0.0.1:*") < 0) return perror("zmq_bind"), 1;
  zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &length);
  printf("listening %s\n", endpoint + sizeof "tcp://127.0.0.1:" - 1);
  fflush(stdout);
  for (;;) {
    if (zmq_recv(socket, request, sizeof request, 0) < 0) return perror("zmq_recv"), 1;
    zmq_send(socket, "World", 5, 0);
  }
}
