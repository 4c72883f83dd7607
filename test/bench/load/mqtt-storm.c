// Dials all clients at once and waits until each has its CONNACK; one that is refused or dropped is an error. Each
// then disconnects, and waits until the broker has closed its side.
//   mqtt-storm PORT CLIENTS
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

int main(int count, char **arguments) {
  if (count != 3) fail("usage: mqtt-storm PORT CLIENTS");
  int port = (int)number(arguments[1], "PORT"), clients = (int)number(arguments[2], "CLIENTS");
  prepare_process();
  Connection *all = calloc((size_t)clients, sizeof *all);
  start = nanoseconds();
  for (int i = 0; i < clients; i++) open_connection(&all[i], port, "storm", i);
  await_count(&accepted, (uint64_t)clients, 60, "clients were connected");
  uint64_t end = nanoseconds();
  report_more("storm", (double)(end - start) / 1e6);
  for (int i = 0; i < clients; i++) leave(&all[i]);
  report((uint64_t)clients, 0, start, end);
}
