// What many topics cost: the throughput from one publisher to one subscriber of all at QoS 0, with 1,000 topics in turn
// and with N. A broker that keeps what it knows of a topic finds none of N when they are more than it keeps.
//   mqtt-topics PORT TOPICS SECONDS
#include "mqtt-connection.h"

enum { FEW = 1000, PAYLOAD = 64 };

typedef struct {
  Connection connection;
  int subscribes;
} Client;

static const char filter[] = "bench/#";
static uint64_t connected, subscribed, delivered, order, next_order;

static void receive(const Packet *packet) {
  uint64_t seen, head = 2 + number_at(packet->body);
  if (packet->length != head + PAYLOAD) fail("a message has %zu bytes", packet->length);
  memcpy(&seen, packet->body + head, sizeof seen);
  if (seen < next_order) fail("message %llu came again or late", (unsigned long long)seen);
  next_order = seen + 1;
  delivered++;
}

static void handle(Connection *connection, const Packet *packet) {
  switch (packet->type) {
    case CONNACK:
      expect_accepted(packet);
      connected++;
      if (((Client *)connection)->subscribes) put_subscribe(&connection->out, 1, filter, 0);
      return;
    case SUBACK:
      expect_granted(packet, 0);
      subscribed++;
      return;
    case PUBLISH:
      receive(packet);
      return;
    default:
      fail("the broker sent a packet of type %d", packet->type);
  }
}

static void publish(Bytes *out, uint64_t topics) {
  char topic[48];
  snprintf(topic, sizeof topic, "bench/%llu/%llu", (unsigned long long)(order % topics % 100),
           (unsigned long long)(order % topics));
  put_publish(out, topic, 0, 0, PAYLOAD);
  uint8_t *at = bytes_reserve(out, PAYLOAD);
  memset(at, 'x', PAYLOAD);
  memcpy(at, &order, sizeof order);
  out->end += PAYLOAD;
  order++;
}

// Messages a second.
static double measure(Client *publisher, uint64_t topics, double duration) {
  Bytes *out = &publisher->connection.out;
  uint64_t start = nanoseconds(), end = start + (uint64_t)(duration * 1e9), before = delivered;
  while (nanoseconds() < end) {
    while (!publisher->connection.is_watching_out && bytes_length(out) < 1 << 16) publish(out, topics);
    flush(&publisher->connection);
    turn(publisher->connection.is_watching_out ? nanoseconds() + 1000000 : 0);
  }
  double rate = (double)(delivered - before) / ((double)(nanoseconds() - start) / 1e9);
  // Until the last one is through, or one is known to be dropped by a silence.
  for (uint64_t quiet = nanoseconds() + 300000000; next_order < order && nanoseconds() < quiet;) {
    uint64_t seen = delivered;
    turn(nanoseconds() + 10000000);
    if (delivered > seen) quiet = nanoseconds() + 300000000;
  }
  if (delivered == before) fail("not one message was delivered");
  return rate;
}

int main(int count, char **arguments) {
  if (count != 4) fail("usage: mqtt-topics PORT TOPICS SECONDS");
  int port = (int)number(arguments[1], "PORT");
  uint64_t topics = (uint64_t)number(arguments[2], "TOPICS");
  double duration = seconds(arguments[3]);

  prepare_process();
  Client publisher = {0}, subscriber = {.subscribes = 1};
  open_connection(&publisher.connection, port, "publisher", 0);
  open_connection(&subscriber.connection, port, "subscriber", 1);
  await_count(&connected, 2, 10, "clients were connected");
  await_count(&subscribed, 1, 10, "subscriptions were acknowledged");

  uint64_t begin = nanoseconds();
  measure(&publisher, FEW, duration / 2);  // unmeasured: caches fill
  double few = measure(&publisher, FEW, duration);
  measure(&publisher, topics, duration / 2);
  double many = measure(&publisher, topics, duration);
  report_more("few", few);
  report_more("many", many);
  report_more("share", many / few);
  report(delivered, order - delivered, begin, nanoseconds());
}
