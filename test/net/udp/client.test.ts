import { expect, onTestFinished, test } from "bun:test";
import { resolveName } from "../../../src/net/resolve.ts";
import { dialUdp } from "../../../src/net/udp/client.ts";
import { maxWait, until } from "../../support/until.ts";

test("a datagram goes there and its answer comes back, also an empty one", async () => {
  const server = await Bun.udpSocket({
    hostname: "127.0.0.1",
    socket: { data: (socket, data, port, address) => void socket.send(data, port, address) },
  });
  onTestFinished(() => server.close());
  const client = await dialUdp({ host: "localhost", port: server.port });
  onTestFinished(() => client.close());
  for (const bytes of [Uint8Array.of(1, 2, 3), new Uint8Array(0)]) {
    client.send(bytes);
    expect(await client.receive(AbortSignal.timeout(maxWait))).toEqual(bytes);
  }
});

test("a host that says nobody listens is the error refused", async () => {
  const unused = await Bun.udpSocket({ hostname: "127.0.0.1" });
  const { port } = unused;
  unused.close();
  const client = await dialUdp({ host: "127.0.0.1", port });
  onTestFinished(() => client.close());
  client.send(Uint8Array.of(1));
  const error = await client.receive(AbortSignal.timeout(maxWait)).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "refused", host: "127.0.0.1", port });
});

test("names have their addresses by record, an address is its own, an unknown name has none", async () => {
  expect(await resolveName("localhost")).toContainEqual({ address: "127.0.0.1", record: "A" });
  expect(await resolveName("::1")).toEqual([{ address: "::1", record: "AAAA" }]);
  expect(await resolveName("no..host")).toEqual([]);
});

test("datagrams that nobody receives wait up to a limit, in number and in bytes; the rest is counted", async () => {
  for (const [size, most] of [
    [0, 1000],
    [60_000, Math.ceil((4 * 1024 * 1024) / 60_000)],
  ] as const) {
    const server = await Bun.udpSocket({
      hostname: "127.0.0.1",
      socket: { data: (socket, data, port, address) => void socket.send(data, port, address) },
    });
    onTestFinished(() => server.close());
    const client = await dialUdp({ host: "127.0.0.1", port: server.port });
    onTestFinished(() => client.close());
    const datagram = new Uint8Array(size);
    await until(() => {
      // No more at once than the kernel's buffers take.
      for (let i = 0; i < 3; i++) client.send(datagram);
      return client.dropped > 0;
    });
    for (let i = 0; i < most; i++)
      expect((await client.receive(AbortSignal.timeout(maxWait))).length).toBe(size);
    client.send(Uint8Array.of(7));
    let last: Uint8Array = datagram;
    while (last.length !== 1) last = await client.receive(AbortSignal.timeout(maxWait));
  }
});

test("what has arrived is handed over at once, in order, and a refusal among it is thrown", async () => {
  const server = await Bun.udpSocket({
    hostname: "127.0.0.1",
    socket: { data: (socket, data, port, address) => void socket.send(data, port, address) },
  });
  const client = await dialUdp({ host: "127.0.0.1", port: server.port });
  onTestFinished(() => client.close());
  expect(await client.arrived()).toEqual([]);
  for (const byte of [1, 2, 3]) client.send(Uint8Array.of(byte));
  const arrived: Uint8Array[] = [];
  await until(async () => arrived.push(...(await client.arrived())) === 3);
  expect(arrived).toEqual([1, 2, 3].map((byte) => Uint8Array.of(byte)));
  server.close();
  let error: unknown;
  await until(async () => {
    // The system may say so to either of them.
    error = await Promise.try(() => client.send(Uint8Array.of(4)))
      .then(() => client.arrived())
      .catch((thrown: unknown) => thrown);
    return error instanceof Error;
  });
  expect(error).toMatchObject({ code: "refused" });
});
