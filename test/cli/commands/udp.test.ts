import { expect, onTestFinished, test } from "bun:test";
import { udp } from "../../../src/cli/commands/udp.ts";
import { until } from "../../support/until.ts";
import { runCli, startCli } from "../support/run-cli.ts";

async function udpServer(answer: (data: Buffer, port: number) => string | undefined): Promise<number> {
  const server = await Bun.udpSocket({
    hostname: "127.0.0.1",
    socket: {
      data: (socket, data, port, address) => {
        const text = answer(data, port);
        if (text !== undefined) socket.send(text, port, address);
      },
    },
  });
  onTestFinished(() => server.close());
  return server.port;
}

test("udp sends one datagram and prints the one that comes back", async () => {
  const port = await udpServer((data, from) => `Hello, ('127.0.0.1', ${from}). You said: ${data}`);
  const { exit, stdout } = await runCli(udp, ["udp", "127.0.0.1", "halo", "dunia", "-p", `${port}`]);
  expect(stdout).toMatch(/^Received from server: Hello, \('127\.0\.0\.1', \d+\)\. You said: halo dunia\n$/);
  expect(exit).toBe(0);
});

test("udp works interactively, from one port", async () => {
  const ports = new Set<number>();
  const port = await udpServer((data, from) => {
    ports.add(from);
    return `You said: ${data}`;
  });
  const { screen } = await runCli(udp, ["udp", "-p", `${port}`], { answers: ["satu", "dua", "bye"] });
  expect(screen).toBe(
    "Enter message: Received from server: You said: satu\n" +
      "Enter another message: Received from server: You said: dua\n" +
      "Enter another message: ",
  );
  expect(ports.size).toBe(1);
});

test("lines from a pipe are sent without prompts, each as one datagram from one port, and bye leaves", async () => {
  const received: string[] = [];
  const ports = new Set<number>();
  const port = await udpServer((data, from) => {
    received.push(`${data}`);
    ports.add(from);
    return `You said: ${data}`;
  });
  const { exit, stdout, stderr } = await runCli(udp, ["udp", "-p", `${port}`], {
    stdin: "halo dunia\r\n\ndua\nBye\ntiga\n",
  });
  expect(received).toEqual(["halo dunia", "dua"]);
  expect(ports.size).toBe(1);
  expect(stdout).toBe("Received from server: You said: halo dunia\nReceived from server: You said: dua\n");
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
});

test("a lost datagram is a timeout", async () => {
  const port = await udpServer(() => undefined);
  const { exit, stderr } = await runCli(udp, ["udp", "127.0.0.1", "x", "-p", `${port}`, "--timeout", "30ms"]);
  expect(stderr).toContain(`No answer from 127.0.0.1:${port} within 30 ms`);
  expect(exit).toBe(124);
});

test("--expect none waits for no answer, and notes one that comes all the same", async () => {
  const received: string[] = [];
  const silent = await udpServer((data) => {
    received.push(`${data}`);
    return undefined;
  });
  const args = ["127.0.0.1", "tick", "--expect", "none", "--repeat", "3"];
  const { exit, stdout, stderr } = await runCli(udp, ["udp", ...args, "-p", `${silent}`]);
  await until(() => received.length === 3);
  expect(received).toEqual(["tick", "tick", "tick"]);
  expect(stdout).toBe(`Sent to 127.0.0.1:${silent}: tick\n`.repeat(3));
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
  const talkative = await udpServer((data) => `re: ${data}`);
  const cli = startCli(udp, [
    "udp",
    "127.0.0.1",
    "tick",
    "--expect",
    "none",
    "--every",
    "2ms",
    "-p",
    `${talkative}`,
  ]);
  await until(() => cli.stderr.startsWith("Received from server, unexpected: re: tick\n"));
  cli.interrupt();
  expect(await cli.exit).toBe(0);
});

test("--expect none ends when the host refuses what was sent before", async () => {
  const unused = await Bun.udpSocket({ hostname: "127.0.0.1" });
  const { port } = unused;
  unused.close();
  const args = ["udp", "127.0.0.1", "x", "--expect", "none", "--every", "2ms", "-p", `${port}`];
  const { exit, stdout, stderr } = await runCli(udp, args);
  expect(stdout).toStartWith(`Sent to 127.0.0.1:${port}: x\n`);
  expect(stderr).toContain("connection refused");
  expect(exit).toBe(1);
});

test("a port where nobody listens is a refusal, because the host says so", async () => {
  const unused = await Bun.udpSocket({ hostname: "127.0.0.1" });
  const { port } = unused;
  unused.close();
  const { exit, stderr } = await runCli(udp, ["udp", "127.0.0.1", "x", "-p", `${port}`]);
  expect(stderr).toContain("connection refused");
  expect(exit).toBe(1);
});

test("a message that no datagram holds is a mistake of the command line", async () => {
  const port = await udpServer(() => "ok");
  const { exit, stderr } = await runCli(udp, ["udp", "127.0.0.1", "x".repeat(65_508), "-p", `${port}`]);
  expect(stderr).toContain("A datagram holds 65507 bytes, and the message has 65508");
  expect(exit).toBe(2);
});
