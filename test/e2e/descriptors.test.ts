import { expect } from "bun:test";
import { copyBinaries, haveBinaries, testBinaries } from "../support/binaries.ts";
import { freePort } from "../support/free-port.ts";
import { HiddenLab } from "../support/hidden-lab.ts";
import { run } from "../support/program.ts";
import { RawClient } from "../support/raw-client.ts";
import { until } from "../support/until.ts";

const files = haveBinaries ? copyBinaries() : { folder: "", scratch: "", distsrv: "", distcli: "" };
const few = "ulimit -n 64; exec $LAB";

/** The port of a service, from the admin service. */
async function portOf(lab: HiddenLab, service: string): Promise<number> {
  const { addresses } = (await (await lab.ask(`/api/services/${service}`)).json()) as { addresses: string[] };
  return Number(addresses[0]?.split(":").at(-1));
}

/** Clients that stay connected, as far as they are let in. */
async function crowd(port: number, size: number): Promise<RawClient[]> {
  return await Promise.all(
    Array.from({ length: size }, async () => {
      const client = await RawClient.connect(port).catch(() => undefined);
      return client === undefined ? [] : [client];
    }),
  ).then((all) => all.flat());
}

async function asks(port: number, request: string, reply: string): Promise<void> {
  const client = await RawClient.connect(port);
  client.write(request);
  expect(await client.text(reply.length)).toBe(reply);
  client.end();
}

testBinaries(
  "with 64 descriptors, 400 clients of one service leave the others and the admin alone",
  async () => {
    const lab = await HiddenLab.start(files, few);
    await lab.program.prints("this process may have 64 file descriptors: new connections are closed");
    const time = await portOf(lab, "time");
    const clients = await crowd(lab.echo, 400);
    // Some are closed before they know that they were connected.
    let closed = 400 - clients.length;
    for (const client of clients) void client.closed.then(() => closed++);
    await until(async () => (await lab.problems()).length > 0);
    const problem = /^distsrv: \d+ or more of 64 file descriptors are open: new connections are closed/;
    expect(await lab.problems()).toEqual([expect.stringMatching(problem)]);
    const refused = 'distsrv_connections_refused_total{service="echo",role="echo"}';
    await until(async () => (await lab.metric(refused)) > 300);
    expect(await lab.metric("process_max_fds")).toBe(64);
    expect(await lab.metric("process_open_fds")).toBeLessThan(64);
    const client = await RawClient.connect(time);
    client.write("TIME");
    expect((await client.text(12)).slice(0, 4)).toBe("JAM ");
    client.end();
    await until(() => closed > 300);
    for (const one of clients) one.reset();
    await until(async () => (await lab.problems()).length === 0);
    await asks(lab.echo, "halo", "Echo: halo");
    const warnings = lab.program.stdout.match(/"service":"echo","message":"Closed a connection/g);
    expect(warnings).toHaveLength(1);
    expect(await lab.stop()).toBe(0);
    expect(lab.program.stderr).toBe("");
  },
);

testBinaries("with too few descriptors to start it says so and ends, rather than abort", async () => {
  // A thread cannot be started with the one number, a socket not be opened with the other.
  for (const limit of [14, 20]) {
    const command = `ulimit -n ${limit}; exec ${files.distsrv} --set admin=false --port-offset 3000`;
    const { status, stderr } = await run(["sh", "-c", command], { cleanEnvironment: true });
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`of the ${limit} file descriptors are open`),
    });
  }
});

testBinaries(
  "with 64 descriptors, 400 clients of an HTTP service leave the others and the admin alone",
  async () => {
    const port = freePort();
    const lab = await HiddenLab.start(files, few, { services: `rest: { port: ${port} }` });
    const clients = await crowd(port, 400);
    const refused = 'distsrv_connections_refused_total{service="rest",role="rest"}';
    await until(async () => (await lab.metric(refused).catch(() => 0)) > 0);
    for (const client of clients) client.reset();
    await asks(lab.echo, "halo", "Echo: halo");
    const answer = () => fetch(`http://127.0.0.1:${port}/add?a=1&b=2`).catch(() => undefined);
    await until(async () => (await answer())?.status === 200);
    expect(await lab.stop()).toBe(0);
    expect(lab.program.stdout.match(/"service":"rest","message":"Closed a connection/g)).toHaveLength(1);
  },
);

testBinaries(
  "with 64 descriptors, 400 clients of the admin service cost nobody but the admin's clients",
  async () => {
    const lab = await HiddenLab.start(files, few);
    const clients = await crowd(lab.admin, 400);
    await lab.program.prints('"service":"distsrv","message":"Closed a connection from 127.0.0.1:');
    await asks(lab.echo, "halo", "Echo: halo");
    for (const client of clients) client.reset();
    await until(async () => (await lab.ask("/healthz").catch(() => undefined))?.ok === true);
    expect(await lab.stop()).toBe(0);
  },
);

testBinaries(
  "with 80 descriptors, 400 clients of ZeroMQ leave the others alone, and the log short",
  async () => {
    const port = freePort();
    const lab = await HiddenLab.start(files, "ulimit -n 80; exec $LAB", {
      services: `zmq-rep: { port: ${port} }`,
    });
    const clients = await crowd(port, 400);
    const refused = 'distsrv_connections_refused_total{service="zmq-rep",role="zmq-rep"}';
    await until(async () => (await lab.metric(refused)) > 0);
    await asks(lab.echo, "halo", "Echo: halo");
    for (const client of clients) client.reset();
    await until(async () => (await lab.problems()).length === 0);
    expect(await lab.stop()).toBe(0);
    expect(lab.program.stdout.match(/Cannot accept a connection/g)?.length ?? 0).toBeLessThan(2);
  },
);
