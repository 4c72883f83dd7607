// The few MQTT 3.1.1 packets that a load generator sends, appended to a buffer.
#pragma once
#include "bytes.h"
#include "fail.h"

enum { CONNACK = 2, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK = 9, UNSUBACK = 11 };

static inline void put_length(Bytes *out, size_t length) {
  do {
    uint8_t digit = length & 127;
    length >>= 7;
    if (length) digit |= 128;
    bytes_append(out, &digit, 1);
  } while (length);
}

static inline void put_number(Bytes *out, size_t value) {
  uint8_t pair[2] = {(uint8_t)(value >> 8), (uint8_t)value};
  bytes_append(out, pair, 2);
}

static inline void put_string(Bytes *out, const char *text) {
  put_number(out, strlen(text));
  bytes_append(out, text, strlen(text));
}

// Whether sessions outlive their connections.
static int keeps_session;

// What clients log in with; NULL: with nothing.
static const char *login_name, *login_password;

static inline void put_connect(Bytes *out, const char *client_id) {
  size_t login = login_name ? 4 + strlen(login_name) + strlen(login_password) : 0;
  uint8_t flags = (uint8_t)((keeps_session ? 0 : 2) | (login_name ? 0xc0 : 0));
  bytes_append(out, "\x10", 1);
  put_length(out, 12 + strlen(client_id) + login);
  bytes_append(out, "\0\4MQTT\4", 7);  // level 4
  bytes_append(out, &flags, 1);
  bytes_append(out, "\0\0", 2);  // no keep alive
  put_string(out, client_id);
  if (!login_name) return;
  put_string(out, login_name);
  put_string(out, login_password);
}

static inline void put_subscribe(Bytes *out, uint16_t id, const char *filter, int qos) {
  uint8_t wanted = (uint8_t)qos;
  bytes_append(out, "\x82", 1);
  put_length(out, 5 + strlen(filter));
  put_number(out, id);
  put_string(out, filter);
  bytes_append(out, &wanted, 1);
}

static inline void put_unsubscribe(Bytes *out, uint16_t id, const char *filter) {
  bytes_append(out, "\xa2", 1);
  put_length(out, 4 + strlen(filter));
  put_number(out, id);
  put_string(out, filter);
}

// The head of a PUBLISH; the payload of `length` bytes is for the caller to append. `flags`: QoS << 1 | retain.
static inline void put_publish(Bytes *out, const char *topic, int flags, uint16_t id, size_t length) {
  uint8_t first = (uint8_t)(0x30 | flags);
  int has_id = flags >> 1 & 3;
  bytes_append(out, &first, 1);
  put_length(out, 2 + strlen(topic) + (has_id ? 2 : 0) + length);
  put_string(out, topic);
  if (has_id) put_number(out, id);
}

// PUBACK, PUBREC, PUBREL or PUBCOMP.
static inline void put_acknowledgement(Bytes *out, int type, uint16_t id) {
  uint8_t packet[4] = {(uint8_t)(type << 4 | (type == PUBREL ? 2 : 0)), 2, (uint8_t)(id >> 8), (uint8_t)id};
  bytes_append(out, packet, 4);
}

static inline uint16_t number_at(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }

typedef struct {
  int type, flags;
  const uint8_t *body;
  size_t length;
} Packet;

// Takes the next complete packet from the front. @returns 0 when there is none yet.
static inline int take_packet(Bytes *in, Packet *packet) {
  const uint8_t *at = in->bytes + in->start;
  size_t available = bytes_length(in), length = 0, head = 1;
  for (int shift = 0;; shift += 7) {
    if (head >= available) return 0;
    if (shift > 21) fail("the broker sent a packet whose length has more than four bytes");
    length |= (size_t)(at[head] & 127) << shift;
    if (!(at[head++] & 128)) break;
  }
  if (available < head + length) return 0;
  *packet = (Packet){at[0] >> 4, at[0] & 15, at + head, length};
  in->start += head + length;
  return 1;
}
