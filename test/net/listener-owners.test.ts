import { expect, onTestFinished, test } from "bun:test";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import net from "node:net";
import { showsConnectionOwners } from "../../src/net/connection-owner.ts";
import { loopbackListenerOwners } from "../../src/net/listener-owners.ts";

const own = process.getuid?.() ?? -1;
/** One that every user may run. */
const python = "/usr/bin/python3";
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
    expect(loopbackListenerOwners(await listen(host))).toEqual(new Set([own]));
  },
);

test.skipIf(!isLinux)("where nobody listens there is nobody, though somebody may be connected", async () => {
  const server = net.createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  const client = net.connect(port, "127.0.0.1");
  onTestFinished(() => void client.destroy());
  await new Promise((resolve) => client.once("connect", resolve));
  expect(loopbackListenerOwners(port)).toEqual(new Set([own]));
  server.close();
  expect(loopbackListenerOwners(port)).toEqual(new Set());
});

test.skipIf(!isLinux || own !== 0 || !existsSync(python))(
  "of two programs that listen on one port of loopback both count, each with its user",
  async () => {
    const port = await listen("127.0.0.1");
    const script = `import socket; s = socket.create_server(("127.0.0.2", ${port})); print("there", flush=True); input()`;
    const child = spawn(python, ["-c", script], { uid: 65_534, gid: 65_534, cwd: "/" });
    onTestFinished(() => void child.kill());
    await new Promise((resolve) => child.stdout.once("data", resolve));
    expect(loopbackListenerOwners(port)).toEqual(new Set([own, 65_534]));
  },
);
