// Holds idle MQTT connections: prints "connected N" once the broker has accepted all, and leaves when its
// standard input ends.
//   mqtt-idle PORT CONNECTIONS
#include <poll.h>
#include <sys/resource.h>

#include "dial.h"
#include "mqtt-packets.h"

// Connects and waits for its CONNACK; a few hundred microseconds each, one after the other.
static void connect_client(int port, int number) {
  char id[32];
  uint8_t connack[4];
  Bytes out = {0};
  snprintf(id, sizeof id, "idle-%d", number);
  put_connect(&out, id);
  int fd = dial(port);
  struct pollfd writable = {.fd = fd, .events = POLLOUT};
  poll(&writable, 1, 10000);
  fcntl(fd, F_SETFL, 0);
  if (write(fd, out.bytes, out.end) != (ssize_t)out.end) fail("cannot send CONNECT of client %d", number);
  if (recv(fd, connack, sizeof connack, MSG_WAITALL) != sizeof connack || connack[0] >> 4 != CONNACK || connack[3] != 0)
    fail("the broker did not accept client %d", number);
  free(out.bytes);
}

int main(int count, char **arguments) {
  if (count != 3) fail("usage: mqtt-idle PORT CONNECTIONS");
  int port = (int)number(arguments[1], "PORT"), clients = (int)number(arguments[2], "CONNECTIONS");
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  for (int i = 0; i < clients; i++) connect_client(port, i);
  printf("connected %d\n", clients);
  fflush(stdout);
  while (getchar() != EOF) continue;
}
