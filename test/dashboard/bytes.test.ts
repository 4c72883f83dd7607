import { describe, expect, test } from "bun:test";
import { asC, asHexText, asJavaScript, asPython } from "../../src/dashboard/page/text/byte-code.ts";
import { httpFields } from "../../src/dashboard/page/wire/bytes/http-fields.ts";
import { jsonFields } from "../../src/dashboard/page/wire/bytes/json-fields.ts";
import { fieldAt, messageFields } from "../../src/dashboard/page/wire/bytes/message-fields.ts";
import { mqttFields } from "../../src/dashboard/page/wire/bytes/mqtt-fields.ts";
import { encode } from "../../src/protocol/mqtt/encode.ts";
import type { Packet, Version } from "../../src/protocol/mqtt/packet.ts";
import { event } from "./events.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
type Fields = ReturnType<typeof mqttFields>;
/** `topic 4-6 a/b` */
const lines = (fields: Fields) =>
  fields.map(({ name, value, from, to }) => `${name} ${from}-${to - 1} ${value}`);

describe("the fields of MQTT packets, and where they stand", () => {
  test("PUBLISH of 3.1.1", () => {
    const bytes = hex("3b 0a 0003 612f62 0007 6869 21");
    expect(lines(mqttFields(bytes, { version: 4, payloadSize: 3 }))).toEqual([
      "packet 0-0 PUBLISH",
      "dup 0-0 true",
      "qos 0-0 1",
      "retain 0-0 true",
      "remaining length 1-1 10",
      "topic length 2-3 3",
      "topic 4-6 a/b",
      "packet id 7-8 7",
      "payload 9-11 hi!",
    ]);
  });

  test("PUBLISH of 5.0, with properties; its version is found by the size of its payload", () => {
    const bytes = hex("30 11 0003 612f62 09 26 0001 6b 0001 76 01 01 6869");
    const expected = [
      "topic 4-6 a/b",
      "properties length 7-7 9",
      "user property 8-14 k = v",
      "payload format indicator 15-16 1",
      "payload 17-18 hi",
    ];
    expect(lines(mqttFields(bytes, { payloadSize: 2 })).slice(-5)).toEqual(expected);
    expect(lines(mqttFields(bytes, { version: 5, payloadSize: 2 })).slice(-5)).toEqual(expected);
  });

  test("CONNECT says its version itself", () => {
    const bytes = hex("10 16 0004 4d515454 04 c2 003c 0002 7337 0001 75 0005 2a2a2a2a2a");
    expect(lines(mqttFields(bytes)).slice(3)).toEqual([
      "protocol name length 2-3 4",
      "protocol name 4-7 MQTT",
      "protocol level 8-8 4",
      "connect flags 9-9 user name, password, clean start",
      "keep alive 10-11 60 s",
      "client length 12-13 2",
      "client 14-15 s7",
      "user name length 16-17 1",
      "user name 18-18 u",
      "password length 19-20 5",
      "password 21-25 *****",
    ]);
  });

  test("SUBSCRIBE and SUBACK of either version", () => {
    expect(lines(mqttFields(hex("82 08 0001 0003 612f23 01"))).slice(3)).toEqual([
      "packet id 2-3 1",
      "filter length 4-5 3",
      "filter 6-8 a/#",
      "options 9-9 qos 1",
    ]);
    expect(lines(mqttFields(hex("82 09 0001 00 0003 612f23 2d"))).slice(4)).toEqual([
      "properties length 4-4 0",
      "filter length 5-6 3",
      "filter 7-9 a/#",
      "options 10-10 qos 1, no local, retain as published, retain handling 2",
    ]);
    expect(lines(mqttFields(hex("90 04 0001 00 01"), { reasons: 1 })).slice(3)).toEqual([
      "packet id 2-3 1",
      "properties length 4-4 0",
      "reason code 5-5 qos 1",
    ]);
    expect(lines(mqttFields(hex("90 04 0001 00 01"), { reasons: 2 })).slice(3)).toEqual([
      "packet id 2-3 1",
      "reason code 4-4 qos 0",
      "reason code 5-5 qos 1",
    ]);
  });

  test("what is cut short, or no packet, ends with what was not read", () => {
    const long = hex("30 ff 20 0003 612f62 61 61");
    expect(lines(mqttFields(long, { version: 4, size: 4226, payloadSize: 4218 })).at(-1)).toBe(
      "payload 8-9 aa",
    );
    expect(lines(mqttFields(hex("30 05 00ff 61"), { version: 4 })).at(-1)).toBe("not read 4-4 a");
    expect(mqttFields(new Uint8Array())).toEqual([]);
  });

  const samples: readonly ((version: Version) => Packet)[] = [
    (version) => ({ type: "pingreq", version }) as Packet,
    (version) => ({ type: "puback", version, packetId: 9, reasonCode: 0, properties: {} }) as Packet,
    (version) =>
      ({ type: "connack", version, sessionPresent: true, reasonCode: 0, properties: {} }) as Packet,
    (version) =>
      ({ type: "unsubscribe", version, packetId: 3, filters: ["a", "b/#"], properties: {} }) as Packet,
  ];

  test.each([4, 5] as const)("every byte of a packet of level %d has a field", (version) => {
    for (const sample of samples) {
      const bytes = encode(sample(version));
      const fields = mqttFields(bytes, { version });
      expect(fields.some(({ name }) => name === "not read")).toBe(false);
      for (let at = 0; at < bytes.length; at++) expect(fieldAt(fields, at)).toBeDefined();
    }
  });
});

describe("the fields of HTTP", () => {
  const request = bytesOf(
    'POST /rpc?x=1 HTTP/1.1\r\nHost: lab\r\nX-Kota: Yogya°\r\n\r\n{"method": "add", "params":[1,{"a":"]"}]}',
  );

  test("are start line, header fields and body", () => {
    expect(lines(httpFields(request)).slice(0, 5)).toEqual([
      "method 0-3 POST",
      "target 5-12 /rpc?x=1",
      "version 14-21 HTTP/1.1",
      "Host 24-32 lab",
      "X-Kota 35-49 Yogya°",
    ]);
    const [status, reason] = httpFields(bytesOf("HTTP/1.1 404 Not Found\r\n\r\n")).slice(1);
    expect([status, reason]).toMatchObject([
      { name: "status", value: "404", from: 9, to: 12 },
      { name: "reason", value: "Not Found", from: 13, to: 22 },
    ]);
  });

  test("of JSON-RPC has the members of its body, too", () => {
    const fields = httpFields(request, true).filter(({ layer }) => layer === "JSON-RPC");
    expect(fields.map(({ name, value }) => [name, value])).toEqual([
      ["method", '"add"'],
      ["params", '[1,{"a":"]"}]'],
    ]);
    for (const { from, to, name, value } of fields) {
      const text = new TextDecoder().decode(request.subarray(from, to));
      expect(text).toStartWith(`"${name}"`);
      expect(text).toEndWith(value);
    }
  });

  test("that is none has no fields", () => {
    expect(httpFields(bytesOf("halo\r\n\r\n"))).toEqual([]);
    expect(httpFields(bytesOf("GET / HTTP/1.1"))).toEqual([]);
  });
});

describe("the members of JSON", () => {
  test.each([
    ['[{"id":1},{"id":2}]', ["1: id=1", "2: id=2"]],
    ['{"a":"x\\"}","b":{"c":[]}}', ['a="x\\"}"', 'b={"c":[]}']],
    ['{"a":tru', ["a=tru"]],
    ["[1,2]", []],
    ["{}", []],
    ["halo", []],
    ['{"a" 1}', []],
    ['{"a":', []],
    ["[[{", []],
    ['["', []],
  ])("%s", (text, expected) => {
    const found = jsonFields(bytesOf(text), 0, "JSON").map(({ name, value }) => `${name}=${value}`);
    expect(found).toEqual([...expected]);
  });
});

describe("the fields of a message", () => {
  test("of TIME are a line and its end", () => {
    const fields = messageFields(event("time/2#1", { direction: "out" }), bytesOf("JAM 01:02:03\r\n"), {
      role: "time",
    });
    expect(fields.map(({ name, value, to }) => [name, value, to])).toEqual([
      ["reply", "JAM 01:02:03", 12],
      ["line end", "\\r\\n", 14],
    ]);
  });

  test("of any other protocol are its payload", () => {
    expect(messageFields(event("echo#1"), bytesOf("halo\0")).map(({ name, value }) => [name, value])).toEqual(
      [["payload", "halo\\x00"]],
    );
    expect(messageFields(event("echo#1"), new Uint8Array())).toEqual([]);
  });

  test("at a byte is the innermost one", () => {
    const outer = { layer: "", name: "body", value: "", from: 0, to: 9 };
    const inner = { ...outer, name: "id", from: 4, to: 6 };
    expect([3, 4, 5, 6, 9].map((at) => fieldAt([outer, inner], at)?.name)).toEqual([
      "body",
      "id",
      "id",
      "body",
      undefined,
    ]);
  });
});

test("bytes are copied as hex, Python, JavaScript and C", () => {
  const bytes = new Uint8Array([0x68, 0x27, 0x5c, 0x0a, 0x00, 0xff]);
  expect(asHexText(bytes)).toBe("68 27 5c 0a 00 ff");
  expect(asPython(bytes)).toBe("b'h\\'\\\\\\n\\x00\\xff'");
  expect(asJavaScript(bytes)).toBe("new Uint8Array([0x68, 0x27, 0x5c, 0x0a, 0x00, 0xff])");
  expect(asC(bytes)).toBe("const unsigned char message[6] = { 0x68, 0x27, 0x5c, 0x0a, 0x00, 0xff };");
  const many = Uint8Array.from({ length: 300 }, (_, at) => at % 256);
  expect(new Function(`return ${asJavaScript(many)}`)()).toEqual(many);
  const python = Bun.which("python3");
  if (python !== null) {
    const { stdout } = Bun.spawnSync([
      python,
      "-c",
      `import sys; sys.stdout.buffer.write(${asPython(many)})`,
    ]);
    expect(new Uint8Array(stdout)).toEqual(many);
  }
});
