import { expect, onTestFinished, test } from "bun:test";
import net from "node:net";
import tls from "node:tls";
import type { TrafficEvent } from "../../../../src/core/traffic.ts";
import { decode } from "../../../../src/protocol/mqtt/decode.ts";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import type { Packet } from "../../../../src/protocol/mqtt/packet.ts";
import { mqtt } from "../../../../src/roles/mqtt/index.ts";
import { Authority, openssl } from "../../../support/certificates.ts";
import { testWith } from "../../../support/needs.ts";
import { ScramClient } from "../../../support/scram-client.ts";
import { startRole } from "../../../support/start-role.ts";
import { until } from "../../../support/until.ts";
import { acceptance, frame, readFrames, upgradeRequest } from "../../../support/web-socket-frames.ts";

const authority = openssl.isThere() ? new Authority() : undefined;

/** A secret that must appear in no event. */
const password = "opensesame";
const stars = "*".repeat(password.length);

const connect: Packet = {
  ...{ type: "connect", version: 4, cleanStart: true, keepAlive: 0, clientId: "c", properties: {} },
  ...{ username: "ani", password: Buffer.from(password) },
};

const bytesOf = (event: TrafficEvent): Buffer => Buffer.from(("bytes" in event && event.bytes) || []);

/** The text and the bytes of all events. */
const shown = (events: readonly TrafficEvent[]): string =>
  events.map((event) => JSON.stringify(event) + bytesOf(event).toString("latin1")).join("\n");

const stream = (events: readonly TrafficEvent[], direction: "in" | "out"): string =>
  Buffer.concat(
    events.filter((event) => event.kind === "bytes" && event.direction === direction).map(bytesOf),
  ).toString("latin1");

/** A broker whose traffic is fully observed, and a socket to it that sends and receives MQTT. */
async function dial(transport: "tcp" | "tls" | "ws" | "wss", config: Record<string, unknown> = {}) {
  const isSecure = transport === "tls" || transport === "wss";
  const isWeb = transport === "ws" || transport === "wss";
  const { port, events, service } = await startRole(
    mqtt,
    { transport: isWeb ? "ws" : "tcp", ...(isSecure && { tls: authority!.issue() }), ...config },
    { observe: true },
  );
  const at = { host: "127.0.0.1", port };
  const socket = isSecure ? tls.connect({ ...at, ca: authority!.pem }) : net.connect(at);
  onTestFinished(() => void socket.destroy());
  socket.setNoDelay(true);
  let received = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
  });
  if (isWeb) {
    socket.write(upgradeRequest());
    await until(() => received.length === acceptance.length);
    received = Buffer.alloc(0);
  }
  const send = (bytes: Uint8Array) => void socket.write(isWeb ? frame(bytes) : bytes);
  return {
    events,
    /** Sends the bytes in two segments, the second when the broker has received the first. */
    async sendSplit(bytes: Buffer, cut: number) {
      send(bytes.subarray(0, cut));
      await until(() => service.stats().receive_buffer_bytes === cut);
      send(bytes.subarray(cut));
    },
    async receive(): Promise<Buffer> {
      const unframed = () =>
        isWeb ? Buffer.concat(readFrames(received).map(([, payload]) => payload)) : received;
      await until(() => unframed().length > 0);
      const bytes = unframed();
      received = Buffer.alloc(0);
      return bytes;
    },
  };
}

for (const transport of ["tcp", "ws", "tls", "wss"] as const) {
  const isSecure = transport === "tls" || transport === "wss";
  const run = isSecure ? testWith(openssl) : test;
  run(`over ${transport} a CONNECT in two segments shows its password in no event`, async () => {
    const { events, sendSplit, receive } = await dial(transport);
    const bytes = Buffer.from(encode(connect));
    // Each segment has one half of the password.
    await sendSplit(bytes, bytes.length - password.length / 2);
    expect((await receive()).toString("hex")).toBe("20020000");
    expect(stream(events, "in")).toBe(bytes.toString("latin1").replace(password, stars));
    expect(stream(events, "out")).toBe("\x20\x02\x00\x00");
    const messages = events.flatMap((event) => (event.kind === "message" ? [event] : []));
    expect(messages.map(({ fields }) => fields?.packet)).toEqual(["CONNECT", "CONNACK"]);
    expect(bytesOf(messages[0]!).toString("latin1")).toBe(bytes.toString("latin1").replace(password, stars));
    for (const half of [password, "opens", "esame"]) expect(shown(events)).not.toContain(half);
  });
}

test("a refused password is not shown either", async () => {
  const { events, sendSplit, receive } = await dial("tcp", {
    users: [{ name: "ani", password: "another-one" }],
  });
  const bytes = Buffer.from(encode(connect));
  await sendSplit(bytes, bytes.length - 3);
  expect((await receive()).toString("hex")).toBe("20020004");
  for (const secret of [password, "sesame", "another-one"]) expect(shown(events)).not.toContain(secret);
});

for (const transport of ["tcp", "ws"] as const) {
  test(`over ${transport} neither a SCRAM exchange nor a password beside it is shown`, async () => {
    const { events, sendSplit, receive } = await dial(transport, { users: [{ name: "budi", password }] });
    const authenticationMethod = "SCRAM-SHA-256";
    const scram = new ScramClient("budi", password, "clientnonce");
    const properties = { authenticationMethod, authenticationData: scram.first };
    const first = Buffer.from(encode({ ...connect, version: 5, properties }));
    await sendSplit(first, first.indexOf("clientnonce") + 5);
    const challenge = dataOf(await receive());
    const proof = scram.answer(challenge);
    const auth: Packet = {
      ...{ type: "auth", version: 5, reasonCode: 0x18 },
      properties: { authenticationMethod, authenticationData: proof },
    };
    const answer = Buffer.from(encode(auth));
    await sendSplit(answer, answer.length - 10);
    const verdict = dataOf(await receive());
    expect(scram.trusts(verdict)).toBe(true);
    const all = shown(events);
    expect(all).toContain(authenticationMethod);
    for (const secret of ["clientnonce", password, "sesame", proof, challenge, verdict]) {
      expect(all).not.toContain(String(secret));
      expect(all).not.toContain(String(secret).slice(-12));
    }
  });
}

/** The authentication data of a packet from the broker. */
function dataOf(bytes: Buffer): Buffer {
  const packet = decode(bytes, 5);
  if (packet.type !== "auth" && packet.type !== "connack") throw new Error(`unexpected ${packet.type}`);
  return Buffer.from(packet.properties.authenticationData ?? []);
}
