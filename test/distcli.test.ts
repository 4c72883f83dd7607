import { expect, test } from "bun:test";
import { echoing, fakeServer } from "./cli/support/fake-server.ts";
import { distcli } from "./support/own-programs.ts";
import { until } from "./support/until.ts";

/** distcli on a pseudo terminal. */
function onTerminal(...args: readonly string[]) {
  let screen = "";
  const terminal = new Bun.Terminal({
    cols: 100,
    rows: 24,
    data: (_terminal, data) => {
      screen += Buffer.from(data).toString();
    },
  });
  const program = Bun.spawn([...distcli, ...args], { terminal });
  return {
    /** Without the codes that move the cursor. */
    shows: (text: string) => until(() => screen.replace(/\x1b\[\d*[A-Z]/g, "").includes(text)),
    types: (text: string) => void terminal.write(text),
    exited: program.exited,
  };
}

const start = (...args: readonly string[]) =>
  Bun.spawn([...distcli, ...args], { stdout: "pipe", stderr: "pipe", stdin: "ignore" });

test("interactive input on a real terminal: prompts, editing, replies, bye", async () => {
  const { port } = fakeServer(echoing("Echo: "));
  const cli = onTerminal("echo", "127.0.0.1", "-p", `${port}`);
  await cli.shows("Enter message: ");
  cli.types("halp\x7fo\r");
  await cli.shows("Received from server: Echo: halo");
  await cli.shows("Enter another message: ");
  cli.types("bye\r");
  expect(await cli.exited).toBe(0);
});

test("Ctrl-C at a prompt is status 130, and Ctrl-D leaves", async () => {
  const { port } = fakeServer(echoing(""));
  for (const [key, status] of [
    ["\x03", 130],
    ["\x04", 0],
  ] as const) {
    const cli = onTerminal("upcall", "127.0.0.1", "-p", `${port}`);
    await cli.shows("Enter message: ");
    cli.types(key);
    expect(await cli.exited).toBe(status);
  }
});

test("SIGINT while waiting for an answer is status 130", async () => {
  const server = fakeServer({});
  const program = start("echo", "127.0.0.1", "halo", "-p", `${server.port}`);
  await until(() => server.connections === 1);
  program.kill("SIGINT");
  expect(await program.exited).toBe(130);
  expect(await program.stdout.text()).toBe("");
});

test("all mistakes of a configuration are printed, and the status is 2", async () => {
  const file = `${process.env.TMPDIR ?? "/tmp"}/distcli-${crypto.randomUUID()}.yaml`;
  await Bun.write(file, "services:\n  tme:\n  echo: { port: abc }\n");
  try {
    const program = start("doctor", "--config", file);
    expect(await program.exited).toBe(2);
    const errors = await program.stderr.text();
    expect(errors).toContain('Did you mean "time"?');
    expect(errors).toContain("services.echo.port");
  } finally {
    await Bun.file(file).delete();
  }
});

test("doctor reads the services and ports of a configuration", async () => {
  const { port } = fakeServer(echoing("Echo: "));
  const file = `${process.env.TMPDIR ?? "/tmp"}/distcli-${crypto.randomUUID()}.yaml`;
  await Bun.write(file, `services:\n  gema: { role: echo, port: ${port} }\n`);
  try {
    const program = start("doctor", "--config", file, "--json");
    expect(JSON.parse(await program.stdout.text())).toMatchObject({
      service: "gema",
      role: "echo",
      port,
      state: "ok",
    });
    expect(await program.exited).toBe(0);
  } finally {
    await Bun.file(file).delete();
  }
});

test("doctor speaks TLS with the services of a configuration that do, and skips those of WebSocket", async () => {
  const { port } = fakeServer({ data: (peer) => void peer.end("no TLS here") });
  const file = `${process.env.TMPDIR ?? "/tmp"}/distcli-${crypto.randomUUID()}.yaml`;
  const services =
    `{ echo: { port: ${port}, tls: { cert: a, key: b } }, ` +
    "mqtt: { transport: ws, users: [{ name: a, password: '${file:/nowhere}' }] } }";
  await Bun.write(file, `services: ${services}\n`);
  try {
    const program = start("doctor", "--config", file, "--json");
    const lines = (await program.stdout.text()).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { service: "echo", state: "failed", why: expect.stringContaining("TLS") },
      { service: "mqtt", state: "skipped", why: "no check over ws" },
    ]);
  } finally {
    await Bun.file(file).delete();
  }
});

test("SIGINT while reading from a pipe is status 130", async () => {
  const { port } = fakeServer(echoing("Echo: "));
  const words = ["echo", "127.0.0.1", "-p", `${port}`];
  const program = Bun.spawn([...distcli, ...words], { stdin: "pipe", stdout: "pipe" });
  program.stdin.write("halo\n");
  program.stdin.flush();
  const reader = program.stdout.getReader();
  await reader.read(); // the answer: now it waits for the next line
  program.kill("SIGINT");
  expect(await program.exited).toBe(130);
});

test("output that cannot be written is reported, with status 1", async () => {
  const { port } = fakeServer(echoing("Echo: "));
  const words = ["echo", "127.0.0.1", "halo", "-p", `${port}`];
  const full = Bun.spawn([...distcli, ...words], {
    stdout: Bun.file("/dev/full"),
    stderr: "pipe",
  });
  expect(await full.stderr.text()).toStartWith("distcli: Cannot write to the standard output: ENOSPC");
  expect(await full.exited).toBe(1);
});

test("a large output is written whole before the process ends", async () => {
  const { port } = fakeServer(echoing(""));
  const command = `yes halo | head -c 1000000 | tr '\\n' ' ' | "$0" "$@" | wc -c`;
  const words = [...distcli, "echo", "-p", `${port}`, "--quiet"];
  const program = Bun.spawn(["sh", "-c", command, ...words], { stdout: "pipe", stderr: "pipe" });
  expect(await program.stderr.text()).toBe("");
  expect(Number(await program.stdout.text())).toBe("Received from server: ".length + 1_000_001);
});
