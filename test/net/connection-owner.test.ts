import { expect, onTestFinished, test } from "bun:test";
import { spawn } from "node:child_process";
import net from "node:net";
import {
  connectionOwner,
  readConnectionTables,
  showsConnectionOwners,
} from "../../src/net/connection-owner.ts";
import { until } from "../support/until.ts";

const own = process.getuid?.() ?? -1;
const isLinux = showsConnectionOwners();

/** A server that keeps what connects to it, with the address of each peer. */
async function listen(host: string) {
  const sockets: net.Socket[] = [];
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.resume();
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as net.AddressInfo;
  const peer = async () => {
    await until(() => sockets.length > 0);
    const { remoteAddress, remotePort } = sockets[0]!;
    return `${remoteAddress!.includes(":") ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
  };
  return { port, peer, sockets };
}

function connect(port: number, host: string): net.Socket {
  const socket = net.connect({ port, host, allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  return socket;
}

test.skipIf(!isLinux).each(["127.0.0.1", "127.9.8.7", "::1"])(
  "a connection to %s has its program's user",
  async (host) => {
    const { port, peer } = await listen(host);
    connect(port, host);
    expect(
      await connectionOwner(await peer(), net.isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`),
    ).toBe(own);
  },
);

test.skipIf(!isLinux)("an IPv6 socket that speaks IPv4 is found, too", async () => {
  const { port, peer } = await listen("127.0.0.1");
  connect(port, "::ffff:127.0.0.1");
  expect(await connectionOwner(await peer(), `127.0.0.1:${port}`)).toBe(own);
});

test.skipIf(!isLinux)("a program that has sent all it has to say is still there", async () => {
  const { port, peer, sockets } = await listen("127.0.0.1");
  connect(port, "127.0.0.1").end("x");
  const name = await peer();
  await until(() => sockets[0]!.readableEnded);
  expect(await connectionOwner(name, `127.0.0.1:${port}`)).toBe(own);
});

test.skipIf(!isLinux)(
  "whoever has closed the socket is nobody, and not the root whom the kernel shows then",
  async () => {
    const { port, peer, sockets } = await listen("127.0.0.1");
    const socket = connect(port, "127.0.0.1");
    const name = await peer();
    socket.destroy();
    await until(() => sockets[0]!.readableEnded || sockets[0]!.destroyed);
    expect(await connectionOwner(name, `127.0.0.1:${port}`)).toBeUndefined();
  },
);

test.skipIf(!isLinux)("a connection of the same port to another address is another one", async () => {
  const [server, other] = [await listen("127.0.0.1"), net.createServer(() => {})];
  onTestFinished(() => void other.close());
  await new Promise<void>((resolve) => other.listen(server.port, "127.0.0.2", resolve));
  const socket = connect(server.port, "127.0.0.1");
  const peer = await server.peer();
  socket.destroy();
  await until(() => server.sockets[0]!.readableEnded || server.sockets[0]!.destroyed);
  // The same port of the peer goes to the other server, while the connection that is asked about has been closed.
  const localPort = Number(peer.slice(peer.lastIndexOf(":") + 1));
  const trick = net.connect({ port: server.port, host: "127.0.0.2", localAddress: "127.0.0.1", localPort });
  trick.on("error", () => {});
  onTestFinished(() => void trick.destroy());
  await new Promise((resolve) => trick.once("connect", resolve).once("error", resolve));
  expect(await connectionOwner(peer, `127.0.0.1:${server.port}`)).toBeUndefined();
});

test.skipIf(!isLinux || own !== 0)("another user's connection is the other user's", async () => {
  const { port, peer } = await listen("127.0.0.1");
  const script = `exec 3<>/dev/tcp/127.0.0.1/${port}; read -u 3 line`;
  const child = spawn("bash", ["-c", script], { uid: 65_534, gid: 65_534, stdio: "ignore", cwd: "/" });
  onTestFinished(() => void child.kill());
  expect(await connectionOwner(await peer(), `127.0.0.1:${port}`)).toBe(65_534);
});

test.each(["", "127.0.0.1", "127.0.0.1:", "lab:80", "127.0.0.1:1", "[::1]:1"])(
  "for %p, which is no peer's address, there is nobody",
  async (peer) => {
    expect(await connectionOwner(peer, "127.0.0.1:80")).toBeUndefined();
  },
);

test.skipIf(!isLinux)("no more of the tables is read than so many bytes, and whole rows of it", async () => {
  const { port } = await listen("127.0.0.1");
  connect(port, "127.0.0.1");
  const [whole = ""] = await readConnectionTables();
  const [part = ""] = await readConnectionTables(400);
  expect(whole.length).toBeGreaterThan(400);
  expect(part.length).toBeLessThanOrEqual(400);
  expect(part).toEndWith("\n");
  expect(part.split("\n")[0]).toContain("local_address");
});
