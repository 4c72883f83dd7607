// What observers see of each service is what went over the wire: compared with a relay between client and server, byte
// for byte, over every recording of the original programs.
import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import type { Role } from "../../src/core/role.ts";
import type { Direction, TrafficEvent } from "../../src/core/traffic.ts";
import { echo } from "../../src/roles/echo/index.ts";
import { jsonrpc } from "../../src/roles/jsonrpc/index.ts";
import { mqtt } from "../../src/roles/mqtt/index.ts";
import { oneway } from "../../src/roles/oneway/index.ts";
import { rest } from "../../src/roles/rest/index.ts";
import { soap } from "../../src/roles/soap/index.ts";
import { time } from "../../src/roles/time/index.ts";
import { upcall } from "../../src/roles/upcall/index.ts";
import { zmqPub, zmqPush, zmqRep } from "../../src/roles/zmq/index.ts";
import { type GoldenEvent, golden } from "../support/golden.ts";
import { labOperations } from "../support/lab-operations.ts";
import { connect, packet, publish, subscribe } from "../support/mqtt-packets.ts";
import { RawClient } from "../support/raw-client.ts";
import { Relay } from "../support/relay.ts";
import { startRole } from "../support/start-role.ts";
import { until } from "../support/until.ts";
import { greeting, message, readyCommand } from "../support/zmtp.ts";

/** The service that each recording is of, by the beginning of its name. */
const rolesOf: Readonly<Record<string, Role>> = {
  mqtt: mqtt as Role,
  progjar1: echo as Role,
  reqresp: echo as Role,
  rest: rest as Role,
  soap: soap as Role,
  time: time as Role,
  upcall: upcall as Role,
  zmq_pushpull: zmqPush as Role,
  zmq_reqrep: zmqRep as Role,
  zmq_sub: zmqPub as Role,
};

const recordings = readdirSync(new URL("../golden", import.meta.url)).map((file) =>
  file.replace(/\.json$/, ""),
);
const roleOf = (name: string): Role => Object.entries(rolesOf).find(([start]) => name.startsWith(start))![1];

/** Services that send by their own clock do so at once. */
const quick = { "zmq-pub": { every: "10ms" }, "zmq-push": { every: "10ms" } };

async function observed(
  role: Role,
  config: Record<string, unknown> = quick[role.name as keyof typeof quick] ?? {},
) {
  const started = await startRole(role, config, {
    observe: true,
    operations: labOperations,
    expectLog: ["warning"],
  });
  return { ...started, relay: await Relay.start(started.port) };
}

/** The bytes of each conversation, in the order in which they began. */
function shown(events: readonly TrafficEvent[], direction: Direction): string[] {
  const bytes = new Map<string, Buffer>();
  for (const event of events) {
    if (event.kind === "open") bytes.set(event.conversation.id, Buffer.alloc(0));
    if (event.kind !== "bytes" || event.direction !== direction) continue;
    const { id } = event.conversation;
    bytes.set(id, Buffer.concat([bytes.get(id)!, event.bytes]));
  }
  return [...bytes.values()].map((all) => all.toString("latin1"));
}

type Message = Extract<TrafficEvent, { kind: "message" }>;

/** The messages of each conversation, in the order in which these began. */
function messagesOf(events: readonly TrafficEvent[]): readonly Message[][] {
  const messages = new Map<string, Message[]>();
  for (const event of events) {
    if (event.kind === "open") messages.set(event.conversation.id, []);
    else if (event.kind === "message") messages.get(event.conversation.id)?.push(event);
  }
  return [...messages.values()];
}

/** Where a message says that it lies on the wire, there it lies: its frames around it, where it has some. */
function expectInPlace(message: Message, wire: Buffer): void {
  const { stream, bytes = new Uint8Array(), conversation } = message;
  // Only what went over no wire has no place on it.
  if (stream === undefined) return expect(bytes.length).toBe(0);
  const { offset, length = bytes.length } = stream;
  const there = wire.subarray(offset, offset + length);
  expect(there.length).toBe(length);
  if (conversation.transport === "zmq") expect(there.includes(bytes)).toBe(true);
  else expect(there.subarray(0, bytes.length).toString("latin1")).toBe(Buffer.from(bytes).toString("latin1"));
}

/** Sends what the recorded client sent, each piece once the one before has been answered; some never are. */
async function send(relay: Relay, events: readonly GoldenEvent[], pieces: (bytes: Buffer) => Buffer[]) {
  const number = relay.connections.length;
  const client = await RawClient.connect(relay.port);
  await until(() => relay.connections.length > number);
  for (const [index, event] of events.entries()) {
    if (event.from === "server") continue;
    if (event.kind !== "bytes") break;
    const answered = client.received.length;
    for (const piece of pieces(event.bytes)) client.write(piece);
    const isAnswered = events[index + 1]?.from === "server" && events[index + 1]?.kind === "bytes";
    if (isAnswered) await Promise.race([until(() => client.received.length > answered), client.ended]);
  }
  client.end();
  await client.ended;
  return relay.connections[number]!;
}

const whole = (bytes: Buffer) => [bytes];
const inTwo = (bytes: Buffer) => [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)];

describe("the bytes of", () => {
  for (const name of recordings)
    test(`${name} are those of the wire`, async () => {
      const { relay, events } = await observed(roleOf(name));
      for (const pieces of [whole, inTwo])
        for (const connection of golden(name).connections) await send(relay, connection, pieces);
      const carried = (side: "client" | "server") =>
        relay.connections.map((recording) => recording.from(side).toString("latin1"));
      await until(() => events.filter(({ kind }) => kind === "close").length === relay.connections.length);
      expect(shown(events, "out")).toEqual(carried("server"));
      expect(shown(events, "in")).toEqual(carried("client"));
      const conversations = messagesOf(events);
      expect(conversations).toHaveLength(relay.connections.length);
      for (const [index, messages] of conversations.entries()) {
        expect(messages.map(({ number }) => number)).toEqual(messages.map((_, before) => before + 1));
        for (const message of messages) {
          expectInPlace(
            message,
            relay.connections[index]!.from(message.direction === "in" ? "client" : "server"),
          );
        }
      }
    });
});

describe("the messages of", () => {
  const requests: readonly (readonly [Role, readonly string[]])[] = [
    [echo as Role, ["halo", "dunia"]],
    [oneway as Role, ["halo", "dunia"]],
    [time as Role, ["TIME", "TIME\r\n", "nope\n", "QUIT\r\n"]],
    [rest as Role, ["GET /add?a=1&b=2 HTTP/1.1\r\nHost: x\r\n\r\n", "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"]],
    [
      jsonrpc as Role,
      [
        'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 57\r\n\r\n{"jsonrpc":"2.0","method":"add","params":[1,2],"id":12345}',
      ],
    ],
    [soap as Role, ["GET /?wsdl HTTP/1.1\r\nHost: x\r\n\r\n"]],
  ];
  for (const [role, texts] of requests)
    test(`${role.name} carry the bytes that they are made of, none left over`, async () => {
      const { relay, events } = await observed(role);
      const asked: GoldenEvent[] = texts.map((text) => ({
        from: "client",
        kind: "bytes",
        bytes: Buffer.from(text),
      }));
      const answer: GoldenEvent = { from: "server", kind: "bytes", bytes: Buffer.alloc(0) };
      for (const one of asked) await send(relay, role.name === "oneway" ? [one] : [one, answer], whole);
      await until(() => events.filter(({ kind }) => kind === "close").length === relay.connections.length);
      for (const [direction, side] of [
        ["in", "client"],
        ["out", "server"],
      ] as const) {
        const messages = events.flatMap((event) =>
          event.kind === "message" && event.direction === direction && event.bytes !== undefined
            ? [event.bytes]
            : [],
        );
        const carried = relay.connections.map((recording) => recording.from(side));
        expect(Buffer.concat(messages).toString("latin1")).toBe(Buffer.concat(carried).toString("latin1"));
      }
    });
});

describe("the packets of a broker", () => {
  test.each(["", "kelas/ani/"])(
    "are numbered, and lie where they say, with the prefix %p",
    async (topicPrefix) => {
      const { port, events } = await startRole(mqtt, { topicPrefix }, { observe: true });
      const relay = await Relay.start(port);
      const client = await RawClient.connect(relay.port);
      const id = (number: number) => Buffer.from([number >> 8, number & 255]);
      const parts = [
        connect("dua"),
        subscribe("#", 1),
        ...Array.from({ length: 40 }, (_, index) => publish("a/b", `pesan ${index}`)),
        publish("besar", Buffer.alloc(300_000, "x")),
        ...[1, 2, 3].map((number) => packet(0x32, "a/b", id(number), "QoS 1")),
        ...[4, 5].map((number) => packet(0x34, "a/b", id(number), "QoS 2")),
        ...[4, 5].map((number) => packet(0x62, id(number))),
        Buffer.from([0xc0, 0]),
      ];
      await client.writeAll(Buffer.concat(parts));
      const recording = () => relay.connections[0]!;
      // CONNACK and SUBACK, the deliveries, PUBACKs, PUBRECs, PUBCOMPs, PINGRESP.
      const expected = 2 + 46 + 3 + 2 + 2 + 1;
      const sent = () =>
        messagesOf(events)
          .flat()
          .filter(({ direction }) => direction === "out");
      await until(() => sent().length === expected);
      const end = Math.max(...sent().map(({ stream }) => stream!.offset + stream!.length!));
      await until(() => recording().from("server").length === end);
      const messages = messagesOf(events)[0]!;
      expect(messages.map(({ number }) => number!).sort((one, other) => one - other)).toEqual(
        messages.map((_, before) => before + 1),
      );
      for (const direction of ["in", "out"] as const) {
        const wire = recording().from(direction === "in" ? "client" : "server");
        const those = messages.filter((message) => message.direction === direction);
        for (const message of those) expectInPlace(message, wire);
        // They fill the stream, one behind the other.
        const ends = [0, ...those.map(({ stream }) => stream!.offset + stream!.length!)];
        expect(those.map(({ stream }) => stream!.offset)).toEqual(ends.slice(0, -1));
        expect(ends.at(-1)).toBe(wire.length);
      }
    },
  );
});

describe("the chunks that messages came in", () => {
  const get = "GET /add?a=1&b=2 HTTP/1.1\r\nHost: x\r\n\r\n";
  /** One message, and what has to be sent before it. */
  const messages: readonly (readonly [Role, message: Buffer, before: Buffer])[] = [
    [time as Role, Buffer.from("TIME\r\n"), Buffer.alloc(0)],
    [rest as Role, Buffer.from(get), Buffer.alloc(0)],
    [mqtt as Role, publish("a/b", "halo"), connect("dua")],
    [zmqRep as Role, message("", "halo"), Buffer.concat([greeting, readyCommand("REQ")])],
  ];
  for (const [role, one, before] of messages) {
    const received = async (pieces: readonly Uint8Array[], count: number) => {
      // As patient as need be with the first of two pieces.
      const { port, events, service } = await observed(role, role.name === "time" ? { patience: "20s" } : {});
      const client = await RawClient.connect(port);
      let sent = 0;
      for (const piece of [before, ...pieces]) {
        client.write(piece);
        sent += piece.length;
        await until(() => service.stats().bytes_received_total === sent);
      }
      const found = () =>
        events.flatMap((event) =>
          event.kind === "message" && event.direction === "in" && event.stream!.offset >= before.length
            ? [event.stream!]
            : [],
        );
      await until(() => found().length === count);
      return found();
    };
    const { length } = one;
    const at = before.length;

    test(`${role.name}: one in two chunks begins before the chunk that completed it`, async () => {
      const places = await received([one.subarray(0, 3), one.subarray(3)], 1);
      expect(places).toEqual([{ offset: at, length, chunk: at + 3 }]);
    });

    test(`${role.name}: two in one chunk have the same`, async () => {
      const places = await received([Buffer.concat([one, one])], 2);
      expect(places).toEqual([
        { offset: at, length, chunk: at },
        { offset: at + length, length, chunk: at },
      ]);
    });
  }
});
