import { expect, onTestFinished, test } from "bun:test";
import net from "node:net";
import { showsConnectionOwners } from "../../src/net/connection-owner.ts";
import { listenerOwners } from "../../src/net/listener-owners.ts";
import { hasStranger, startStranger, stranger } from "../support/stranger.ts";

const own = process.getuid?.() ?? -1;
const isLinux = showsConnectionOwners();

async function listen(host: string, port = 0): Promise<number> {
  const server = net.createServer((socket) => socket.destroy());
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return (server.address() as net.AddressInfo).port;
}

test.skipIf(!isLinux).each(["127.0.0.1", "127.9.8.7", "0.0.0.0", "::1", "::"])(
  "who listens on %s can be reached by a loopback address",
  async (host) => {
    expect(listenerOwners("127.0.0.1", await listen(host))).toEqual(new Set([own]));
  },
);

test.skipIf(!isLinux)("where nobody listens there is nobody, though somebody may be connected", async () => {
  const server = net.createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  const client = net.connect(port, "127.0.0.1");
  onTestFinished(() => void client.destroy());
  await new Promise((resolve) => client.once("connect", resolve));
  expect(listenerOwners("127.0.0.1", port)).toEqual(new Set([own]));
  server.close();
  expect(listenerOwners("127.0.0.1", port)).toEqual(new Set());
});

test.skipIf(!isLinux)(
  "who listens on another address than the one that is asked for is not meant",
  async () => {
    const port = await listen("127.0.0.1");
    expect(listenerOwners("192.0.2.1", port)).toEqual(new Set());
    const everywhere = await listen("0.0.0.0");
    expect(listenerOwners("192.0.2.1", everywhere)).toEqual(new Set([own]));
  },
);

test.skipIf(!hasStranger)(
  "of two programs on one port of loopback both count, each with its user",
  async () => {
    const port = await listen("127.0.0.1");
    await startStranger("127.0.0.2", port);
    expect(listenerOwners("127.0.0.1", port)).toEqual(new Set([own, stranger]));
  },
);
