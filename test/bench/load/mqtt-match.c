// What other subscriptions cost: the throughput of one hot topic with 100 and with N subscriptions to others, and the
// time of a SUBSCRIBE and an UNSUBSCRIBE in the first and in the last tenth of N. Half of the filters are exact, the
// others have a + or a #; all share their first level with the hot topic, and none matches it.
//   mqtt-match PORT SUBSCRIPTIONS HOLDERS SECONDS
#include "mqtt-connection.h"

// A small window: requests in flight when a tenth ends belong to neither tenth.
enum { FEW = 100, WINDOW = 10, PAYLOAD = 64, TIMEOUT = 120 };

typedef struct {
  Connection connection;
  enum { HOLDER, PUBLISHER, SUBSCRIBER } role;
  uint64_t first, asked, wanted, answered;  // of the requests of this stage; `first`: the number of its first filter
} Client;

static const char hot[] = "bench/hot/state";
static uint64_t each, connected, subscribed, answers, delivered, order, next_order;
static uint64_t first_tenth, last_tenth;        // the answers at which these end and begin
static uint64_t first_ended_at, last_began_at;  // and when they did
static int unsubscribes;
static Bytes hot_packet;

static void write_filter(char *filter, size_t room, uint64_t number) {
  static const char *const kinds[] = {"bench/%llu/state", "bench/+/%llu", "bench/%llu/value", "bench/%llu/#"};
  snprintf(filter, room, kinds[number % 4], (unsigned long long)number);
}

// Each request has its own packet id within the window.
static void ask(Client *client) {
  char filter[64];
  while (client->asked < client->wanted && client->asked - client->answered < WINDOW) {
    uint16_t id = (uint16_t)(client->asked % WINDOW + 1);
    write_filter(filter, sizeof filter, client->first + client->asked);
    if (unsubscribes) put_unsubscribe(&client->connection.out, id, filter);
    else put_subscribe(&client->connection.out, id, filter, 0);
    client->asked++;
  }
}

static void count_answer(Client *client, const Packet *packet) {
  if (number_at(packet->body) != client->answered % WINDOW + 1) fail("an acknowledgement came out of its order");
  client->answered++;
  answers++;
  if (answers == first_tenth) first_ended_at = heard_at;
  if (answers == last_tenth) last_began_at = heard_at;
  ask(client);
}

static void receive(const Client *client, const Packet *packet) {
  if (client->role != SUBSCRIBER) fail("a message reached a client whose filters do not match it");
  uint64_t seen;
  if (packet->length != 2 + sizeof hot - 1 + PAYLOAD) fail("a message has %zu bytes", packet->length);
  memcpy(&seen, packet->body + 2 + sizeof hot - 1, sizeof seen);
  if (seen < next_order) fail("message %llu came again or late", (unsigned long long)seen);
  next_order = seen + 1;
  delivered++;
}

static void handle(Connection *connection, const Packet *packet) {
  Client *client = (Client *)connection;
  switch (packet->type) {
    case CONNACK:
      expect_accepted(packet);
      connected++;
      if (client->role == SUBSCRIBER) put_subscribe(&connection->out, 1, hot, 0);
      return;
    case SUBACK:
      expect_granted(packet, 0);
      if (client->role == SUBSCRIBER) subscribed++;
      else count_answer(client, packet);
      return;
    case UNSUBACK:
      count_answer(client, packet);
      return;
    case PUBLISH:
      receive(client, packet);
      return;
    default:
      fail("the broker sent a packet of type %d", packet->type);
  }
}

// Messages a second that pass through the hot topic.
static double measure_hot(Client *publisher, double duration) {
  Bytes *out = &publisher->connection.out;
  uint64_t sent_before = order, start = nanoseconds(), end = start + (uint64_t)(duration * 1e9), before = delivered;
  // Not without a message: on a busy machine a short time may pass before the first one.
  while (nanoseconds() < end || (delivered == before && nanoseconds() < end + 10000000000ull)) {
    while (!publisher->connection.is_watching_out && bytes_length(out) < 1 << 16) {
      uint8_t *at = bytes_reserve(out, hot_packet.end);
      memcpy(at, hot_packet.bytes, hot_packet.end);
      memcpy(at + hot_packet.end - PAYLOAD, &order, sizeof order);
      out->end += hot_packet.end;
      order++;
    }
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
  if (order == sent_before || delivered == before) fail("not one message passed through the hot topic");
  return rate;
}

typedef struct {
  double each, first, last;
} Times;  // microseconds for a request: of all, in the first tenth, in the last tenth

// All holders go from their filter `from` to their filter `to`.
static Times request_all(Client *holders, int count, uint64_t from, uint64_t to) {
  uint64_t total = (to - from) * (uint64_t)count, start = nanoseconds();
  answers = 0;
  first_tenth = total / 10, last_tenth = total - total / 10;
  for (int i = 0; i < count; i++) {
    Client *holder = &holders[i];
    holder->first = (uint64_t)i * each + from;
    holder->asked = holder->answered = 0;
    holder->wanted = to - from;
    ask(holder);
    flush(&holder->connection);
  }
  await_count(&answers, total, TIMEOUT, unsubscribes ? "UNSUBSCRIBEs were acknowledged" : "SUBSCRIBEs were acknowledged");
  uint64_t end = heard_at;
  double tenth = (double)first_tenth * 1e3;
  return (Times){(double)(end - start) / 1e3 / (double)total, (double)(first_ended_at - start) / tenth,
                 (double)(end - last_began_at) / tenth};
}

int main(int count, char **arguments) {
  if (count != 5) fail("usage: mqtt-match PORT SUBSCRIPTIONS HOLDERS SECONDS");
  int port = (int)number(arguments[1], "PORT");
  uint64_t total = (uint64_t)number(arguments[2], "SUBSCRIPTIONS");
  int holders = (int)number(arguments[3], "HOLDERS");
  double duration = seconds(arguments[4]);
  if (holders > FEW || FEW % holders) fail("HOLDERS must divide %d, and is %d", FEW, holders);
  each = total / (uint64_t)holders;
  uint64_t few = FEW / (uint64_t)holders;
  if (each < 11 * few) fail("SUBSCRIPTIONS must be at least %d, and is %llu", 11 * FEW, (unsigned long long)total);

  prepare_process();
  put_publish(&hot_packet, hot, 0, 0, PAYLOAD);
  memset(bytes_reserve(&hot_packet, PAYLOAD), 'x', PAYLOAD);
  hot_packet.end += PAYLOAD;
  Client *all = calloc((size_t)holders + 2, sizeof *all), *publisher = &all[holders], *subscriber = publisher + 1;
  publisher->role = PUBLISHER, subscriber->role = SUBSCRIBER;
  for (int i = 0; i < holders + 2; i++)
    open_connection(&all[i].connection, port, i < holders ? "holder" : i == holders ? "publisher" : "subscriber", i);
  await_count(&connected, (uint64_t)holders + 2, 10, "clients were connected");
  await_count(&subscribed, 1, 10, "subscriptions to the hot topic were acknowledged");

  uint64_t begin = nanoseconds();
  request_all(all, holders, 0, few);
  measure_hot(publisher, duration / 2);  // unmeasured: caches fill
  double rate_before = measure_hot(publisher, duration);
  Times subscribe = request_all(all, holders, few, each);
  double rate_many = measure_hot(publisher, duration);
  unsubscribes = 1;
  Times unsubscribe = request_all(all, holders, few, each);
  double rate_after = measure_hot(publisher, duration), rate_few = (rate_before + rate_after) / 2;

  report_more("few", rate_few);
  report_more("many", rate_many);
  report_more("cost", rate_few / rate_many);
  report_more("subscribe", subscribe.each);
  report_more("unsubscribe", unsubscribe.each);
  report_more("subscribe_first", subscribe.first);
  report_more("subscribe_last", subscribe.last);
  report_more("subscribe_growth", subscribe.last / subscribe.first);
  report_more("unsubscribe_first", unsubscribe.first);
  report_more("unsubscribe_last", unsubscribe.last);
  report_more("unsubscribe_growth", unsubscribe.last / unsubscribe.first);
  report(delivered, order - delivered, begin, nanoseconds());
}
