import { expect, test } from "bun:test";
import { upcall } from "../../../src/cli/commands/upcall.ts";
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
  expect(await cli.exit).toBe(130);
});

test("--listen with --timeout ends when the server has been silent for so long", async () => {
  const { port } = fakeServer({ open: (peer) => void peer.write("Event: satu") });
  const { exit, stdout } = await runCli(upcall, ["upcall", "-p", `${port}`, "-l", "--timeout", "300ms"]);
  expect(stdout).toBe("Received upcall from server: Event: satu\n");
  expect(exit).toBe(124);
});

test("an event in the same segment as a reply is an event of its own", async () => {
  const { port } = fakeServer({
    data: (peer) => void peer.write("Upcall event: Processing aEvent: tick"),
  });
  const args = ["upcall", "127.0.0.1", "a", "-p", `${port}`, "-l", "--timeout", "300ms"];
  const { stdout } = await runCli(upcall, args);
  expect(stdout).toBe(
    "Received upcall from server: Upcall event: Processing a\nReceived upcall from server: Event: tick\n",
  );
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
