import { expect, onTestFinished, test } from "bun:test";
import { golden } from "../support/golden.ts";
import { startLab } from "../support/lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { output, Program } from "../support/program.ts";
import { clientProgram, pythonClient } from "../support/python.ts";

const lab = await startLab(`
services:
  zmq-rep: { port: 0 }
  zmq-pub: { port: 0, every: 100ms }
  topics:
    role: zmq-pub
    port: 0
    publish:
      - { message: "SUHU {random 20..35}", every: 50ms }
      - { message: "WAKTU {time}", every: 50ms }
  zmq-push: { port: 0, every: 20ms }
  numbered: { role: zmq-push, port: 0, every: 0s, encoding: text, message: "{count}" }
`);
const host = "127.0.0.1";
const testPyzmq = testWith(needs.pyzmq);
const asctime =
  /WAKTU (Mon|Tue|Wed|Thu|Fri|Sat|Sun) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d \d{4}/;
const lines = (printed: string) => printed.trimEnd().split("\n");

testPyzmq("a REQ client prints what it printed with the original server", async () => {
  const [original] = golden("zmq_reqrep").clients;
  expect(await output(pythonClient("zmq_req", host, lab.port("zmq-rep"), 1))).toBe(original?.stdout ?? "");
});

testPyzmq("a REQ client is answered a hundred times in a row", async () => {
  const printed = await output(pythonClient("zmq_req", host, lab.port("zmq-rep"), 100));
  expect(printed.match(/Received reply \d+: b'World'/g)?.length).toBe(100);
});

testPyzmq("five hundred simultaneous REQ clients are all answered", async () => {
  expect(await output(pythonClient("zmq_many", host, lab.port("zmq-rep"), 500))).toBe("500 replies\n");
});

testPyzmq("a SUB client prints the time as the original server published it", async () => {
  const [original] = golden("zmq_sub_two").clients;
  const printed = lines(await output(pythonClient("zmq_sub", host, lab.port("zmq-pub"), "WAKTU", 3)));
  expect(printed.length).toBe(3);
  for (const line of [...printed, ...lines(original?.stdout ?? "")]) {
    expect(line.replace(asctime, "<time>")).toBe("Received: <time>");
  }
});

testPyzmq("SUB clients receive the messages with their prefix, and no others", async () => {
  const port = lab.port("topics");
  const [time, temperature, all] = await Promise.all(
    ["WAKTU", "SUHU", ""].map((prefix) => output(pythonClient("zmq_sub", host, port, prefix, 6))),
  );
  for (const line of lines(time ?? "")) expect(line).toMatch(asctime);
  for (const line of lines(temperature ?? "")) expect(line).toMatch(/^Received: SUHU (2\d|3[0-5])$/);
  expect(all).toContain("SUHU");
  expect(all).toContain("WAKTU");
});

testPyzmq("a PULL worker unpickles workloads from 1 to 100", async () => {
  const [original] = golden("zmq_pushpull").clients;
  const printed = lines(await output(pythonClient("zmq_pull", host, lab.port("zmq-push"), 1, 20)));
  expect(printed.length).toBe(20);
  for (const line of [...printed, ...lines(original?.stdout ?? "")]) {
    const workload = Number(/^Worker 1 received work: (\d+)$/.exec(line)?.[1]);
    expect(workload).toBeGreaterThanOrEqual(1);
    expect(workload).toBeLessThanOrEqual(100);
  }
});

testPyzmq("workloads wait for the first worker, and none is lost", async () => {
  const endpoint = `tcp://${host}:${lab.port("numbered")}`;
  const printed = lines(await output(pythonClient("zmq_pull_text", 50, endpoint)));
  expect(printed).toEqual(Array.from({ length: 50 }, (_, i) => String(i + 1)));
});

testPyzmq("two workers share the workloads, each sent to one of them only", async () => {
  const endpoint = `tcp://${host}:${lab.port("numbered")}`;
  const workers = [1, 2].map(() => new Program(pythonClient("zmq_pull_text", 2000, endpoint)));
  onTestFinished(() => Promise.all(workers.map((worker) => worker.kill())).then(() => {}));
  const [one = [], two = []] = await Promise.all(
    workers.map(async (worker) => lines((await worker.outcome()).stdout)),
  );
  expect(new Set([...one, ...two]).size).toBe(4000);
});

testWith(needs.node)("the zeromq package on Node requests, subscribes and pulls", async () => {
  const ports = ["zmq-rep", "zmq-pub", "zmq-push"].map((service) => String(lab.port(service)));
  const [reply, time, work] = lines(await output(["node", clientProgram("zmq_node.mjs"), ...ports]));
  expect(reply).toBe("reply: World");
  expect(time).toMatch(asctime);
  expect(work).toMatch(/^work: 80044b[0-6][0-9a-f]2e$/);
});

test("the server logged no warning or error", () => {
  expect(lab.complaints()).toEqual([]);
});
