// The lab as a course has it: three machines on one switch, with the addresses of its handout.
import { afterAll, beforeAll, expect, onTestFinished, setDefaultTimeout } from "bun:test";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { labPorts } from "../../src/core/ports.ts";
import { copyBinaries } from "../support/binaries.ts";
import { type Lab, startServer } from "../support/lab.ts";
import { testOnMachine, wantsMachine } from "../support/machine.ts";
import {
  createNetwork,
  delayRefusal,
  lossRefusal,
  type Machine,
  type Network,
  networkRefusal,
} from "../support/machines.ts";
import { type Outcome, Program, run } from "../support/program.ts";
import { until } from "../support/until.ts";

const refusal = wantsMachine ? networkRefusal() : undefined;
const testNetwork = testOnMachine(refusal);
const testLoss = testOnMachine(refusal ?? (wantsMachine ? lossRefusal() : undefined));
const testDelay = testOnMachine(refusal ?? (wantsMachine ? delayRefusal() : undefined));
const files = wantsMachine ? copyBinaries() : { folder: "", scratch: "", distsrv: "", distcli: "" };
const config = join(fileURLToPath(new URL("../..", import.meta.url)), "config/lab.yaml");
const server = "172.16.16.101";

/** A lost packet is sent again after seconds, and each time after twice as many. */
const limit = 60_000;
setDefaultTimeout(limit + 10_000);

let network: Network;
let lab: Lab;
let machines: readonly [Machine, Machine, Machine];

if (wantsMachine && refusal === undefined) {
  beforeAll(async () => {
    network = createNetwork([server, "172.16.16.102", "172.16.16.103"]);
    machines = network.machines as readonly [Machine, Machine, Machine];
    const program = [...machines[0].inside, files.distsrv];
    // Workloads that are numbered and quick, so that a lost one would be seen.
    const push = ["every=20ms", "encoding=text", "message=work {count}"];
    const options = push.flatMap((setting) => ["--set", `services.zmq-push.${setting}`]);
    // The network's removal ends it.
    const cleanUp = () => {};
    const settings = { program, cwd: files.folder, cleanEnvironment: true, cleanUp };
    lab = await startServer(["--config", config, ...options], settings);
  });
  afterAll(() => network?.remove());
}

/** A client on a machine, ended when the test ends. */
function client({ inside }: Machine, ...words: string[]): Program {
  const program = new Program([...inside, files.distcli, ...words], {
    cwd: files.folder,
    cleanEnvironment: true,
  });
  onTestFinished(() => program.kill());
  return program;
}

const distcli = ({ inside }: Machine, ...words: string[]): Promise<Outcome> =>
  run([...inside, files.distcli, ...words], { cwd: files.folder, cleanEnvironment: true }, limit);

/** Takes a machine's cable out until the work is done. */
async function whileCut(machine: Machine, work: () => Promise<void>): Promise<void> {
  machine.cut();
  try {
    await work();
  } finally {
    machine.restore();
  }
}

/** A counter of a service, from the log. */
async function counter(service: string, name: string): Promise<number> {
  const counts = () => lab.log.filter((line) => line.service === service && line.message === "Counters");
  const before = counts().length;
  lab.program.signal("SIGUSR2");
  await until(() => counts().length > before);
  return Number(counts().at(-1)?.[name]);
}

const lines = (text: string) => text.split("\n").filter((line) => line !== "");
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `number ${from + i}`);
const numbersIn = (text: string): string[] => text.match(/number \d+/g) ?? [];

/** The client says it; the server's log leaves lines out when many messages pass. */
const untilSubscribed = (sub: Program) => until(() => sub.stderr.includes("Subscribed to "));

testNetwork("the server listens on all addresses of its machine, on the ports of the handout", () => {
  expect(Object.fromEntries(lab.services.map((service) => [service, lab.port(service)]))).toEqual(labPorts);
});

testNetwork("both other machines get the time at once", async () => {
  const clients = ["--clients", "4", "--repeat", "5", "--quiet"];
  const both = await Promise.all(
    [1, 2].map((i) => distcli(machines[i] as Machine, "time", server, ...clients)),
  );
  for (const { status, stdout } of both) {
    expect(status).toBe(0);
    expect(stdout.match(/JAM \d\d:\d\d:\d\d/g)).toHaveLength(20);
  }
});

testNetwork("from each of them every service makes its round trip", async () => {
  for (const machine of machines.slice(1)) {
    const { status, stdout } = await distcli(machine, "doctor", server);
    expect({ status, stdout }).toMatchObject({ status: 0 });
    for (const service of Object.keys(labPorts))
      expect(stdout).toMatch(new RegExp(`^${service} .* ok `, "m"));
  }
});

testNetwork("a service sees the address of the machine that asks", async () => {
  for (const machine of machines.slice(1)) {
    const { stdout } = await distcli(machine, "udp", server, "halo");
    expect(stdout).toContain(`Hello, ('${machine.address}', `);
  }
});

testNetwork("an MQTT subscriber whose link is cut reconnects, and gets every QoS 1 message", async () => {
  const [, two, three] = machines;
  const session = ["-i", "mesin-2", "-c", "-k", "1", "-q", "1"];
  const sub = client(two, "mqtt", "sub", server, "-t", "cut/sub", ...session);
  await untilSubscribed(sub);
  const pub = client(three, "mqtt", "pub", server, "-t", "cut/sub", "-q", "1", "-l");
  for (const line of numbered(0, 50)) pub.say(line);
  await sub.prints("number 49 ", limit);
  await whileCut(two, async () => {
    for (const line of numbered(50, 100)) pub.say(line);
    // The broker has lost the client by now, and keeps what comes for its session.
    await lab.untilLogged("mqtt", "more than 1.5 times its keep alive");
    for (const line of numbered(100, 200)) pub.say(line);
    await until(async () => (await counter("mqtt", "queued_messages")) >= 100);
  });
  await sub.prints("number 199 ", limit);
  // What was on its way when the link was cut may come twice, as QoS 1 says.
  expect([...new Set(numbersIn(sub.stdout))]).toEqual(numbered(0, 200));
  expect(sub.stderr).toMatch(/Lost the connection to .*; trying again\nConnected to .* again\n/);
});

testNetwork(
  "an MQTT publisher whose link is cut delivers what it was given, once the link is back",
  async () => {
    const [, two, three] = machines;
    const sub = client(two, "mqtt", "sub", server, "-t", "cut/pub", "-q", "1", "-C", "100");
    await untilSubscribed(sub);
    const pub = client(three, "mqtt", "pub", server, "-t", "cut/pub", "-q", "1", "-l");
    for (const line of numbered(0, 50)) pub.say(line);
    await sub.prints("number 49 ", limit);
    await whileCut(three, async () => {
      for (const line of numbered(50, 100)) pub.say(line);
      const { stderr } = await distcli(three, "echo", server, "halo", "--timeout", "1s");
      expect(stderr).not.toBe("");
      expect(numbersIn(sub.stdout)).toEqual(numbered(0, 50));
    });
    const { status, stdout } = await sub.outcome(limit);
    expect(status).toBe(0);
    expect(numbersIn(stdout)).toEqual(numbered(0, 100));
  },
);

testNetwork("a ZeroMQ worker whose link is cut goes on where it was, and no workload is lost", async () => {
  const [, two] = machines;
  const pull = client(two, "zmq", "pull", `tcp://${server}:9999`, "--json", "--quiet");
  const works = () => lines(pull.stdout.slice(0, pull.stdout.lastIndexOf("\n") + 1)).map(numberOf);
  await until(() => works().length >= 10);
  await whileCut(two, async () => {
    const sent = await counter("zmq-push", "messages_sent_total");
    await until(async () => (await counter("zmq-push", "messages_sent_total")) >= sent + 20);
  });
  const before = works().length;
  await until(() => works().length >= before + 40, limit);
  const [first = 0] = works();
  expect(works()).toEqual(Array.from({ length: works().length }, (_, i) => first + i));
});

const numberOf = (line: string) => Number(/work (\d+)/.exec(line)?.[1]);

testNetwork("a client without a link says what it waited for, and works again with it", async () => {
  const [, , three] = machines;
  await whileCut(three, async () => {
    for (const command of ["echo", "upcall", "rest"]) {
      const words = command === "rest" ? ["--op", "add", "-a", "2", "-b", "3"] : ["halo"];
      const outcome = await distcli(three, command, server, ...words, "--timeout", "1s");
      expect(outcome.stdout).toBe("");
      expect(outcome.stderr).toContain(`${server}:`);
      // Which of the two comes first depends on how long the system has been looking for the machine already.
      if (outcome.status === 124) expect(outcome.stderr).toMatch(/No (connection|answer) .* within 1 s/);
      else expect(outcome).toMatchObject({ status: 1, stderr: expect.stringContaining("no route") });
    }
  });
  expect(await distcli(three, "echo", server, "halo")).toMatchObject({ status: 0 });
});

testNetwork(
  "a connection that falls silent is reported with its peer, and does not block the server",
  async () => {
    const [, two, three] = machines;
    const echo = client(three, "echo", server, "halo", "--every", "10ms", "--timeout", "2s");
    await echo.prints("Echo: halo", limit);
    await whileCut(three, async () => {
      const { status, stderr } = await echo.outcome(limit);
      expect(status).toBe(124);
      expect(stderr).toContain(`${server}:2222`);
      expect(await distcli(two, "echo", server, "halo")).toMatchObject({ status: 0 });
    });
  },
);

testNetwork("a machine that is not there is said to be unreachable", async () => {
  const { status, stderr } = await distcli(machines[1], "time", "172.16.16.104");
  expect(status).toBe(1);
  expect(stderr).toContain("172.16.16.104");
});

/** Every service but UDP, where a datagram that is lost is lost. */
async function everyServiceAnswers(machine: Machine): Promise<void> {
  const { stdout } = await distcli(machine, "doctor", server, "--timeout", "30s", "--json");
  const results = lines(stdout).map((line) => JSON.parse(line) as { service: string; state: string });
  expect(results).toHaveLength(Object.keys(labPorts).length);
  expect(results.filter(({ service, state }) => state !== "ok" && service !== "udp")).toEqual([]);
}

testLoss("with a tenth of the packets lost each way every service still makes its round trip", async () => {
  const [one, two] = machines;
  onTestFinished(() => [one, two].forEach(heal));
  for (const machine of [one, two]) machine.lose(0.1);
  await everyServiceAnswers(two);
});

testLoss(
  "with a tenth of the packets lost each way MQTT loses no QoS 1 message and keeps their order",
  async () => {
    const [one, two, three] = machines;
    onTestFinished(() => machines.forEach(heal));
    const sub = client(two, "mqtt", "sub", server, "-t", "lossy", "-q", "1", "-C", "200");
    await untilSubscribed(sub);
    for (const machine of [one, two, three]) machine.lose(0.1);
    const pub = client(three, "mqtt", "pub", server, "-t", "lossy", "-q", "1", "-l");
    for (const line of numbered(0, 200)) pub.say(line);
    const { status, stdout } = await sub.outcome(limit);
    expect(status).toBe(0);
    expect(numbersIn(stdout)).toEqual(numbered(0, 200));
  },
);

testLoss("with a tenth of the packets lost a ZeroMQ worker gets every workload in turn", async () => {
  const [, two] = machines;
  onTestFinished(() => two.heal());
  two.lose(0.1);
  const pull = client(two, "zmq", "pull", `tcp://${server}:9999`, "--json", "--quiet");
  const works = () => lines(pull.stdout.slice(0, pull.stdout.lastIndexOf("\n") + 1)).map(numberOf);
  await until(() => works().length >= 100, limit);
  const [first = 0] = works();
  expect(works()).toEqual(Array.from({ length: works().length }, (_, i) => first + i));
});

testDelay(
  "with packets that take 20 ms, more or less, every service still makes its round trip",
  async () => {
    const [, two] = machines;
    onTestFinished(() => two.heal());
    two.delay("20ms", "5ms");
    await everyServiceAnswers(two);
  },
);

const heal = (machine: Machine) => machine.heal();

testNetwork("after all that every service is healthy, and the server stops with status 0", async () => {
  expect(await distcli(machines[2], "doctor", server)).toMatchObject({ status: 0 });
  expect(lab.log.filter(({ level }) => level === "error")).toEqual([]);
  expect(await lab.stop()).toBe(0);
});
