import { expect, test } from "bun:test";
import type { Conversation } from "../../../src/core/traffic.ts";
import { TrafficHub } from "../../../src/observe/traffic-hub.ts";
import { CaptureReader } from "../../../src/protocol/capture/capture-reader.ts";
import { recordStream } from "../../../src/server/admin/record-stream.ts";
import { testAdmin } from "./admin.ts";

const conversation: Conversation = {
  id: "echo#1",
  service: "echo",
  transport: "tcp",
  local: "127.0.0.1:7",
  remote: "127.0.0.1:40000",
};

/** Packets and losses of a whole file. */
function read(file: Uint8Array): { frames: number; drops: number } {
  let drops = 0;
  const reader = new CaptureReader({
    frame: () => {},
    drops: (count) => {
      drops += count;
    },
  });
  reader.read(file);
  reader.end();
  return { frames: reader.frames, drops };
}

function recording(maxBuffered: number, statisticsMs = 1000) {
  const hub = new TrafficHub();
  const stopping = new AbortController();
  const ended: string[] = [];
  const stream = recordStream({
    hub,
    application: "test",
    hasDatagrams: () => false,
    until: [stopping.signal],
    onEnd: () => void ended.push("end"),
    maxBuffered,
    statisticsMs,
  });
  const traffic = hub.service("echo");
  const send = (bytes: Uint8Array) => {
    if (traffic.sample("bytes")) traffic.emit({ kind: "bytes", conversation, direction: "in", bytes });
  };
  return { hub, stream, stopping, ended, send };
}

test("every event is in the file, however many there are", async () => {
  const { stream, stopping, ended, send } = recording(8 * 1024 * 1024);
  for (let count = 0; count < 20_000; count++) send(Uint8Array.of(count & 255));
  stopping.abort();
  stopping.abort();
  expect(read(await new Response(stream).bytes())).toEqual({ frames: 20_000, drops: 0 });
  expect(ended).toEqual(["end"]);
});

test("a packet has the time at which its event happened, where that was in a thread", async () => {
  const { hub, stream, stopping } = recording(10_000);
  const traffic = hub.service("echo");
  for (const time of [1_700_000_000_250, 1_700_000_001_500])
    traffic.emit({ kind: "bytes", conversation, direction: "in", bytes: Uint8Array.of(1), time });
  stopping.abort();
  const times: number[] = [];
  const reader = new CaptureReader({
    frame: ({ seconds, nanoseconds }) => void times.push(seconds * 1000 + nanoseconds / 1e6),
  });
  reader.read(await new Response(stream).bytes());
  expect(times).toEqual([1_700_000_000_250, 1_700_000_001_500]);
});

test("what a slow reader has no room for is left out whole, and counted", async () => {
  const { stream, stopping, send } = recording(10_000);
  for (let count = 0; count < 30; count++) send(Buffer.alloc(1000));
  stopping.abort();
  const { frames, drops } = read(await new Response(stream).bytes());
  expect(frames).toBeGreaterThan(5);
  expect(frames + drops).toBe(30);
});

test("a peer without an address has no packets, and is counted", async () => {
  const { hub, stream, stopping, send } = recording(10_000);
  send(Uint8Array.of(1));
  const unnamed = { ...conversation, id: "echo#2", local: "unix:/run/echo.sock", remote: "unix" };
  const traffic = hub.service("echo");
  if (traffic.sample("bytes"))
    traffic.emit({ kind: "bytes", conversation: unnamed, direction: "in", bytes: Uint8Array.of(2) });
  stopping.abort();
  expect(read(await new Response(stream).bytes())).toEqual({ frames: 1, drops: 1 });
});

test("a reader that is gone is observed for no longer", async () => {
  const { hub, stream, ended } = recording(10_000);
  expect(hub.ratesFor("echo").bytes).toBeGreaterThan(0);
  await stream.cancel();
  expect(hub.service("echo").sample("bytes")).toBe(false);
  expect(ended).toEqual(["end"]);
});

test("while there is no traffic, something is sent all the same, and the file stays whole", async () => {
  const { stream, stopping } = recording(10_000, 1);
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  for (let count = 0; count < 3; count++) chunks.push((await reader.read()).value!);
  stopping.abort();
  for (let turn = await reader.read(); !turn.done; turn = await reader.read()) chunks.push(turn.value);
  expect(read(Buffer.concat(chunks))).toEqual({ frames: 0, drops: 0 });
});

test("an admin gets it, and it is told; four at once at most; HEAD takes no place", async () => {
  const audited: unknown[] = [];
  const { ask } = await testAdmin({ audit: (event, fields) => void audited.push([event, fields]) });
  for (let count = 0; count < 5; count++)
    expect((await ask("/api/record", { method: "HEAD" })).status).toBe(200);
  const bodies = [];
  for (let count = 0; count < 4; count++) bodies.push((await ask("/api/record?service=echo")).body!);
  const refused = await ask("/api/record");
  expect([refused.status, await refused.json()]).toEqual([
    503,
    { error: "Cannot record: 4 record already; end one of them" },
  ]);
  await bodies[0]!.cancel();
  const again = await ask("/api/record");
  expect([again.status, again.headers.get("content-type")]).toEqual([200, "application/octet-stream"]);
  expect(audited.at(-1)).toEqual([
    "traffic-recorded",
    { services: "all services", by: "ani", from: "127.0.0.1:4711" },
  ]);
});

test("whoever reads a recording ends it by its name, and gets the rest and the end", async () => {
  const { ask } = await testAdmin();
  const answer = await ask("/api/record");
  const name = answer.headers.get("distsrv-recording")!;
  const file = answer.bytes();
  const end = () => ask(`/api/record?recording=${name}`, { method: "DELETE" });
  const ended = await end();
  expect([ended.status, await ended.json()]).toEqual([200, { ended: name }]);
  expect(read(await file)).toEqual({ frames: 0, drops: 0 });
  const again = await end();
  expect([again.status, await again.json()]).toEqual([
    404,
    { error: `There is no recording "${name}", or it has ended already` },
  ]);
  const other = await testAdmin({ localUser: { name: "budi", isTrusted: false } });
  expect((await other.ask(`/api/record?recording=${name}`, { method: "DELETE" })).status).toBe(403);
});

test("nobody else may record, and a service that is not there is named", async () => {
  const other = await testAdmin({ localUser: { name: "budi", isTrusted: false } });
  for (const method of ["GET", "HEAD"]) expect((await other.ask("/api/record", { method })).status).toBe(403);
  const { ask } = await testAdmin();
  const unknown = await ask("/api/record?service=ecco");
  expect(unknown.status).toBe(400);
  expect(((await unknown.json()) as { error: string }).error).toContain('There is no service "ecco"');
});
