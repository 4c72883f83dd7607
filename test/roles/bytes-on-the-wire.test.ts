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
import { RawClient } from "../support/raw-client.ts";
import { Relay } from "../support/relay.ts";
import { startRole } from "../support/start-role.ts";
import { until } from "../support/until.ts";

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

async function observed(role: Role) {
  const started = await startRole(role, quick[role.name as keyof typeof quick] ?? {}, {
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
