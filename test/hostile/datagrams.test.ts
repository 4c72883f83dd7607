import { expect, onTestFinished, test } from "bun:test";
import { createSocket } from "node:dgram";
import { AttackMonitor, testDescriptorsAreBack } from "../support/attack-monitor.ts";
import { expectHealthy, wholeLab } from "../support/health.ts";
import { startLab } from "../support/lab.ts";
import { Random } from "../support/random.ts";
import { until } from "../support/until.ts";

const lab = await startLab(wholeLab);
test("every service is healthy before the attacks", () => expectHealthy(lab));

/** A socket whose `send` resolves when the datagram has left. */
async function sender({ host = "127.0.0.1", port = 0 } = {}) {
  const socket = createSocket("udp4");
  onTestFinished(() => socket.close());
  let received = 0;
  socket.on("message", () => received++);
  await new Promise<void>((resolve) => socket.bind(port, host, () => resolve()));
  const send = (bytes: Uint8Array, port: number) =>
    new Promise<void>((resolve) => socket.send(bytes, port, "127.0.0.1", () => resolve()));
  return { send, received: () => received };
}

test("a flood of datagrams of every size is answered as far as buffers allow, and others are served", async () => {
  const monitor = new AttackMonitor(lab, "udp");
  const random = new Random(12_345);
  const { send, received } = await sender();
  const largest = random.bytes(65_507);
  for (let wave = 0; wave < 100; wave++) {
    const sizes = Array.from({ length: 100 }, () => random.below(random.below(10) === 0 ? 65_507 : 100));
    await Promise.all(sizes.map((size) => send(largest.subarray(0, size), lab.port("udp"))));
  }
  await monitor.expectSurvived();
  await until(() => received() > 0);
});

test("replies that are sent back as requests do not cause an endless loop", async () => {
  const monitor = new AttackMonitor(lab, "udp");
  const { send, received } = await sender();
  // Each answer is sent back as a request; the text grows by the greeting each time up to the maximum size.
  let text = Buffer.from("x");
  for (let round = 0; round < 2000; round++) {
    text = Buffer.concat([Buffer.from("Hello, ('127.0.0.1', 1). You said: "), text]).subarray(0, 65_507);
    await send(text, lab.port("udp"));
  }
  await until(() => received() > 0);
  await monitor.expectSurvived();
});

test("datagrams whose source is the service's own port get no answer: one would be a request again", async () => {
  const monitor = new AttackMonitor(lab, "udp");
  const port = lab.port("udp");
  // The same port at another address of the loopback network.
  const { send, received } = await sender({ host: "127.0.0.2", port });
  const before = lab.complaints().length;
  for (let count = 0; count < 500; count++) await send(Buffer.from("halo"), port);
  await until(() => lab.complaints().length > before);
  const told = `Did not answer a datagram from 127.0.0.2:${port}: port ${port} is a UDP service's own (1 not answered so far)`;
  expect(lab.complaints().slice(before)).toEqual([`warning udp: ${told}`]);
  await monitor.expectSurvived(/is a UDP service's own/);
  expect(received()).toBe(0);
});

test("datagrams to the ports of TCP services get no answer", async () => {
  const monitor = new AttackMonitor(lab, ...lab.services);
  const { send, received } = await sender();
  for (const service of lab.services) {
    if (service !== "udp" && lab.port(service) !== lab.port("udp"))
      await send(Buffer.from("TIME\r\n"), lab.port(service));
  }
  await monitor.expectSurvived();
  expect(received()).toBe(0);
});

test("senders that close their socket before the answer do not affect others", async () => {
  const monitor = new AttackMonitor(lab, "udp");
  for (let sender = 0; sender < 500; sender++) {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.send("halo", lab.port("udp"), "127.0.0.1", () => resolve()));
    socket.close();
  }
  await monitor.expectSurvived();
});

testDescriptorsAreBack(lab);
