import { expect, onTestFinished, test } from "bun:test";
import { echo } from "../../../src/cli/commands/echo.ts";
import { until } from "../../support/until.ts";
import { echoing, fakeServer, type Peer } from "../support/fake-server.ts";
import { runCli, startCli } from "../support/run-cli.ts";

/** A file of `size` bytes that repeat nowhere soon, gone when the test ends. */
async function fileOf(size: number): Promise<string> {
  const path = `${process.env.TMPDIR ?? "/tmp"}/distcli-file-${crypto.randomUUID()}`;
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index++) bytes[index] = (index * 31 + (index >> 8)) & 0xff;
  await Bun.write(path, bytes);
  onTestFinished(() => Bun.file(path).delete());
  return path;
}

/** Sends everything back, byte for byte, with back pressure. */
function transparent(change: (bytes: Buffer, offset: number) => void = () => {}) {
  const waiting = new Map<Peer, Buffer[]>();
  const offsets = new Map<Peer, number>();
  const flush = (peer: Peer) => {
    const queue = waiting.get(peer) ?? [];
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      const taken = peer.write(next);
      if (taken < next.length) {
        queue[0] = next.subarray(Math.max(0, taken));
        setTimeout(() => flush(peer), 1);
        return;
      }
      queue.shift();
    }
  };
  return fakeServer({
    open: (peer) => void waiting.set(peer, []),
    data: (peer, chunk) => {
      const bytes = Buffer.from(chunk);
      const offset = offsets.get(peer) ?? 0;
      offsets.set(peer, offset + bytes.length);
      change(bytes, offset);
      waiting.get(peer)?.push(bytes);
      flush(peer);
    },
  });
}

const send = (file: string, port: number, ...more: string[]) =>
  runCli(echo, ["echo", "--file", file, "-p", `${port}`, ...more]);

test("a file of 8 MB through a transparent echo comes back identical", async () => {
  const file = await fileOf(8_000_000);
  const { exit, stdout, stderr } = await send(file, transparent().port, "--json");
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toMatchObject({ bytes: 8_000_000, identical: true });
  expect(exit).toBe(0);
});

test("an empty file is a file, too", async () => {
  const { exit, stdout } = await send(await fileOf(0), transparent().port);
  expect(stdout).toContain("0 bytes sent and received, identical");
  expect(exit).toBe(0);
});

test("one changed byte is found, with its place", async () => {
  const place = 3_000_001;
  const { port } = transparent((bytes, offset) => {
    const index = place - offset;
    if (index >= 0 && index < bytes.length) bytes[index] = (bytes[index] ?? 0) ^ 1;
  });
  const { exit, stderr } = await send(await fileOf(4_000_000), port);
  expect(stderr).toContain(`changed at byte ${place}`);
  expect(exit).toBe(1);
});

test("an echo with a prefix is distinguished from a broken one", async () => {
  const { port } = fakeServer(echoing("Echo: "));
  const { exit, stderr } = await send(await fileOf(100), port);
  expect(stderr).toContain('it puts "Echo: " before what it sends back');
  expect(stderr).toContain("32444");
  expect(exit).toBe(1);
});

test("a server that adds bytes at the end is found out", async () => {
  const { port } = fakeServer({
    data: (peer, chunk) => void peer.write(chunk),
    end: (peer) => void peer.end("PS"),
  });
  const { exit, stderr } = await send(await fileOf(100), port);
  expect(stderr).toContain("2 B or more behind");
  expect(exit).toBe(1);
});

test("a server that closes in the middle says how much had come back", async () => {
  const { port } = fakeServer({ data: (peer, chunk) => void peer.end(chunk.subarray(0, 40)) });
  const { exit, stderr } = await send(await fileOf(100), port);
  expect(stderr).toContain("closed the connection after 40 of 100 bytes had come back");
  expect(exit).toBe(1);
});

test("a server that falls silent is status 124", async () => {
  const { port } = fakeServer({});
  const { exit, stderr } = await send(await fileOf(100), port, "--timeout", "1s");
  expect(stderr).toContain("silent for 1 s after 0 of 100 bytes");
  expect(exit).toBe(124);
});

test("Ctrl-C in the middle is status 130", async () => {
  const server = fakeServer({});
  const cli = startCli(echo, ["echo", "--file", await fileOf(100), "-p", `${server.port}`]);
  await until(() => server.connections === 1);
  cli.interrupt();
  expect(await cli.exit).toBe(130);
});

test("progress is drawn on a terminal, and taken away again", async () => {
  const file = await fileOf(2_000_000);
  const { stderr } = await runCli(echo, ["echo", "--file", file, "-p", `${transparent().port}`], {
    terminal: true,
  });
  expect(stderr).toContain("of 2.0 MB");
  expect(stderr).toEndWith("\r\x1b[K");
});

test("several clients send the file at once", async () => {
  const file = await fileOf(100_000);
  const server = transparent();
  const { exit, stdout } = await send(file, server.port, "--clients", "3");
  expect(stdout.match(/client \d: .* identical/g)).toHaveLength(3);
  expect(server.connections).toBe(3);
  expect(exit).toBe(0);
});

test("what is no regular file cannot be sent", async () => {
  for (const path of ["/nowhere/at/all", "/tmp", "/dev/null"]) {
    const { exit, stderr } = await send(path, 1);
    expect(stderr).toStartWith(`distcli: Cannot send --file ${path}: `);
    expect(exit).toBe(2);
  }
});

test("words and a file together are a mistake", async () => {
  const { exit, stderr } = await runCli(echo, ["echo", "127.0.0.1", "halo", "--file", "x"]);
  expect(stderr).toContain("Either words or --file");
  expect(exit).toBe(2);
});
