import { expect, test } from "bun:test";
import { time } from "../../../src/cli/commands/time.ts";
import { freePort } from "../../support/free-port.ts";
import { until } from "../../support/until.ts";
import { echoing, fakeServer } from "../support/fake-server.ts";
import { goldenScene } from "../support/golden.ts";
import { runCli, startCli } from "../support/run-cli.ts";

const clock = (answer: string) =>
  fakeServer({ data: (peer, _chunk, received) => void (received.endsWith("TIME") && peer.write(answer)) });

test("time prints the time once, as the server said it", async () => {
  const { port } = clock("JAM 23:49:36");
  const { exit, stdout, stderr } = await runCli(time, ["time", "127.0.0.1", "-p", `${port}`]);
  expect({ exit, stdout, stderr }).toEqual({ exit: 0, stdout: "JAM 23:49:36\n", stderr: "" });
});

test("time puts an answer together that comes in segments, and needs no line end", async () => {
  const { port } = fakeServer({
    data: (peer) => {
      peer.write("JAM 23:");
      setTimeout(() => peer.write("49:36\r\n"), 20);
    },
  });
  const { stdout } = await runCli(time, ["time", "127.0.0.1", "-p", `${port}`]);
  expect(stdout).toBe("JAM 23:49:36\n");
});

test("interactive input looks as the original's did, and sends the same bytes", async () => {
  const scene = goldenScene("time_client");
  const { exit, screen } = await runCli(time, ["time", "-i", "-p", `${scene.server.port}`], {
    answers: scene.typed,
  });
  expect(screen).toBe(scene.printed);
  expect(scene.received()).toBe(scene.sent);
  expect(exit).toBe(0);
});

test("--json prints one object for each answer", async () => {
  const { port } = clock("JAM 01:02:03");
  const { stdout } = await runCli(time, ["time", "-p", `${port}`, "--json", "--repeat", "2"]);
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    { round: 1, sent: "TIME", reply: "JAM 01:02:03" },
    { round: 2, sent: "TIME", reply: "JAM 01:02:03" },
  ]);
  expect(lines[0].ms).toBeGreaterThan(0);
});

test("--repeat asks over one connection, --clients each over its own", async () => {
  const one = clock("JAM 01:02:03");
  await runCli(time, ["time", "-p", `${one.port}`, "--repeat", "3"]);
  expect(one.connections).toBe(1);
  const many = clock("JAM 01:02:03");
  const { stdout, stderr } = await runCli(time, [
    "time",
    "-p",
    `${many.port}`,
    "--clients",
    "4",
    "--repeat",
    "2",
  ]);
  expect(many.connections).toBe(4);
  expect(stdout.match(/client \d: JAM 01:02:03\n/g)).toHaveLength(8);
  expect(stderr).toContain("first answer");
});

test("--every goes on until Ctrl-C, which is its end in order and says nothing", async () => {
  const { port } = clock("JAM 01:02:03");
  const cli = startCli(time, ["time", "-p", `${port}`, "--every", "1ms"]);
  await until(() => cli.stdout.split("\n").length >= 4);
  cli.interrupt();
  expect(await cli.exit).toBe(0);
  expect(cli.stderr).toBe("");
});

test("a silent server is status 124 after --timeout", async () => {
  const { port } = fakeServer({});
  const { exit, stderr } = await runCli(time, ["time", "-p", `${port}`, "--timeout", "1s"]);
  expect(stderr).toBe(`distcli: No answer from 127.0.0.1:${port} within 1 s; --timeout sets another limit\n`);
  expect(exit).toBe(124);
});

test("a server that closes instead of answering is status 1", async () => {
  const { port } = fakeServer({ data: (peer) => void peer.end() });
  const { exit, stderr } = await runCli(time, ["time", "-p", `${port}`]);
  expect(stderr).toBe(`distcli: 127.0.0.1:${port} closed the connection instead of answering\n`);
  expect(exit).toBe(1);
});

test("a server that does not know TIME is status 1", async () => {
  const { port } = fakeServer({ data: (peer) => void peer.write("Invalid request") });
  const { exit, stderr, stdout } = await runCli(time, ["time", "-p", `${port}`]);
  expect({ exit, stdout }).toEqual({ exit: 1, stdout: "" });
  expect(stderr).toContain("does not know TIME: Invalid request");
});

test("one client of several that fails does not stop the others, and makes the status 1", async () => {
  let number = 0;
  const { port } = fakeServer({
    data: (peer) => void (++number === 2 ? peer.end() : peer.write("JAM 01:02:03")),
  });
  const { exit, stdout, stderr } = await runCli(time, ["time", "-p", `${port}`, "--clients", "3"]);
  expect(stdout.match(/JAM/g)).toHaveLength(2);
  expect(stderr).toContain("1 of 3 clients failed");
  expect(exit).toBe(1);
});

test("a refused connection says so, with the port, and is status 1", async () => {
  const port = freePort();
  const { exit, stderr } = await runCli(time, ["time", "-p", `${port}`]);
  expect(stderr).toStartWith(`distcli: Cannot connect to 127.0.0.1:${port}: connection refused. `);
  expect(exit).toBe(1);
});

test("control characters of a server do not reach the terminal", async () => {
  const { port } = fakeServer(echoing("\x1b[2J\x07"));
  const { stdout } = await runCli(time, ["time", "-p", `${port}`], { terminal: true });
  expect(stdout).toBe("\\x1b[2J\\x07TIME\n");
});

test.each([[[]], [["-i"]]])("an answer that holds no time is shown, and status 1 with %j", async (words) => {
  const { port } = fakeServer(echoing("Echo: "));
  const cli = await runCli(time, ["time", "-p", `${port}`, ...words], { stdin: "time\n" });
  expect(cli.stdout).toBe("Echo: TIME\n");
  expect(cli.stderr).toBe(
    `distcli: 127.0.0.1:${port} does not look like the TIME server: the answer holds no time; is the port right?\n`,
  );
  expect(cli.exit).toBe(1);
});

test("--quiet leaves the number of the client out", async () => {
  const { port } = clock("JAM 01:02:03");
  const { stdout } = await runCli(time, ["time", "-p", `${port}`, "--clients", "2", "--quiet"]);
  expect(stdout).toBe("JAM 01:02:03\nJAM 01:02:03\n");
});

test("lines of a pipe are the dialogue, and from an empty one the time is asked once", async () => {
  let received = "";
  const server = fakeServer({
    data: (peer, chunk) => {
      received += Buffer.from(chunk).toString();
      if (`${Buffer.from(chunk)}` === "QUIT") peer.end();
      else peer.write(`${Buffer.from(chunk)}` === "TIME" ? "JAM 01:02:03" : "Invalid request");
    },
  });
  const args = ["time", "-p", `${server.port}`];
  const piped = await runCli(time, args, { stdin: "TIME\nhalo\ntime\nQUIT\nTIME\n" });
  expect(piped).toMatchObject({
    exit: 0,
    stdout: "JAM 01:02:03\nInvalid request\nJAM 01:02:03\n",
    stderr: "",
  });
  expect(received).toBe("TIMEHALOTIMEQUIT");
  expect(await runCli(time, args)).toMatchObject({ exit: 0, stdout: "JAM 01:02:03\n" });
  // With a host it is asked at once: a loop of a shell over hosts keeps its own input.
  const named = await runCli(time, ["time", "127.0.0.1", "-p", `${server.port}`], { stdin: "halo\n" });
  expect(named.stdout).toBe("JAM 01:02:03\n");
});
