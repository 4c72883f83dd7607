import { expect, onTestFinished, test } from "bun:test";
import net from "node:net";
import { RawClient } from "./raw-client.ts";
import { type Cut, Relay } from "./relay.ts";
import { until } from "./until.ts";

/** A server that greets with `hello`, answers every chunk with itself, and counts what ends how. */
async function startEcho() {
  const seen = { received: "", ends: 0, errors: 0 };
  const server = net.createServer((socket) => {
    socket.write("hello");
    socket.on("data", (chunk) => {
      seen.received += chunk;
      socket.write(chunk);
    });
    socket.on("end", () => seen.ends++);
    socket.on("error", () => seen.errors++);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as net.AddressInfo;
  return { port, seen };
}

const after = (count: number) => (sent: Buffer) => (sent.length >= count ? count : undefined);

async function through(cut: Cut | undefined) {
  const { port, seen } = await startEcho();
  const relay = await Relay.start(port, [cut]);
  const client = await RawClient.connect(relay.port);
  expect(await client.text(5)).toBe("hello");
  return { relay, client, seen };
}

test("records both directions of each connection", async () => {
  const { relay, client } = await through(undefined);
  client.write("abc");
  expect(await client.text(3)).toBe("abc");
  const other = await RawClient.connect(relay.port);
  expect(await other.text(5)).toBe("hello");
  client.end();
  await client.closed;
  expect(relay.connections.map((one) => [String(one.from("client")), String(one.from("server"))])).toEqual([
    ["abc", "helloabc"],
    ["", "hello"],
  ]);
});

test("cuts a connection in the middle of what the client sends, and the server sees FIN", async () => {
  const { relay, client, seen } = await through({ from: "client", at: after(4) });
  client.write("abcdef");
  expect(String(await client.all())).toBe("");
  await until(() => seen.ends === 1);
  expect([seen.received, String(relay.connections[0]?.from("client")), seen.errors]).toEqual([
    "abcd",
    "abcd",
    0,
  ]);
  expect(relay.connections[0]?.isCut).toBe(true);
});

test("cuts a connection in the middle of what the server sends; the next one lasts", async () => {
  const { relay, client } = await through({ from: "server", at: after(7) });
  client.write("abcdef");
  expect(String(await client.all())).toBe("ab");
  const next = await RawClient.connect(relay.port);
  next.write("abcdef");
  expect(await next.text(11)).toBe("helloabcdef");
  expect(relay.connections.map(({ isCut }) => isCut)).toEqual([true, false]);
});

test("resets the server's side, or leaves it open", async () => {
  const reset = await through({ from: "client", at: after(0), server: "reset" });
  reset.client.write("x");
  await reset.client.ended;
  await until(() => reset.seen.errors === 1);
  const gone = await through({ from: "client", at: after(1), server: "nothing" });
  gone.client.write("x");
  await gone.client.ended;
  await until(() => gone.seen.received === "x");
  expect([gone.seen.ends, gone.seen.errors]).toEqual([0, 0]);
});
