// Dials all clients at once and waits until each has its CONNACK; one that is refused or dropped is an error. Each
// then disconnects, and waits until the broker has closed its side. With a login they come twice, and the second time
// counts: what can be known of them is known by then.
//   mqtt-storm PORT CLIENTS [USER PASSWORD]
#include "mqtt-connection.h"

static uint64_t accepted, start;

static void handle(Connection *connection, const Packet *packet) {
  if (packet->type != CONNACK) fail("the broker sent a %s a packet of type %d", connection->kind, packet->type);
  expect_accepted(packet);
  accepted++;
  latency(heard_at - start);
}

static void leave(Connection *connection) {
  static const uint8_t disconnect[] = {0xe0, 0};
  char rest;
  fcntl(connection->fd, F_SETFL, 0);
  if (write(connection->fd, disconnect, sizeof disconnect) != sizeof disconnect) fail("cannot disconnect");
  struct pollfd closed = {.fd = connection->fd, .events = POLLIN};
  if (poll(&closed, 1, 10000) != 1 || read(connection->fd, &rest, 1) != 0) fail("the broker did not close after DISCONNECT");
  close(connection->fd);
}

// All come and go. Their time is that from the first dial to the last CONNACK.
static uint64_t storm(Connection *all, int port, int clients) {
  accepted = 0;
  start = nanoseconds();
  for (int i = 0; i < clients; i++) {
    // Their buffers are used again.
    all[i].is_watching_out = 0;
    bytes_clear(&all[i].in);
    bytes_clear(&all[i].out);
    open_connection(&all[i], port, "storm", i);
  }
  await_count(&accepted, (uint64_t)clients, 60, "clients were connected");
  uint64_t end = nanoseconds();
  for (int i = 0; i < clients; i++) leave(&all[i]);
  return end;
}

int main(int count, char **arguments) {
  if (count != 3 && count != 5) fail("usage: mqtt-storm PORT CLIENTS [USER PASSWORD]");
  int port = (int)number(arguments[1], "PORT"), clients = (int)number(arguments[2], "CLIENTS");
  prepare_process();
  Connection *all = calloc((size_t)clients, sizeof *all);
  if (count == 5) {
    login_name = arguments[3];
    login_password = arguments[4];
    storm(all, port, clients);
    forget_latencies();
  }
  uint64_t end = storm(all, port, clients);
  report_more("storm", (double)(end - start) / 1e6);
  report((uint64_t)clients, 0, start, end);
}
