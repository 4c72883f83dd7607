import { expect, onTestFinished, test } from "bun:test";
import type { Socket, SocketHandler } from "bun";

type Peer = Socket<unknown>;

import { DialError } from "../../../src/net/dial-error.ts";
import { dialTcp, type Incoming } from "../../../src/net/tcp/client.ts";
import { until } from "../../support/until.ts";

function serve(socket: Partial<SocketHandler>): number {
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    allowHalfOpen: true,
    socket: { data: () => {}, ...socket },
  });
  onTestFinished(() => listener.stop(true));
  return listener.port;
}

async function dial(port: number) {
  const client = await dialTcp({ host: "127.0.0.1", port });
  onTestFinished(() => client.close());
  return client;
}

const text = (incoming: Incoming) =>
  incoming.kind === "bytes" ? new TextDecoder().decode(incoming.bytes) : incoming.kind;

test("a client reads what the server says, and then that it has ended", async () => {
  const port = serve({ data: (socket) => void socket.end("Echo: halo") });
  const client = await dial(port);
  await client.write(new TextEncoder().encode("halo"));
  expect(text(await client.read())).toBe("Echo: halo");
  expect(await client.read()).toEqual({ kind: "end" });
  expect(client.remote).toEqual({ transport: "tcp", host: "127.0.0.1", port });
});

test("a read with a timeout says quiet, and what comes later is there for the next read", async () => {
  let peer: Peer | undefined;
  const port = serve({
    open: (socket) => {
      peer = socket;
    },
  });
  const client = await dial(port);
  expect(await client.read(5)).toEqual({ kind: "quiet" });
  await until(() => peer !== undefined);
  peer?.write("late");
  expect(text(await client.read(5000))).toBe("late");
});

test("what has arrived in time is read, though the program was busy when the timeout was over", async () => {
  // The loop is busy in the turn in which the server answers: the timeout is due before it looks at its sockets again.
  let incoming: Promise<Incoming> | undefined;
  const port = serve({
    data: (socket) => {
      incoming = client.read(20);
      for (const end = performance.now() + 100; performance.now() < end; );
      socket.write("in time");
    },
  });
  const client = await dial(port);
  await client.write(new Uint8Array(1));
  await until(() => incoming !== undefined);
  expect(text(await incoming!)).toBe("in time");
});

test("after finishWriting the server sees the end and may still answer", async () => {
  const port = serve({ end: (socket) => void socket.end("all read") });
  const client = await dial(port);
  client.finishWriting();
  expect(text(await client.read())).toBe("all read");
});

test("a closed port is the error refused, with host and port", async () => {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  const { port } = listener;
  listener.stop(true);
  const error = await dialTcp({ host: "127.0.0.1", port }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DialError);
  expect(error).toMatchObject({ code: "refused", host: "127.0.0.1", port });
});

test("a name without an address is the error unresolved", async () => {
  const error = await dialTcp({ host: "no-such-host.invalid", port: 1 }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "unresolved", host: "no-such-host.invalid" });
});

test("a reset by the server rejects the read with the error reset", async () => {
  const port = serve({ data: (socket) => socket.terminate() });
  const client = await dial(port);
  await client.write(new Uint8Array([1]));
  const outcome = await client.read().catch((thrown: unknown) => thrown);
  expect(outcome).toMatchObject({ code: "reset" });
});

test("an abort while connecting rejects with the signal's reason", async () => {
  const reason = new Error("enough");
  const port = serve({});
  const already = dialTcp({ host: "127.0.0.1", port, signal: AbortSignal.abort(reason) });
  expect(await already.catch((thrown: unknown) => thrown)).toBe(reason);
  const controller = new AbortController();
  const pending = dialTcp({ host: "127.0.0.1", port, signal: controller.signal });
  controller.abort(reason);
  expect(await pending.catch((thrown: unknown) => thrown)).toBe(reason);
});

test("32 MiB written to a server that does not read wait with the writer, and arrive whole once it reads", async () => {
  let peer: Peer | undefined;
  let received = 0;
  const port = serve({
    open: (socket) => {
      peer = socket;
      socket.pause();
    },
    data: (_socket, chunk) => {
      received += chunk.length;
    },
  });
  const client = await dial(port);
  const size = 32 * 1024 * 1024;
  let written = false;
  const writing = client.write(new Uint8Array(size)).then(() => {
    written = true;
  });
  await until(() => peer !== undefined);
  expect(await client.read(50)).toEqual({ kind: "quiet" });
  expect(written).toBe(false);
  peer?.resume();
  await writing;
  await until(() => received === size);
});

test("bytes that nobody reads stay with the sender: 64 MiB sent, about the high-water mark taken", async () => {
  const block = new Uint8Array(1024 * 1024);
  let sent = 0;
  const size = 64 * block.length;
  const push = (socket: Peer) => {
    while (sent < size) {
      const taken = socket.write(block.subarray(0, Math.min(block.length, size - sent)));
      if (taken <= 0) return;
      sent += taken;
    }
    socket.end();
  };
  const port = serve({ open: push, drain: push });
  const client = await dial(port);
  // The kernel's buffers fill and the count stands still.
  let last = -1;
  let polls = 0;
  await until(() => {
    polls = sent === last ? polls + 1 : 0;
    last = sent;
    return polls > 25;
  });
  expect(sent).toBeLessThan(size / 2);
  let received = 0;
  for (let next = await client.read(); next.kind === "bytes"; next = await client.read()) {
    received += next.bytes.length;
  }
  expect(received).toBe(size);
});
