// MQTT 3.1.1 publishers and subscribers, at full speed or at a steady rate. Each payload carries its publisher, its
// place in the order and its time: what arrives is checked for topic and length; at QoS 1 and 2 nothing may be
// missing or duplicated, and each step of the acknowledgement must come exactly once. A message that arrives after a
// later one of its publisher is counted as disordered; at QoS 0 it is an error.
//   mqtt PORT PUBLISHERS SUBSCRIBERS fan|pair QOS PAYLOAD_BYTES WINDOW SECONDS [RATE] [lasting]
// fan: every subscriber receives from every publisher; pair: subscriber i from publisher i. WINDOW limits the
// unacknowledged messages of a QoS 1 or 2 publisher. RATE is messages a second of all publishers together: each message
// is due at a time by the clock, whether or not the broker has answered earlier ones; its latency counts from then;
// 0 is as fast as it goes. lasting: the subscribers' sessions outlive their connections, which a durable broker keeps.
#include "mqtt-connection.h"

typedef struct {
  uint64_t sent_at;
  uint32_t publisher, order;
} Stamp;

enum { FREE, SENT, RELEASED, HELD };

typedef struct {
  Connection connection;
  int subscribes;
  uint32_t number, sent, acknowledged;
  uint32_t held;         // QoS 2 messages of a subscriber, received and not yet released
  uint8_t *exchanges;    // by packet id: how far its acknowledgement is
  uint32_t *next_order;  // a subscriber's expectation, by publisher
  Bytes *seen;           // a subscriber's, by publisher: a byte for each message; at QoS 1 and 2
  char topic[40];
  size_t topic_length;
  Bytes packet;  // a publisher's PUBLISH, to be stamped
} Client;

static int port, publishers, subscribers, pairs, qos, window, is_lasting;
static size_t payload_length;
static uint64_t ready, delivered, lost, disordered, last_delivery;

static int may_publish(const Client *client) {
  if (qos) return client->sent - client->acknowledged < (uint32_t)window;
  return bytes_length(&client->connection.out) < 1 << 16;
}

static void publish(Client *client, uint64_t time) {
  size_t length = client->packet.end;
  uint8_t *at = bytes_reserve(&client->connection.out, length);
  Stamp stamp = {time, client->number, client->sent};
  memcpy(at, client->packet.bytes, length);
  memcpy(at + length - payload_length, &stamp, sizeof stamp);
  if (qos) {
    uint16_t id = (uint16_t)(client->sent % 65535 + 1);
    if (client->exchanges[id] != FREE) fail("the broker does not keep up: packet id %d is still in use after 65,535 others", id);
    client->exchanges[id] = SENT;
    at[length - payload_length - 2] = (uint8_t)(id >> 8);
    at[length - payload_length - 1] = (uint8_t)id;
  }
  client->connection.out.end += length;
  client->sent++;
}

// Records a message that may be received once only.
static void note(Client *client, const Stamp *stamp) {
  Bytes *seen = &client->seen[stamp->publisher];
  if (stamp->order >= seen->end) {
    size_t more = stamp->order + 1 - seen->end;
    memset(bytes_reserve(seen, more), 0, more);
    seen->end += more;
  }
  if (seen->bytes[stamp->order]++) fail("message %u came twice at QoS %d", stamp->order, qos);
  uint32_t *next = &client->next_order[stamp->publisher];
  if (stamp->order < *next) disordered++;
  else *next = stamp->order + 1;
}

// Records a message; it and others before it may have been dropped.
static void note_droppable(Client *client, const Stamp *stamp) {
  uint32_t *next = &client->next_order[stamp->publisher];
  if (stamp->order < *next) fail("message %u came again or late, after message %u", stamp->order, *next - 1);
  lost += stamp->order - *next;
  *next = stamp->order + 1;
}

static void receive(Client *client, const Packet *packet) {
  int has_qos = packet->flags >> 1 & 3;
  size_t topic_length = number_at(packet->body), head = 2 + topic_length + (has_qos ? 2 : 0);
  if (topic_length != client->topic_length || memcmp(packet->body + 2, client->topic, topic_length) != 0)
    fail("a message to topic \"%.*s\" reached a subscriber of %s", (int)topic_length, packet->body + 2, client->topic);
  if (packet->length != head + payload_length)
    fail("a payload has %zu bytes where %zu are right", packet->length - head, payload_length);
  if (has_qos != qos) fail("a message has QoS %d where %d is right", has_qos, qos);
  Stamp stamp;
  memcpy(&stamp, packet->body + head, sizeof stamp);
  if (stamp.publisher >= (uint32_t)publishers) fail("a payload does not hold what was sent");
  if (qos) note(client, &stamp);
  else note_droppable(client, &stamp);
  delivered++;
  last_delivery = heard_at;
  latency(heard_at - stamp.sent_at);
  if (!qos) return;
  uint16_t id = number_at(packet->body + 2 + topic_length);
  put_acknowledgement(&client->connection.out, qos == 1 ? PUBACK : PUBREC, id);
  if (qos == 1) return;
  if (client->exchanges[id] != FREE) fail("packet id %d was used again before its PUBREL", id);
  client->exchanges[id] = HELD;
  client->held++;
}

// Takes the next step of an exchange, which has to be at `from`.
static uint16_t advance(Client *client, const Packet *packet, int from, int to) {
  static const char *const names[] = {[PUBACK] = "PUBACK", [PUBREC] = "PUBREC", [PUBREL] = "PUBREL", [PUBCOMP] = "PUBCOMP"};
  uint16_t id = number_at(packet->body);
  if (client->exchanges[id] != from) fail("a %s for packet id %d came where none is due", names[packet->type], id);
  client->exchanges[id] = (uint8_t)to;
  return id;
}

static void handle(Connection *connection, const Packet *packet) {
  Client *client = (Client *)connection;
  Bytes *out = &connection->out;
  switch (packet->type) {
    case CONNACK:
      expect_accepted(packet);
      if (client->subscribes) put_subscribe(out, 1, client->topic, qos);
      else ready++;
      return;
    case SUBACK:
      expect_granted(packet, qos);
      ready++;
      return;
    case PUBLISH:
      receive(client, packet);
      return;
    case PUBACK:
      if (qos != 1) fail("the broker sent a PUBACK at QoS %d", qos);
      advance(client, packet, SENT, FREE);
      client->acknowledged++;
      return;
    case PUBREC:
      put_acknowledgement(out, PUBREL, advance(client, packet, SENT, RELEASED));
      return;
    case PUBREL:
      put_acknowledgement(out, PUBCOMP, advance(client, packet, HELD, FREE));
      client->held--;
      return;
    case PUBCOMP:
      advance(client, packet, RELEASED, FREE);
      client->acknowledged++;
      return;
    default:
      fail("the broker sent a packet of type %d", packet->type);
  }
}

static void open_client(Client *client, int subscribes, int number) {
  // The sessions of an earlier run are still there: they must get nothing.
  snprintf(client->topic, sizeof client->topic, "bench/%d/%d", is_lasting ? getpid() : 0, pairs ? number : 0);
  client->topic_length = strlen(client->topic);
  client->subscribes = subscribes;
  client->number = (uint32_t)number;
  client->next_order = calloc((size_t)publishers, sizeof *client->next_order);
  client->seen = calloc((size_t)publishers, sizeof *client->seen);
  client->exchanges = calloc(65536, 1);
  if (!subscribes) {
    put_publish(&client->packet, client->topic, qos << 1, 1, payload_length);
    memset(bytes_reserve(&client->packet, payload_length), 'x', payload_length);
    client->packet.end += payload_length;
  }
  keeps_session = is_lasting && subscribes;
  open_connection(&client->connection, port, subscribes ? "subscriber" : "publisher", number);
}

static void run_at_full_speed(Client *all, uint64_t end) {
  while (nanoseconds() < end) {
    int idle = 1;
    for (Client *client = all; client < all + publishers; client++) {
      if (client->connection.is_watching_out || !may_publish(client)) continue;
      uint64_t now = nanoseconds();
      while (may_publish(client)) publish(client, now);
      flush(&client->connection);
      idle = 0;
    }
    turn(idle ? nanoseconds() + 10000000 : 0);
  }
}

// A message that is late because this program, or the broker before it, was late keeps the time it should have had.
static void run_at_rate(Client *all, uint64_t start, uint64_t end, double rate) {
  uint64_t due = start;
  for (uint64_t count = 0; due < end;) {
    for (uint64_t now = nanoseconds(); due <= now && due < end; count++) {
      publish(&all[count % (uint64_t)publishers], due);
      due = start + (uint64_t)((double)(count + 1) * 1e9 / rate);
    }
    for (Client *client = all; client < all + publishers; client++)
      if (bytes_length(&client->connection.out) > 0 && !client->connection.is_watching_out) flush(&client->connection);
    turn(due);
  }
}

// Steps of acknowledgements that are still due.
static uint64_t outstanding(const Client *all, int clients) {
  uint64_t sum = 0;
  for (int i = 0; qos && i < clients; i++) sum += all[i].held + all[i].sent - all[i].acknowledged;
  return sum;
}

int main(int count, char **arguments) {
  if (count < 9 || count > 11)
    fail("usage: mqtt PORT PUBLISHERS SUBSCRIBERS fan|pair QOS PAYLOAD_BYTES WINDOW SECONDS [RATE] [lasting]");
  port = (int)number(arguments[1], "PORT");
  publishers = (int)number(arguments[2], "PUBLISHERS"), subscribers = (int)number(arguments[3], "SUBSCRIBERS");
  pairs = strcmp(arguments[4], "pair") == 0;
  qos = strcmp(arguments[5], "0") == 0 ? 0 : (int)number(arguments[5], "QOS");
  if (qos > 2) fail("QOS must be 0, 1 or 2, and is %d", qos);
  payload_length = (size_t)number(arguments[6], "PAYLOAD_BYTES");
  if (payload_length < sizeof(Stamp) || payload_length > 1 << 28)
    fail("PAYLOAD_BYTES must be %zu to %d, and is %zu", sizeof(Stamp), 1 << 28, payload_length);
  window = (int)number(arguments[7], "WINDOW");
  double duration = seconds(arguments[8]);
  double rate = count > 9 && strcmp(arguments[9], "0") != 0 ? (double)number(arguments[9], "RATE") : 0;
  is_lasting = count == 11 && strcmp(arguments[10], "lasting") == 0;

  prepare_process();
  int clients = publishers + subscribers;
  Client *all = calloc((size_t)clients, sizeof *all);
  for (int i = 0; i < clients; i++) open_client(&all[i], i >= publishers, i < publishers ? i : i - publishers);
  await_count(&ready, (uint64_t)clients, 10, "clients were connected and subscribed");

  uint64_t start = nanoseconds(), end = start + (uint64_t)(duration * 1e9);
  if (rate > 0) run_at_rate(all, start, end, rate);
  else run_at_full_speed(all, end);

  // Messages in flight still count. At QoS 0 a broker may have dropped some: then the end is a silence.
  uint64_t sent = 0;
  for (int i = 0; i < publishers; i++) sent += all[i].sent;
  uint64_t wanted = pairs ? sent : sent * (uint64_t)subscribers;
  uint64_t silence = qos || payload_length > 1 << 20 ? 5000000000u : 500000000u, now = nanoseconds(), give_up = now + 20000000000u;
  last_delivery = now;
  while (delivered + lost < wanted || outstanding(all, clients) > 0) {
    now = nanoseconds();
    if (now > give_up || now > last_delivery + silence) break;
    turn(now + 10000000);
  }
  uint64_t finish = last_delivery;
  if (qos && delivered < wanted)
    fail("%llu of %llu messages never came at QoS %d", (unsigned long long)(wanted - delivered),
         (unsigned long long)wanted, qos);
  if (outstanding(all, clients) > 0)
    fail("%llu messages were never acknowledged to the end at QoS %d", (unsigned long long)outstanding(all, clients), qos);
  if (delivered == 0) fail("not one message was delivered in %.1f s", duration);
  // A duplicate may arrive late; its sequence number reveals it.
  for (uint64_t stop = nanoseconds() + 50000000; nanoseconds() < stop;) turn(stop);
  report_more("disordered", (double)disordered);
  report(delivered, wanted - delivered, start, finish);
}
