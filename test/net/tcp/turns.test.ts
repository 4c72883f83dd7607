import { describe, expect, onTestFinished, test } from "bun:test";
import { unobserved } from "../../../src/core/traffic.ts";
import { listenTcp, type TcpConnection, type TcpHandler } from "../../../src/net/tcp/server.ts";
import { RawClient } from "../../support/raw-client.ts";
import { maxWait, until } from "../../support/until.ts";

const log = { debug() {}, info() {}, warning() {}, error() {} };

async function listen<S>(handler: TcpHandler<S>, highWater = 1024 * 1024) {
  const context = { service: "test", log, traffic: unobserved, thread: 0, joins: false };
  const server = await listenTcp(context, { host: "127.0.0.1", port: 0, highWater }, handler);
  onTestFinished(() => server.stop(AbortSignal.abort()));
  return server;
}

const endless = Buffer.alloc(1000, "x");

/** Answers each byte of a chunk with itself, one a step, except that "x" is answered for ever. */
function stepwise(done: string[] = []): TcpHandler<undefined> & { steps: number; stepsWhenFull: number } {
  return {
    steps: 0,
    stepsWhenFull: 0,
    open: () => undefined,
    data(connection, chunk) {
      const asked = [...Buffer.from(chunk).toString()];
      connection.work(() => {
        this.steps++;
        if (connection.isFull) this.stepsWhenFull++;
        const [next] = asked;
        if (next === undefined) return false;
        if (next !== "x") asked.shift();
        connection.write(next === "x" ? endless : Buffer.from(next));
        return asked.length > 0;
      });
    },
    end(connection) {
      done.push("end");
      connection.write(Buffer.from("."));
      connection.end();
    },
    close: () => void done.push("close"),
  };
}

describe("what a client asks for in one chunk is answered in turns", () => {
  test("others are served beside one whose answers never end", async () => {
    const { address } = await listen(stepwise());
    const greedy = await RawClient.connect(address.port);
    greedy.take(() => {});
    greedy.write("x");
    for (let i = 0; i < 3; i++) {
      const other = await RawClient.connect(address.port);
      other.write("abc");
      expect(await other.text(3)).toBe("abc");
    }
  });

  test("the answers keep their order, and the peer's FIN comes after the last of them", async () => {
    const { address } = await listen(stepwise());
    const client = await RawClient.connect(address.port);
    const asked = "abcdefghij".repeat(50);
    client.write(asked.slice(0, 200));
    client.write(asked.slice(200));
    client.end();
    expect((await client.all()).toString()).toBe(`${asked}.`);
  });

  test("a client that does not read is not worked for", async () => {
    const handler = stepwise();
    const server = await listen(handler, 1000);
    const client = await RawClient.connect(server.address.port);
    client.pause();
    client.write("x");
    await until(() => server.connections.size === 1);
    const [connection] = server.connections;
    await until(() => connection!.isFull);
    const other = await RawClient.connect(server.address.port);
    other.write("abcdefghij");
    expect(await other.text(10)).toBe("abcdefghij");
    // The kernel may take some more at any time.
    expect(handler.stepsWhenFull).toBe(0);
    const { steps } = handler;
    // Megabytes that nobody looks at.
    client.take(() => {});
    client.resume();
    await until(() => handler.steps > steps + 1000);
  });

  test("nothing is done any more for a client that is gone", async () => {
    const done: string[] = [];
    const handler = stepwise(done);
    const { address } = await listen(handler);
    const client = await RawClient.connect(address.port);
    client.take(() => {});
    client.write("x");
    await until(() => handler.steps > 100);
    client.reset();
    await until(() => done.includes("close"));
    const { steps } = handler;
    await new Promise((resolve) => setImmediate(resolve));
    expect(handler.steps).toBe(steps);
  });

  test("a stop answers first what has been received", async () => {
    let server: Awaited<ReturnType<typeof listen>>;
    const handler = stepwise();
    const { data } = handler;
    server = await listen({
      ...handler,
      data(connection, chunk) {
        data.call(handler, connection, chunk);
        void server.stop(AbortSignal.timeout(maxWait));
      },
    });
    const client = await RawClient.connect(server.address.port);
    client.write("abcdefghij");
    expect((await client.all()).toString()).toBe("abcdefghij");
    client.end();
  });

  test("a step that throws costs its own connection", async () => {
    const server = await listen({
      open: () => undefined,
      data(connection: TcpConnection<undefined>, chunk) {
        let count = 0;
        connection.work(() => {
          if (++count > 3) throw new Error("broken");
          return chunk.length > 1;
        });
        connection.write(chunk);
      },
    });
    const broken = await RawClient.connect(server.address.port);
    broken.write("ab");
    await broken.closed;
    const other = await RawClient.connect(server.address.port);
    other.write("a");
    expect(await other.text(1)).toBe("a");
    expect(server.stats().connection_errors_total).toBe(1);
  });
});

test("a client that sends at full speed is read once in a turn of the event loop", async () => {
  const fullChunk = 480 * 1024;
  const fullChunkTurns: number[] = [];
  let turn = 0;
  const { address } = await listen({
    open: () => undefined,
    data(_, chunk) {
      if (chunk.length < fullChunk) return;
      fullChunkTurns.push(turn);
      setImmediate(() => turn++);
    },
  });
  const client = await RawClient.connect(address.port);
  await client.writeAll(Buffer.alloc(60_000_000));
  expect(fullChunkTurns.length).toBeGreaterThan(1);
  expect(new Set(fullChunkTurns).size).toBe(fullChunkTurns.length);
});
