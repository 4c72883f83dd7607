import { describe, expect, test } from "bun:test";
import { decode } from "../../../src/protocol/mqtt/decode.ts";
import { UnsupportedProtocol } from "../../../src/protocol/mqtt/decode-connect.ts";
import { MqttError } from "../../../src/protocol/mqtt/errors.ts";
import type { Version } from "../../../src/protocol/mqtt/packet.ts";
import { Reason } from "../../../src/protocol/mqtt/reason.ts";

const { MalformedPacket, ProtocolError, TopicAliasInvalid, UnsupportedProtocolVersion } = Reason;

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

function mistakeOf(bytes: string, version: Version): MqttError {
  try {
    decode(hex(bytes), version);
  } catch (error) {
    if (error instanceof MqttError) return error;
    throw error;
  }
  throw new Error(`${bytes} was read as a packet of version ${version}`);
}

// What is wrong, in which version, the bytes, the reason code, what the message says.
const mistakes: readonly (readonly [string, Version, string, number, string])[] = [
  ["a remaining length of five bytes", 4, "30 80808080 01", MalformedPacket, "longer than four bytes"],
  [
    "a remaining length not in its shortest form [MQTT-1.5.5-1]",
    5,
    "c0 8000",
    MalformedPacket,
    "shortest form",
  ],
  ["packet type 0", 4, "00 00", MalformedPacket, "type 0"],
  ["AUTH before MQTT 5", 4, "f0 00", MalformedPacket, "type 15"],
  ["bytes after the packet", 4, "c0 00 00", MalformedPacket, "1 bytes follow"],
  ["a PINGREQ with a body", 4, "c0 01 00", MalformedPacket, "PINGREQ has 1 bytes too many"],
  ["PINGREQ with flags [MQTT-2.1.3-1]", 4, "c1 00", MalformedPacket, "PINGREQ has the flags 1"],
  ["SUBSCRIBE with wrong flags [MQTT-3.8.1-1]", 4, "80 06 0001 0001 61 00", MalformedPacket, "flags 0"],
  ["UNSUBSCRIBE with wrong flags [MQTT-3.10.1-1]", 4, "a0 05 0001 0001 61", MalformedPacket, "flags 0"],
  ["PUBREL with wrong flags [MQTT-3.6.1-1]", 4, "60 02 0001", MalformedPacket, "flags 0"],
  ["PUBLISH at QoS 3 [MQTT-3.3.1-4]", 4, "36 05 0001 61 0001", MalformedPacket, "both QoS bits"],
  ["PUBLISH at QoS 0 with DUP [MQTT-3.3.1-2]", 4, "38 03 0001 61", MalformedPacket, "DUP"],
  ["PUBLISH with packet identifier 0 [MQTT-2.2.1-3]", 4, "32 05 0001 61 0000", ProtocolError, "identifier 0"],
  ["PUBLISH without a topic [MQTT-4.7.3-1]", 4, "30 02 0000", MalformedPacket, "is empty"],
  ["PUBLISH to a wildcard [MQTT-3.3.2-2]", 4, "30 03 0001 2b", MalformedPacket, "wildcard"],
  ["PUBLISH to a topic with U+0000 [MQTT-4.7.3-2]", 4, "30 05 0003 610062", MalformedPacket, "U+0000"],
  ["PUBLISH to a topic that is no UTF-8 [MQTT-1.5.4-1]", 4, "30 04 0002 c328", MalformedPacket, "UTF-8"],
  ["PUBLISH to a topic with a surrogate", 4, "30 05 0003 eda080", MalformedPacket, "UTF-8"],
  ["PUBLISH that ends in its topic", 4, "30 03 0005 61", MalformedPacket, "within its topic"],
  [
    "PUBLISH that ends before its identifier",
    4,
    "32 03 0001 61",
    MalformedPacket,
    "before its packet identifier",
  ],
  [
    "PUBLISH with neither topic nor alias",
    5,
    "30 03 0000 00",
    ProtocolError,
    "neither topic nor topic alias",
  ],
  [
    "PUBLISH with topic alias 0 [MQTT-3.3.2-8]",
    5,
    "30 07 0001 61 03 230000",
    TopicAliasInvalid,
    "must not be 0",
  ],
  [
    "PUBLISH with a property of CONNECT",
    5,
    "30 07 0001 61 03 210001",
    MalformedPacket,
    "does not belong into PUBLISH",
  ],
  ["a property that does not exist", 5, "30 06 0001 61 02 7f00", MalformedPacket, "0x7f does not exist"],
  ["a property given twice", 5, "30 08 0001 61 04 0100 0100", ProtocolError, "given twice"],
  ["a property list longer than the packet", 5, "30 05 0001 61 05 01", MalformedPacket, "ends too early"],
  [
    "a property length not in its shortest form",
    5,
    "82 08 0001 8000 0001 61 00",
    MalformedPacket,
    "shortest",
  ],
  ["a property length of five bytes", 5, "82 07 0001 8080808001", MalformedPacket, "longer than four bytes"],
  ["a flag of 2 in a property", 5, "30 06 0001 61 02 0102", ProtocolError, "must be 0 or 1, and is 2"],
  [
    "a response topic with a wildcard [MQTT-3.3.2-14]",
    5,
    "30 08 0001 61 04 080001 23",
    ProtocolError,
    "wildcard",
  ],
  ["a subscription identifier of 0", 5, "82 09 0001 02 0b00 0001 61 00", ProtocolError, "must not be 0"],
  ["SUBSCRIBE without a filter [MQTT-3.8.3-2]", 4, "82 02 0001", ProtocolError, "names no topic filter"],
  ["SUBSCRIBE with packet identifier 0", 4, "82 06 0000 0001 61 00", ProtocolError, "identifier 0"],
  ["SUBSCRIBE at QoS 3 [MQTT-3.8.3-5]", 4, "82 06 0001 0001 61 03", MalformedPacket, "QoS 3"],
  [
    "SUBSCRIBE with MQTT 5's options before MQTT 5",
    4,
    "82 06 0001 0001 61 04",
    MalformedPacket,
    "reserved bits",
  ],
  ["SUBSCRIBE with reserved bits", 5, "82 07 0001 00 0001 61 40", MalformedPacket, "reserved bits"],
  ["SUBSCRIBE with retain handling 3", 5, "82 07 0001 00 0001 61 30", ProtocolError, "retain handling 3"],
  [
    "a filter with # in the middle [MQTT-4.7.1-1]",
    4,
    "82 08 0001 0003 232f61 00",
    MalformedPacket,
    "before its last",
  ],
  [
    "a filter with + in a word [MQTT-4.7.1-2]",
    4,
    "82 07 0001 0002 612b 00",
    MalformedPacket,
    "mixes a wildcard",
  ],
  ["UNSUBSCRIBE without a filter [MQTT-3.10.3-2]", 4, "a2 02 0001", ProtocolError, "names no topic filter"],
  ["PUBACK with another packet's reason", 5, "40 03 0001 01", ProtocolError, "0x1, which it cannot have"],
  ["DISCONNECT with another packet's reason", 5, "e0 01 85", ProtocolError, "0x85"],
  ["another protocol's name", 4, "10 0c 0004 48545450 04 02 003c 0000", UnsupportedProtocolVersion, '"HTTP"'],
  [
    "a protocol level of the future",
    4,
    "10 0c 0004 4d515454 06 02 003c 0000",
    UnsupportedProtocolVersion,
    "level 6",
  ],
  [
    "CONNECT's reserved flag [MQTT-3.1.2-3]",
    4,
    "10 0c 0004 4d515454 04 03 003c 0000",
    MalformedPacket,
    "reserved",
  ],
  ["a will QoS without a will", 4, "10 0c 0004 4d515454 04 0a 003c 0000", MalformedPacket, "no will"],
  ["will retain without a will", 4, "10 0c 0004 4d515454 04 22 003c 0000", MalformedPacket, "no will"],
  [
    "a will at QoS 3",
    4,
    "10 14 0004 4d515454 04 1e 003c 0001 61 0001 61 0002 6869",
    MalformedPacket,
    "QoS 3",
  ],
  [
    "a password without a name in 3.1.1",
    4,
    "10 0f 0004 4d515454 04 42 003c 0000 0001 70",
    MalformedPacket,
    "password",
  ],
  ["receive maximum 0", 5, "10 10 0004 4d515454 05 02 003c 03 210000 0000", ProtocolError, "must not be 0"],
  [
    "authentication data without a method",
    5,
    "10 10 0004 4d515454 05 02 003c 03 160000 0000",
    ProtocolError,
    "method",
  ],
];

describe("a packet is refused for", () => {
  for (const [name, version, bytes, reason, message] of mistakes) {
    test(`${name}, version ${version}`, () => {
      const mistake = mistakeOf(bytes, version);
      expect(mistake.message).toContain(message);
      expect(mistake.reason).toBe(reason);
    });
  }
});

describe("what the versions allow differently", () => {
  test("MQTT 3.1 may send a SUBSCRIBE again with DUP", () => {
    expect(decode(hex("8a 06 0001 0001 61 01"), 3)).toMatchObject({ type: "subscribe", packetId: 1 });
    expect(mistakeOf("8a 06 0001 0001 61 01", 4).message).toContain("flags 10");
  });

  test("MQTT 5 may send a password without a name", () => {
    const packet = decode(hex("10 10 0004 4d515454 05 42 003c 00 0000 0001 70"), 5);
    expect(packet).toMatchObject({ type: "connect", password: new Uint8Array([0x70]) });
  });

  test("the error has the requested level, so it can be answered", () => {
    const mistake = mistakeOf("10 0c 0004 4d515454 09 02 003c 0000", 4);
    expect(mistake).toBeInstanceOf(UnsupportedProtocol);
    expect(mistake instanceof UnsupportedProtocol && mistake.level).toBe(9);
  });

  test("a byte order mark is a character like others [MQTT-1.5.4-3]", () => {
    expect(decode(hex("30 06 0004 efbbbf61"), 4)).toMatchObject({ topic: "\ufeffa" });
  });
});

test.each([3, 4] as const)("a remaining length in a longer form is allowed in version %d", (version) => {
  expect(decode(hex("c0 8000"), version)).toEqual({ type: "pingreq", version });
  expect(decode(hex("30 848000 0001 61 62"), version)).toMatchObject({
    topic: "a",
    payload: Uint8Array.of(0x62),
  });
});

test("CONNECT of MQTT 5 has its length in the shortest form, an older one need not [MQTT-1.5.5-1]", () => {
  expect(decode(hex("10 8e00 0004 4d515454 04 02 0000 0002 6272"), 4)).toMatchObject({ clientId: "br" });
  expect(mistakeOf("10 8f00 0004 4d515454 05 02 0000 00 0002 6272", 5).message).toContain("shortest form");
});

test("the protocol level of a bridge has its highest bit set, in every version", () => {
  expect(decode(hex("10 10 0006 4d5149736470 83 02 0000 0002 6272"), 4)).toMatchObject({
    version: 3,
    isBridge: true,
  });
  expect(decode(hex("10 0e 0004 4d515454 84 02 0000 0002 6272"), 4)).toMatchObject({
    version: 4,
    isBridge: true,
  });
  expect(decode(hex("10 0f 0004 4d515454 85 02 0000 00 0002 6272"), 4)).toMatchObject({
    version: 5,
    isBridge: true,
  });
  expect(decode(hex("10 0e 0004 4d515454 04 02 0000 0002 6272"), 4)).not.toHaveProperty("isBridge");
});
