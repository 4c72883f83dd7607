import { expect, onTestFinished } from "bun:test";
import { copyBinaries, haveBinaries, testBinaries } from "../support/binaries.ts";
import { type Lab, startLab } from "../support/lab.ts";
import { RawClient } from "../support/raw-client.ts";
import { until } from "../support/until.ts";

const files = haveBinaries ? copyBinaries() : { folder: "", scratch: "", distsrv: "", distcli: "" };

const start = (yaml: string, ...args: string[]) =>
  startLab(yaml, {
    program: [files.distsrv],
    args,
    cwd: files.folder,
    cleanEnvironment: true,
    cleanUp: onTestFinished,
  });

/** A counter of a service from the log, which SIGUSR2 requests. */
async function counter(lab: Lab, service: string, name: string): Promise<number> {
  const count = () => lab.log.filter((line) => line.service === service && line.message === "Counters");
  const before = count().length;
  lab.program.signal("SIGUSR2");
  await until(() => count().length > before);
  return Number(count().at(-1)?.[name]);
}

testBinaries("a client in the middle of a transfer gets everything before the server stops", async () => {
  const lab = await start(`
services:
  file-echo: { role: echo, port: 0, reply: "{message}", buffer: 8MiB }
`);
  const client = await RawClient.connect(lab.port("file-echo"));
  client.pause();
  const sent = Buffer.alloc(6_000_000, "0123456789abcdef");
  client.write(sent);
  await until(async () => (await counter(lab, "file-echo", "bytes_received_total")) === sent.length);
  lab.program.signal("SIGTERM");
  await lab.untilLogged("distsrv", "SIGTERM: unfinished replies have");
  client.resume();
  const received = await client.all();
  client.end();
  expect(received.length).toBe(sent.length);
  expect(received.equals(sent)).toBe(true);
  expect((await lab.program.outcome()).status).toBe(0);
  expect(lab.complaints()).toEqual([]);
});

testBinaries("a request that is partly received when the signal arrives is answered", async () => {
  const lab = await start(`
services:
  rest: { port: 0 }
  echo: { port: 0 }
`);
  const client = await RawClient.connect(lab.port("rest"));
  const body = '{"a":5,"b":9}';
  const head = `POST /add HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  client.write(`${head}\r\n\r\n${body.slice(0, 5)}`);
  await until(async () => (await counter(lab, "rest", "held_bytes")) > 0);
  lab.program.signal("SIGTERM");
  // Services stop in reverse order, so once echo has stopped, rest is the one that waits.
  await lab.untilLogged("distsrv", "SIGTERM: unfinished replies have");
  client.write(body.slice(5));
  await until(() => client.received.includes("}"));
  expect(client.received.toString()).toMatch(/^HTTP\/1\.1 200 [\s\S]*\{"result":14\}$/);
  client.end();
  expect((await lab.program.outcome()).status).toBe(0);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  testBinaries(`${signal} ends an idle lab with status 0, threads and ZeroMQ included`, async () => {
    const lab = await start(
      `
services:
  time: { port: 0, threads: 3 }
  zmq-rep: { port: 0 }
  zmq-push: { port: 0 }
  zmq-pub: { port: 0 }
  soap: { port: 0 }
  udp: { port: 0 }
  mqtt: { port: 0 }
`,
      "--grace",
      "10m",
    );
    lab.program.signal(signal);
    expect((await lab.program.outcome()).status).toBe(0);
    expect(lab.log.at(-1)?.message).toBe("Stopped");
    expect(lab.complaints()).toEqual([]);
  });
}

testBinaries("a client that never finishes is waited for no longer than --grace", async () => {
  const lab = await start(
    "services: { file-echo: { role: echo, port: 0, reply: '{message}', buffer: 8MiB } }",
    "--grace",
    "300ms",
  );
  const client = await RawClient.connect(lab.port("file-echo"));
  client.pause();
  client.write(Buffer.alloc(6_000_000));
  await until(async () => (await counter(lab, "file-echo", "bytes_received_total")) === 6_000_000);
  const signalled = performance.now();
  lab.program.signal("SIGTERM");
  expect((await lab.program.outcome()).status).toBe(0);
  expect(performance.now() - signalled).toBeGreaterThan(250);
});

testBinaries("a second signal ends at once, with status 1", async () => {
  const lab = await start(
    "services: { file-echo: { role: echo, port: 0, reply: '{message}', buffer: 8MiB } }",
    "--grace",
    "10m",
  );
  const client = await RawClient.connect(lab.port("file-echo"));
  client.pause();
  client.write(Buffer.alloc(6_000_000));
  await until(async () => (await counter(lab, "file-echo", "bytes_received_total")) === 6_000_000);
  lab.program.signal("SIGTERM");
  await lab.untilLogged("distsrv", "SIGTERM: unfinished replies have");
  expect(lab.program.isRunning).toBe(true);
  // One that comes within a tenth of a second is still the first.
  await until(() => {
    lab.program.signal("SIGTERM");
    return !lab.program.isRunning;
  });
  expect((await lab.program.outcome()).status).toBe(1);
});

testBinaries("new clients are refused while the connected ones are served to their end", async () => {
  const lab = await start(
    "services: { file-echo: { role: echo, port: 0, reply: '{message}', buffer: 8MiB } }",
  );
  const port = lab.port("file-echo");
  const client = await RawClient.connect(port);
  client.pause();
  client.write(Buffer.alloc(6_000_000));
  await until(async () => (await counter(lab, "file-echo", "bytes_received_total")) === 6_000_000);
  lab.program.signal("SIGTERM");
  await lab.untilLogged("distsrv", "SIGTERM: unfinished replies have");
  const refused = () =>
    RawClient.connect(port).then(
      () => false,
      () => true,
    );
  await until(refused);
  client.resume();
  expect((await client.all()).length).toBe(6_000_000);
  client.end();
  expect((await lab.program.outcome()).status).toBe(0);
});
