import { describe, expect, test } from "bun:test";
import { decode } from "../../../src/protocol/mqtt/decode.ts";
import { encode } from "../../../src/protocol/mqtt/encode.ts";
import { MqttError } from "../../../src/protocol/mqtt/errors.ts";
import { isReasonOf, Reason } from "../../../src/protocol/mqtt/reason.ts";
import { otherReads } from "./other-codec.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

/** Where a property list lies in a packet: `L` is the list with its length. */
const frames = {
  connect: "10 0004 4d515454 05 02 0000 L 0001 61",
  will: "10 0004 4d515454 05 06 0000 00 0001 61 L 0001 74 0001 6d",
  connack: "20 00 00 L",
  publish: "30 0001 74 L 78",
  puback: "40 0001 00 L",
  pubrec: "50 0001 00 L",
  pubrel: "62 0001 00 L",
  pubcomp: "70 0001 00 L",
  subscribe: "82 0001 L 0001 61 00",
  suback: "90 0001 L 00",
  unsubscribe: "a2 0001 L 0001 61",
  unsuback: "b0 0001 L 00",
  disconnect: "e0 00 L",
  auth: "f0 00 L",
} as const;
type Place = keyof typeof frames;
const places = Object.keys(frames) as Place[];

/** The packet with these properties, made of bytes alone. */
function packetOf(place: Place, list: string): Buffer {
  const properties = hex(list);
  const length = properties.length.toString(16).padStart(2, "0");
  const [first = "", ...rest] = frames[place].replace("L", `${length} ${list}`).split(" ");
  const body = hex(rest.join(""));
  return Buffer.concat([hex(first), Buffer.from([body.length]), body]);
}

const answers = "connack puback pubrec pubrel pubcomp suback unsuback disconnect auth";
/** Table 2-4: each property with a value, and the packets that may have it. */
const properties: readonly (readonly [name: string, bytes: string, places: string])[] = [
  ["payload format indicator", "01 01", "publish will"],
  ["message expiry interval", "02 00000009", "publish will"],
  ["content type", "03 0001 63", "publish will"],
  ["response topic", "08 0001 72", "publish will"],
  ["correlation data", "09 0002 0001", "publish will"],
  ["subscription identifier", "0b 8001", "publish subscribe"],
  ["session expiry interval", "11 00000009", "connect connack disconnect"],
  ["assigned client identifier", "12 0001 61", "connack"],
  ["server keep alive", "13 0009", "connack"],
  ["authentication method", "15 0001 6d", "connect connack auth"],
  ["authentication data", "15 0001 6d 16 0001 00", "connect connack auth"],
  ["request problem information", "17 00", "connect"],
  ["will delay interval", "18 00000009", "will"],
  ["request response information", "19 01", "connect"],
  ["response information", "1a 0001 72", "connack"],
  ["server reference", "1c 0001 73", "connack disconnect"],
  ["reason string", "1f 0001 72", answers],
  ["receive maximum", "21 0009", "connect connack"],
  ["topic alias maximum", "22 0009", "connect connack"],
  ["topic alias", "23 0009", "publish"],
  ["maximum QoS", "24 01", "connack"],
  ["retain available", "25 00", "connack"],
  ["user property", "26 0001 6b 0001 76", places.join(" ")],
  ["maximum packet size", "27 00000099", "connect connack"],
  ["wildcard subscription available", "28 00", "connack"],
  ["subscription identifier available", "29 00", "connack"],
  ["shared subscription available", "2a 00", "connack"],
];

describe("a property list", () => {
  for (const [name, bytes, allowed] of properties) {
    test(`may hold ${name} in the packets of table 2-4, and in no other`, () => {
      for (const place of places) {
        const packet = packetOf(place, bytes);
        if (!allowed.split(" ").includes(place)) {
          expect(() => decode(packet, 5)).toThrow(MqttError);
          continue;
        }
        const decoded = decode(packet, 5);
        // It comes back as the same bytes, and mqtt-packet reads them, too.
        expect(Buffer.from(encode(decoded)).equals(packet)).toBe(true);
        expect(otherReads(packet, 5).cmd).toBe(decoded.type);
      }
    });

    const mayRepeat = (place: string) =>
      name === "user property" || (name === "subscription identifier" && place === "publish");
    test(`holds ${name} once, or as often as it may`, () => {
      for (const place of places.filter((each) => allowed.split(" ").includes(each))) {
        const twice = packetOf(place, `${bytes} ${bytes}`);
        if (mayRepeat(place))
          expect<string>(decode(twice, 5).type).toBe(place === "will" ? "connect" : place);
        else expect(() => decode(twice, 5)).toThrow("given twice");
      }
    });
  }

  test.each([
    ["01 02", "payload format indicator"],
    ["0b 00", "subscription identifier"],
    ["17 02", "request problem information"],
    ["19 02", "request response information"],
    ["21 0000", "receive maximum"],
    ["23 0000", "topic alias"],
    ["24 02", "maximum QoS"],
    ["25 02", "retain available"],
    ["27 00000000", "maximum packet size"],
    ["28 02", "wildcard subscription available"],
    ["29 02", "subscription identifier available"],
    ["2a 02", "shared subscription available"],
    ["16 0001 00", "authentication data without a method"],
  ])("does not take %s: %s", (bytes) => {
    for (const place of places) expect(() => decode(packetOf(place, bytes), 5)).toThrow(MqttError);
  });

  test("takes no identifier that the specification does not give", () => {
    const known = new Set(properties.map(([, bytes]) => Number.parseInt(bytes.slice(0, 2), 16)).concat(0x16));
    for (let id = 0; id < 128; id++) {
      if (known.has(id)) continue;
      const bytes = `${id.toString(16).padStart(2, "0")} 00 00 00 00`;
      for (const place of places) expect(() => decode(packetOf(place, bytes), 5)).toThrow("does not exist");
    }
  });
});

/** Table 2-6: each reason code, and the packets that may have it. */
const acks = "puback pubrec";
const reasons: Readonly<Record<keyof typeof Reason, string>> = {
  Success: "connack puback pubrec pubrel pubcomp suback unsuback disconnect auth",
  GrantedQos1: "suback",
  GrantedQos2: "suback",
  DisconnectWithWill: "disconnect",
  NoMatchingSubscribers: acks,
  NoSubscriptionExisted: "unsuback",
  ContinueAuthentication: "auth",
  Reauthenticate: "auth",
  UnspecifiedError: `connack ${acks} suback unsuback disconnect`,
  MalformedPacket: "connack disconnect",
  ProtocolError: "connack disconnect",
  ImplementationSpecificError: `connack ${acks} suback unsuback disconnect`,
  UnsupportedProtocolVersion: "connack",
  ClientIdentifierNotValid: "connack",
  BadUserNameOrPassword: "connack",
  NotAuthorized: `connack ${acks} suback unsuback disconnect`,
  ServerUnavailable: "connack",
  ServerBusy: "connack disconnect",
  Banned: "connack",
  ServerShuttingDown: "disconnect",
  // Table 2-6 names DISCONNECT, too; the list of DISCONNECT's own codes in section 3.14.2.1 does not.
  BadAuthenticationMethod: "connack",
  KeepAliveTimeout: "disconnect",
  SessionTakenOver: "disconnect",
  TopicFilterInvalid: "suback unsuback disconnect",
  TopicNameInvalid: `connack ${acks} disconnect`,
  PacketIdentifierInUse: `${acks} suback unsuback`,
  PacketIdentifierNotFound: "pubrel pubcomp",
  ReceiveMaximumExceeded: "disconnect",
  TopicAliasInvalid: "disconnect",
  PacketTooLarge: "connack disconnect",
  MessageRateTooHigh: "disconnect",
  QuotaExceeded: `connack ${acks} suback disconnect`,
  AdministrativeAction: "disconnect",
  PayloadFormatInvalid: `connack ${acks} disconnect`,
  RetainNotSupported: "connack disconnect",
  QosNotSupported: "connack disconnect",
  UseAnotherServer: "connack disconnect",
  ServerMoved: "connack disconnect",
  SharedSubscriptionsNotSupported: "suback disconnect",
  ConnectionRateExceeded: "connack disconnect",
  MaximumConnectTime: "disconnect",
  SubscriptionIdentifiersNotSupported: "suback disconnect",
  WildcardSubscriptionsNotSupported: "suback disconnect",
};

/** A packet with a reason code, as bytes: `R` is the code. */
const coded: Readonly<Record<string, string>> = {
  connack: "20 03 00 R 00",
  puback: "40 03 0001 R",
  pubrec: "50 03 0001 R",
  pubrel: "62 03 0001 R",
  pubcomp: "70 03 0001 R",
  suback: "90 04 0001 00 R",
  unsuback: "b0 04 0001 00 R",
  disconnect: "e0 01 R",
  auth: "f0 01 R",
};

describe("a reason code", () => {
  for (const [type, frame] of Object.entries(coded)) {
    test(`of ${type.toUpperCase()} is one of table 2-6, and no other is read`, () => {
      for (let code = 0; code < 256; code++) {
        const names = Object.entries(Reason).flatMap(([name, value]) =>
          value === code ? [name as keyof typeof Reason] : [],
        );
        const isAllowed = names.some((name) => reasons[name].split(" ").includes(type));
        expect([type, code, isReasonOf(type, code)]).toEqual([type, code, isAllowed]);
        const packet = hex(frame.replace("R", code.toString(16).padStart(2, "0")));
        if (!isAllowed) {
          expect(() => decode(packet, 5)).toThrow("which it cannot have");
          continue;
        }
        const decoded = decode(packet, 5);
        expect(
          "reasonCodes" in decoded ? decoded.reasonCodes[0] : "reasonCode" in decoded && decoded.reasonCode,
        ).toBe(code);
        expect(decode(encode(decoded), 5)).toEqual(decoded);
        expect(otherReads(packet, 5).cmd).toBe(decoded.type);
      }
    });
  }
});
