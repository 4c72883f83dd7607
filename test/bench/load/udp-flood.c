// A flood of datagrams from several sources, until its standard input ends. It reads no replies.
//   udp-flood PORT RATE BYTES
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "fail.h"

#define SOURCES 64

int main(int count, char **arguments) {
  if (count != 4) fail("usage: udp-flood PORT RATE BYTES");
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)number(arguments[1], "PORT"))};
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  uint64_t rate = (uint64_t)number(arguments[2], "RATE");
  size_t bytes = (size_t)number(arguments[3], "BYTES");
  static char datagram[65507];
  if (bytes > sizeof datagram) fail("BYTES must be at most %zu, and is %zu", sizeof datagram, bytes);
  int sources[SOURCES];
  for (int i = 0; i < SOURCES; i++) {
    sources[i] = socket(AF_INET, SOCK_DGRAM, 0);
    if (connect(sources[i], (void *)&server, sizeof server) < 0) fail("cannot connect a UDP socket");
  }
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  uint64_t start = nanoseconds();
  for (uint64_t sent = 0;;) {
    uint64_t due = (nanoseconds() - start) * rate / 1000000000u;
    for (; sent < due; sent++) send(sources[sent % SOURCES], datagram, bytes, MSG_DONTWAIT);
    if (poll(&input, 1, 1) > 0) return 0;
  }
}
