// Stores N retained messages; then a subscriber to # gets them all, each once and marked as retained, while another
// client publishes every millisecond: the latest of its messages shows the longest stall. Clears them all at the end.
//   mqtt-retained PORT MESSAGES
#include "mqtt-connection.h"

enum { PAYLOAD = 64, PULSE = 1000000, TIMEOUT = 300 };

typedef struct {
  Connection connection;
  enum { STORER, COLLECTOR, PULSER } role;
} Client;

static const char pulse_topic[] = "pulse/of/the/bench";
static uint64_t connected, subscribed, stored, collected, pulsed, longest, count;
static uint8_t *seen;

static void write_topic(char *topic, size_t room, uint64_t number) {
  snprintf(topic, room, "retained/%llu/%llu", (unsigned long long)(number / 1000), (unsigned long long)number);
}

static void receive_pulse(const uint8_t *payload) {
  uint64_t due;
  memcpy(&due, payload, sizeof due);
  uint64_t late = heard_at - due;
  latency(late);
  if (late > longest) longest = late;
  pulsed++;
}

static void collect(const Packet *packet, const char *topic, size_t topic_length) {
  char right[64];
  uint64_t message;
  memcpy(&message, packet->body + 2 + topic_length, sizeof message);
  if (message >= count) fail("a payload does not hold what was stored");
  write_topic(right, sizeof right, message);
  if (strlen(right) != topic_length || memcmp(right, topic, topic_length) != 0)
    fail("topic \"%.*s\" holds the message of %s", (int)topic_length, topic, right);
  if (!(packet->flags & 1)) fail("the message of %s is not marked as retained", right);
  if (seen[message]++) fail("the message of %s came twice", right);
  collected++;
}

static void receive(const Client *client, const Packet *packet) {
  size_t length = number_at(packet->body);
  const char *topic = (const char *)packet->body + 2;
  int is_pulse = length == sizeof pulse_topic - 1 && memcmp(topic, pulse_topic, length) == 0;
  int is_ours = length > 9 && memcmp(topic, "retained/", 9) == 0;
  if (!is_pulse && !is_ours) return;  // what others retained in a broker that is not alone ours
  if (packet->length == 2 + length && collected == count) return;  // it is being cleared
  if (packet->length != 2 + length + PAYLOAD) fail("a message has %zu bytes", packet->length);
  if (client->role == PULSER && is_pulse) receive_pulse(packet->body + 2 + length);
  if (client->role == COLLECTOR && is_ours) collect(packet, topic, length);
}

static void handle(Connection *connection, const Packet *packet) {
  Client *client = (Client *)connection;
  switch (packet->type) {
    case CONNACK:
      expect_accepted(packet);
      connected++;
      return;
    case SUBACK:
      expect_granted(packet, 0);
      subscribed++;
      return;
    case PUBACK:
      stored++;
      return;
    case PUBLISH:
      receive(client, packet);
      return;
    default:
      fail("the broker sent a packet of type %d", packet->type);
  }
}

// Publishes all of them with this payload, at QoS 0; the last one at QoS 1 shows that the broker has them all.
static void store(Client *client, size_t length) {
  Bytes *out = &client->connection.out;
  char topic[64], payload[PAYLOAD] = {0};
  stored = 0;
  for (uint64_t i = 0; i < count; i++) {
    int qos = i + 1 == count;
    write_topic(topic, sizeof topic, i);
    memcpy(payload, &i, sizeof i);
    put_publish(out, topic, qos << 1 | 1, 1, length);
    bytes_append(out, payload, length);
    if (bytes_length(out) < 1 << 16 && !qos) continue;
    flush(&client->connection);
    while (client->connection.is_watching_out) turn(nanoseconds() + 10000000);
  }
  await_count(&stored, 1, TIMEOUT, "last retained messages were acknowledged");
}

static void pulse(Client *client, uint64_t due) {
  char payload[PAYLOAD] = {0};
  memcpy(payload, &due, sizeof due);
  put_publish(&client->connection.out, pulse_topic, 0, 0, sizeof payload);
  bytes_append(&client->connection.out, payload, sizeof payload);
  if (!client->connection.is_watching_out) flush(&client->connection);
}

// Pulses until the collector has all, or for `duration` when it collects nothing. @returns the number of pulses sent
static uint64_t pulse_while(Client *pulser, uint64_t wanted, double duration) {
  uint64_t start = nanoseconds(), due = start, sent = 0, progress = collected, silent_since = start;
  for (;;) {
    uint64_t now = nanoseconds();
    if (wanted ? collected >= wanted : now > start + (uint64_t)(duration * 1e9)) break;
    for (; due <= now; due += PULSE, sent++) pulse(pulser, due);
    turn(due);
    if (collected > progress) progress = collected, silent_since = now;
    if (wanted && now > silent_since + 10000000000u)
      fail("only %llu of %llu retained messages reached a subscriber to #", (unsigned long long)collected,
           (unsigned long long)wanted);
  }
  return sent;
}

int main(int arguments_count, char **arguments) {
  if (arguments_count != 3) fail("usage: mqtt-retained PORT MESSAGES");
  int port = (int)number(arguments[1], "PORT");
  count = (uint64_t)number(arguments[2], "MESSAGES");
  seen = calloc(count, 1);
  prepare_process();
  Client clients[] = {{.role = STORER}, {.role = COLLECTOR}, {.role = PULSER}};
  static const char *const names[] = {"storer", "collector", "pulser"};
  for (int i = 0; i < 3; i++) open_connection(&clients[i].connection, port, names[i], i);
  await_count(&connected, 3, 10, "clients were connected");

  uint64_t start = nanoseconds();
  store(&clients[0], PAYLOAD);
  double store_rate = (double)count / ((double)(nanoseconds() - start) / 1e9);
  put_subscribe(&clients[2].connection.out, 1, pulse_topic, 0);
  flush(&clients[2].connection);
  await_count(&subscribed, 1, 10, "subscriptions were acknowledged");
  uint64_t sent = pulse_while(&clients[2], 0, 0.5);  // unmeasured warm-up
  await_count(&pulsed, sent, 10, "messages of the pulse came");

  longest = measured = 0;
  memset(histogram, 0, sizeof histogram);
  uint64_t before = pulsed;
  put_subscribe(&clients[1].connection.out, 1, "#", 0);
  start = nanoseconds();
  flush(&clients[1].connection);
  sent = pulse_while(&clients[2], count, 0);
  uint64_t end = nanoseconds();
  await_count(&pulsed, before + sent, 10, "messages of the pulse came");
  store(&clients[0], 0);

  report_more("store_rate", store_rate);
  report_more("stall", (double)longest / 1e6);
  report(collected, 0, start, end);
}
