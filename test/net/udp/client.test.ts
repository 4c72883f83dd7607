import { expect, onTestFinished, test } from "bun:test";
import { resolveName } from "../../../src/net/resolve.ts";
import { dialUdp } from "../../../src/net/udp/client.ts";

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
    expect(await client.receive(AbortSignal.timeout(2000))).toEqual(bytes);
  }
});

test("a host that says nobody listens is the error refused", async () => {
  const unused = await Bun.udpSocket({ hostname: "127.0.0.1" });
  const { port } = unused;
  unused.close();
  const client = await dialUdp({ host: "127.0.0.1", port });
  onTestFinished(() => client.close());
  client.send(Uint8Array.of(1));
  const error = await client.receive(AbortSignal.timeout(2000)).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "refused", host: "127.0.0.1", port });
});

test("names have their addresses by record, an address is its own, an unknown name has none", async () => {
  expect(await resolveName("localhost")).toContainEqual({ address: "127.0.0.1", record: "A" });
  expect(await resolveName("::1")).toEqual([{ address: "::1", record: "AAAA" }]);
  expect(await resolveName("no..host")).toEqual([]);
});
