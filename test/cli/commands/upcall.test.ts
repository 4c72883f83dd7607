import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { upcall } from "../../../src/cli/commands/upcall.ts";
import { freePort } from "../../support/free-port.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { until } from "../../support/until.ts";
import { echoing, fakeServer, type Peer } from "../support/fake-server.ts";
import { goldenScene } from "../support/golden.ts";
import { runCli, startCli } from "../support/run-cli.ts";

const upcalling = echoing("Upcall event: Processing ");

test("interactive input looks as the original's did, and sends the same bytes", async () => {
  const scene = goldenScene("upcall_client");
  const { exit, screen } = await runCli(upcall, ["upcall", "-p", `${scene.server.port}`], {
    answers: scene.typed,
  });
  expect(screen).toBe(scene.printed);
  expect(scene.received()).toBe(scene.sent);
  expect(exit).toBe(0);
});

test("comma-separated messages are sent one by one, up to bye", async () => {
  const chunks: string[] = [];
  const { port } = fakeServer({
    data: (peer, chunk) => {
      chunks.push(Buffer.from(chunk).toString());
      upcalling.data?.(peer, chunk, "");
    },
  });
  const { stdout } = await runCli(upcall, [
    "upcall",
    "127.0.0.1",
    "a,  proses data,, Bye, c",
    "-p",
    `${port}`,
  ]);
  expect(chunks).toEqual(["a", "proses data"]);
  expect(stdout).toBe(
    "Received upcall from server: Upcall event: Processing a\n" +
      "Received upcall from server: Upcall event: Processing proses data\n",
  );
});

test("lines from a pipe are sent without prompts, each as one message, and bye leaves", async () => {
  const chunks: string[] = [];
  const { port } = fakeServer({
    data: (peer, chunk) => {
      chunks.push(Buffer.from(chunk).toString());
      upcalling.data?.(peer, chunk, "");
    },
  });
  const { exit, stdout, stderr } = await runCli(upcall, ["upcall", "-p", `${port}`], {
    stdin: "a, b\r\n\nproses data\nBye\nc\n",
  });
  expect(chunks).toEqual(["a, b", "proses data"]);
  expect(stdout).toBe(
    "Received upcall from server: Upcall event: Processing a, b\n" +
      "Received upcall from server: Upcall event: Processing proses data\n",
  );
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
});

test("--listen shows unsolicited events until Ctrl-C", async () => {
  let peer: Peer | undefined;
  const { port } = fakeServer({
    open: (socket) => {
      peer = socket;
    },
  });
  const cli = startCli(upcall, ["upcall", "-p", `${port}`, "--listen"]);
  await until(() => cli.stderr.includes("Listening") && peer !== undefined);
  peer?.write("Event: satu");
  await until(() => cli.stdout === "Received upcall from server: Event: satu\n");
  peer?.write("Event: dua");
  await until(() => cli.stdout.endsWith("Received upcall from server: Event: dua\n"));
  cli.interrupt();
  expect(await cli.exit).toBe(0);
});

test("--listen with --timeout ends when the server has been silent for so long", async () => {
  const { port } = fakeServer({ open: (peer) => void peer.write("Event: satu") });
  const { exit, stdout } = await runCli(upcall, ["upcall", "-p", `${port}`, "-l", "--timeout", "1s"]);
  expect(stdout).toBe("Received upcall from server: Event: satu\n");
  expect(exit).toBe(124);
});

test("an event in the same segment as a reply is an event of its own", async () => {
  const { port } = fakeServer({
    data: (peer) => void peer.write("Upcall event: Processing aEvent: tick"),
  });
  const cli = startCli(upcall, ["upcall", "127.0.0.1", "a", "-p", `${port}`, "-l"]);
  await until(() => cli.stdout.includes("tick"));
  expect(cli.stdout).toBe(
    "Received upcall from server: Upcall event: Processing a\nReceived upcall from server: Event: tick\n",
  );
  cli.interrupt();
  expect(await cli.exit).toBe(0);
});

test("an event while a prompt is open is shown at once", async () => {
  let peer: Peer | undefined;
  const { port } = fakeServer({
    open: (socket) => {
      peer = socket;
    },
  });
  const cli = startCli(upcall, ["upcall", "-p", `${port}`], { answers: [], holdAnswers: true });
  await until(() => cli.stderr === "Enter message: " && peer !== undefined);
  peer?.write("Event: satu");
  await until(() => cli.stdout === "Received upcall from server: Event: satu\n");
  cli.interrupt();
  expect(await cli.exit).toBe(130);
});

test("a server that ends while it is listened to is status 1", async () => {
  const { port } = fakeServer({ open: (peer) => void peer.end() });
  const { exit, stderr } = await runCli(upcall, ["upcall", "-p", `${port}`, "-l"]);
  expect(stderr).toContain(`127.0.0.1:${port} closed the connection`);
  expect(exit).toBe(1);
});

test("a reply that does not contain the request is shown, and status 1", async () => {
  const { port } = fakeServer({ data: (peer) => void peer.write("JAM 01:02:03") });
  const { exit, stdout, stderr } = await runCli(upcall, ["upcall", "127.0.0.1", "a", "-p", `${port}`]);
  expect(stdout).toBe("Received upcall from server: JAM 01:02:03\n");
  expect(stderr).toContain("does not look like the upcall server");
  expect(exit).toBe(1);
});

describe("--log", () => {
  /** A file for the log, and its lines without their times. */
  function logFile() {
    const path = join(scratchFolder("upcall"), "upcall.log");
    const lines = () =>
      readFileSync(path, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => {
          expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /);
          return line.slice(line.indexOf(" ") + 1);
        });
    return { path, lines };
  }

  test("keeps requests, replies and the end, each on its own line", async () => {
    const { port } = fakeServer(upcalling);
    const { path, lines } = logFile();
    const { stdout } = await runCli(upcall, [
      "upcall",
      "-p",
      `${port}`,
      "127.0.0.1",
      "a, b\nc",
      "--log",
      path,
    ]);
    expect(stdout).toStartWith("Received upcall from server: Upcall event: Processing a\n");
    expect(lines()).toEqual([
      `connected to 127.0.0.1:${port}`,
      "sent: a",
      "received: Upcall event: Processing a",
      "sent: b\\nc",
      "received: Upcall event: Processing b\\nc",
      "ended: we closed the connection",
    ]);
  });

  test("keeps events, and that the server ended it", async () => {
    const { port } = fakeServer({ open: (peer) => void peer.end("Event: tick") });
    const { path, lines } = logFile();
    const { exit } = await runCli(upcall, ["upcall", "-p", `${port}`, "-l", "--log", path]);
    expect(lines()).toEqual([
      `connected to 127.0.0.1:${port}`,
      "event: Event: tick",
      `ended: 127.0.0.1:${port} closed the connection`,
    ]);
    expect(exit).toBe(1);
  });

  test("keeps each error once: no connection, no answer, an answer of another service", async () => {
    const closed = freePort();
    const refused = logFile();
    await runCli(upcall, ["upcall", "-p", `${closed}`, "127.0.0.1", "a", "--log", refused.path]);
    expect(refused.lines()).toEqual([
      expect.stringMatching(/^error: Cannot connect to 127\.0\.0\.1:\d+: connection refused/),
    ]);
    const { port: silent } = fakeServer({});
    const timed = logFile();
    const args = ["127.0.0.1", "a", "--timeout", "1s", "--log", timed.path];
    const { exit } = await runCli(upcall, ["upcall", "-p", `${silent}`, ...args]);
    expect(timed.lines().slice(1)).toEqual([
      "sent: a",
      expect.stringMatching(/^error: No answer from .* within 1 s/),
      "ended: we closed the connection",
    ]);
    expect(exit).toBe(124);
    const { port: other } = fakeServer({ data: (peer) => void peer.write("JAM 01:02:03") });
    const wrong = logFile();
    await runCli(upcall, ["upcall", "-p", `${other}`, "127.0.0.1", "a", "--log", wrong.path]);
    expect(wrong.lines().slice(2)).toEqual([
      "received: JAM 01:02:03",
      expect.stringContaining(`error: 127.0.0.1:${other} does not look like the upcall server`),
      "ended: we closed the connection",
    ]);
  });

  test("is JSON with --json, names each of several clients, and goes on at its end", async () => {
    const { port } = fakeServer(upcalling);
    const { path } = logFile();
    const args = ["upcall", "-p", `${port}`, "127.0.0.1", "a", "--clients", "2", "--json", "--log", path];
    await runCli(upcall, args);
    await runCli(upcall, args);
    const entries = readFileSync(path, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(entries).toHaveLength(2 * 2 * 4);
    const ofFirst = entries.slice(0, 8).filter(({ client }) => client === 1);
    expect(ofFirst).toMatchObject([
      { event: "connected", peer: `127.0.0.1:${port}` },
      { event: "sent", text: "a" },
      { event: "received", text: "Upcall event: Processing a" },
      { event: "ended", by: "client" },
    ]);
    expect(Date.parse(entries[0].time)).not.toBeNaN();
  });

  test("a file that cannot be opened is a mistake of the command line; one that takes no more is status 1", async () => {
    const { port } = fakeServer(upcalling);
    const args = ["upcall", "-p", `${port}`, "127.0.0.1", "a", "--log"];
    const nowhere = await runCli(upcall, [...args, "/nowhere/at/all"]);
    expect(nowhere.stderr).toContain("Cannot append to --log /nowhere/at/all: ENOENT");
    expect(nowhere.exit).toBe(2);
    const full = await runCli(upcall, [...args, "/dev/full"]);
    expect(full.stderr).toContain("Cannot append to --log /dev/full: ENOSPC");
    expect(full.exit).toBe(1);
  });
});
