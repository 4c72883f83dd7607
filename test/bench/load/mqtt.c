// MQTT 3.1.1 publishers and subscribers at full speed. Each payload carries its publisher, its place in the order
// and the time it was sent: what arrives is checked for topic, order and length, and at QoS 1 for completeness.
//   mqtt PORT PUBLISHERS SUBSCRIBERS fan|pair QOS PAYLOAD_BYTES WINDOW SECONDS
// fan: every subscriber hears every publisher; pair: subscriber i hears publisher i. WINDOW bounds what a QoS 1
// publisher has unacknowledged.
#include "clock.h"
#include "dial.h"
#include "mqtt-packets.h"

typedef struct {
  uint64_t sent_at;
  uint32_t publisher, order;
} Stamp;

typedef struct {
  int fd, subscribes, ready, is_watching_out;
  uint32_t number, sent, acknowledged;
  uint32_t *next_order;  // a subscriber's expectation, by publisher
  char topic[24];
  Bytes in, out;
} Client;

static int port, publishers, subscribers, pairs, qos, window;
static size_t payload_length;
static uint8_t payload[1 << 20];
static uint64_t delivered, lost, last_delivery;

static void flush(Client *client) {
  while (bytes_length(&client->out) > 0) {
    ssize_t taken = write(client->fd, client->out.bytes + client->out.start, bytes_length(&client->out));
    if (taken < 0 && errno != EAGAIN) fail("the broker broke a connection: %s", strerror(errno));
    if (taken < 0) break;
    client->out.start += (size_t)taken;
  }
  int waits = bytes_length(&client->out) > 0;
  if (waits == client->is_watching_out) return;
  client->is_watching_out = waits;
  watch(client->fd, client, waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static int may_publish(const Client *client) {
  if (qos) return client->sent - client->acknowledged < (uint32_t)window;
  return bytes_length(&client->out) < 1 << 16;
}

static void publish(Client *client) {
  while (may_publish(client)) {
    Stamp stamp = {nanoseconds(), client->number, client->sent};
    memcpy(payload, &stamp, sizeof stamp);
    put_publish(&client->out, client->topic, qos, (uint16_t)(client->sent % 65535 + 1), payload_length);
    bytes_append(&client->out, payload, payload_length);
    client->sent++;
  }
  flush(client);
}

static void receive(Client *client, const Packet *packet) {
  size_t topic_length = (size_t)packet->body[0] << 8 | packet->body[1], head = 2 + topic_length + (packet->qos ? 2 : 0);
  if (topic_length != strlen(client->topic) || memcmp(packet->body + 2, client->topic, topic_length) != 0)
    fail("a message to topic \"%.*s\" reached a subscriber of %s", (int)topic_length, packet->body + 2, client->topic);
  if (packet->length != head + payload_length)
    fail("a payload has %zu bytes where %zu are right", packet->length - head, payload_length);
  if (packet->qos != qos) fail("a message has QoS %d where %d is right", packet->qos, qos);
  Stamp stamp;
  memcpy(&stamp, packet->body + head, sizeof stamp);
  if (stamp.publisher >= (uint32_t)publishers) fail("a payload does not hold what was sent");
  uint32_t expected = client->next_order[stamp.publisher];
  if (stamp.order < expected) fail("message %u came again or late, after message %u", stamp.order, expected - 1);
  if (qos && stamp.order > expected) fail("message %u was lost at QoS %d", expected, qos);
  lost += stamp.order - expected;
  client->next_order[stamp.publisher] = stamp.order + 1;
  delivered++;
  last_delivery = nanoseconds();
  latency(last_delivery - stamp.sent_at);
  if (packet->qos) put_puback(&client->out, packet->body + 2 + topic_length);
}

static void handle(Client *client, const Packet *packet) {
  switch (packet->type) {
    case CONNACK:
      if (packet->body[1] != 0) fail("the broker refused a client with code %d", packet->body[1]);
      if (!client->subscribes) client->ready = 1;
      else put_subscribe(&client->out, client->topic, qos);
      return;
    case SUBACK:
      if (packet->body[2] != qos) fail("the broker granted QoS %d where %d was asked", packet->body[2], qos);
      client->ready = 1;
      return;
    case PUBACK:
      client->acknowledged++;
      return;
    case PUBLISH:
      receive(client, packet);
      return;
    default:
      fail("the broker sent a packet of type %d", packet->type);
  }
}

static void hear(Client *client) {
  ssize_t length = read(client->fd, bytes_reserve(&client->in, 1 << 17), 1 << 17);
  if (length < 0 && errno == EAGAIN) return;
  if (length <= 0) fail("the broker closed the connection of a %s", client->subscribes ? "subscriber" : "publisher");
  client->in.end += (size_t)length;
  Packet packet;
  while (take_packet(&client->in, &packet)) handle(client, &packet);
  flush(client);
}

static void turn(int patience) {
  struct epoll_event events[256];
  int ready = epoll_wait(poller, events, 256, patience);
  for (int i = 0; i < ready; i++) {
    if (events[i].events & EPOLLOUT) flush(events[i].data.ptr);
    if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) hear(events[i].data.ptr);
  }
}

static Client *open_client(Client *client, int subscribes, int number) {
  char id[48];
  snprintf(id, sizeof id, "%s-%d-%d", subscribes ? "sub" : "pub", number, getpid());
  snprintf(client->topic, sizeof client->topic, "bench/%d", pairs ? number : 0);
  client->subscribes = subscribes;
  client->number = (uint32_t)number;
  client->next_order = calloc((size_t)publishers, sizeof *client->next_order);
  client->fd = dial_watched(port, client);
  put_connect(&client->out, id);
  flush(client);
  return client;
}

int main(int count, char **arguments) {
  if (count != 9) fail("usage: mqtt PORT PUBLISHERS SUBSCRIBERS fan|pair QOS PAYLOAD_BYTES WINDOW SECONDS");
  port = (int)number(arguments[1], "PORT");
  publishers = (int)number(arguments[2], "PUBLISHERS"), subscribers = (int)number(arguments[3], "SUBSCRIBERS");
  pairs = strcmp(arguments[4], "pair") == 0;
  qos = strcmp(arguments[5], "0") == 0 ? 0 : (int)number(arguments[5], "QOS");
  if (qos > 1) fail("QOS must be 0 or 1, and is %d", qos);
  payload_length = (size_t)number(arguments[6], "PAYLOAD_BYTES");
  if (payload_length < sizeof(Stamp) || payload_length > sizeof payload)
    fail("PAYLOAD_BYTES must be %zu to %zu, and is %zu", sizeof(Stamp), sizeof payload, payload_length);
  window = (int)number(arguments[7], "WINDOW");
  double duration = seconds(arguments[8]);

  int clients = publishers + subscribers;
  Client *all = calloc((size_t)clients, sizeof *all), *first_publisher = all + subscribers;
  for (int i = 0; i < clients; i++) open_client(&all[i], i < subscribers, i < subscribers ? i : i - subscribers);
  uint64_t deadline = nanoseconds() + 10000000000u;
  for (int ready = 0; ready < clients;) {
    if (nanoseconds() > deadline) fail("only %d of %d clients were connected and subscribed within 10 s", ready, clients);
    turn(100);
    ready = 0;
    for (int i = 0; i < clients; i++) ready += all[i].ready;
  }

  uint64_t start = nanoseconds(), end = start + (uint64_t)(duration * 1e9);
  while (nanoseconds() < end) {
    int idle = 1;
    for (int i = 0; i < publishers; i++) {
      if (first_publisher[i].is_watching_out || !may_publish(&first_publisher[i])) continue;
      publish(&first_publisher[i]);
      idle = 0;
    }
    turn(idle ? 10 : 0);
  }

  // What is on its way still counts. At QoS 0 a broker may have dropped some: then the end is a silence.
  uint64_t sent = 0;
  for (int i = 0; i < publishers; i++) sent += first_publisher[i].sent;
  uint64_t wanted = pairs ? sent : sent * (uint64_t)subscribers;
  uint64_t silence = qos ? 5000000000u : 500000000u, give_up = nanoseconds() + 20000000000u;
  last_delivery = nanoseconds();
  while (delivered + lost < wanted && nanoseconds() < give_up && nanoseconds() - last_delivery < silence) turn(10);
  if (qos && delivered < wanted)
    fail("%llu of %llu messages never came at QoS %d", (unsigned long long)(wanted - delivered),
         (unsigned long long)wanted, qos);
  if (delivered == 0) fail("not one message was delivered in %.1f s", duration);
  report(delivered, wanted - delivered, start, last_delivery);
}
