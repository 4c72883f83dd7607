// Real packets between machines: what distcli captures and explains, held against what really happened.
import { afterAll, beforeAll, expect, onTestFinished, setDefaultTimeout } from "bun:test";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { copyBinaries } from "../support/binaries.ts";
import { startServer } from "../support/lab.ts";
import { testOnMachine, wantsMachine } from "../support/machine.ts";
import {
  createNetwork,
  delayRefusal,
  type Machine,
  type Network,
  networkRefusal,
} from "../support/machines.ts";
import { Program, run } from "../support/program.ts";
import { until } from "../support/until.ts";

const refusal = wantsMachine ? networkRefusal() : undefined;
const testNetwork = testOnMachine(refusal);
const testDelay = testOnMachine(refusal ?? (wantsMachine ? delayRefusal() : undefined));
const files = wantsMachine ? copyBinaries() : { folder: "", scratch: "", distsrv: "", distcli: "" };
const config = join(fileURLToPath(new URL("../..", import.meta.url)), "config/lab.yaml");
const server = "172.16.16.101";
const limit = 60_000;
setDefaultTimeout(limit + 10_000);

let network: Network;
let machines: readonly [Machine, Machine, Machine];

if (wantsMachine && refusal === undefined) {
  beforeAll(async () => {
    network = createNetwork([server, "172.16.16.102", "172.16.16.103"]);
    machines = network.machines as readonly [Machine, Machine, Machine];
    const program = [...machines[0].inside, files.distsrv];
    // The network's removal ends it.
    const settings = { program, cwd: files.folder, cleanEnvironment: true, cleanUp: () => {} };
    await startServer(["--config", config], settings);
  });
  afterAll(() => network?.remove());
}

const distcli = ({ inside }: Machine, ...words: string[]) =>
  run([...inside, files.distcli, ...words], { cwd: files.folder, cleanEnvironment: true }, limit);

/** A client that runs until the test ends. */
function client({ inside }: Machine, ...words: string[]): Program {
  const options = { cwd: files.folder, cleanEnvironment: true };
  const program = new Program([...inside, files.distcli, ...words], options);
  onTestFinished(() => program.kill());
  return program;
}

interface Told {
  readonly kind: string;
  readonly [name: string]: unknown;
}

/** Captures on the server's machine while the work is done. @returns what `explain` says of the file */
async function explained(name: string, work: () => Promise<void>, ...options: string[]): Promise<Told[]> {
  const path = join(files.scratch, name);
  const capture = client(machines[0], "capture", "--arp", "-w", path, ...options);
  await until(() => capture.stderr.includes("Capturing on any"));
  await work();
  capture.signal("SIGINT");
  expect((await capture.outcome()).stderr).toMatch(/\n\d+ packets, 0 lost; written to /);
  const { stdout } = await distcli(machines[0], "explain", path, "--json");
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Told);
}

interface Conversation extends Told {
  readonly service: string;
  readonly client: { readonly address: string };
  readonly tcp?: { readonly state: string; readonly handshakeMs?: number };
  readonly steps: readonly { readonly kind: string; readonly text?: string; readonly answerMs?: number }[];
}

const conversations = (told: readonly Told[], from: Machine): Conversation[] =>
  told
    .filter((each): each is Conversation => each.kind === "conversation")
    .filter((each) => each.client.address === from.address);

const textsOf = ({ steps }: Conversation): string[] => steps.flatMap(({ text }) => text ?? []);

testNetwork("all exercises from another machine are told as they were done, and nothing is odd", async () => {
  const [, student] = machines;
  const exercises: readonly (readonly string[])[] = [
    ["echo", server, "halo dunia"],
    ["time", server],
    ["upcall", server, "satu, dua"],
    ["oneway", server, "halo"],
    ["udp", server, "halo"],
    ["rest", server, "--op", "add", "-a", "2", "-b", "3"],
    ["soap", server, "add", "10", "5"],
    ["rpc", server, "add", "10", "2"],
    ["zmq", "req", `tcp://${server}:5555`, "Hello"],
    ["mqtt", "pub", server, "-t", "sister/temp", "-m", "28", "-q", "1"],
  ];
  const told = await explained("exercises.pcapng", async () => {
    for (const words of exercises) expect((await distcli(student, ...words)).status).toBe(0);
  });
  const found = conversations(told, student);
  const services = found.map(({ service }) => service);
  expect(services).toEqual([
    "echo",
    "time",
    "upcall",
    "oneway",
    "udp",
    "rest",
    "soap",
    "jsonrpc",
    "zmq-rep",
    "mqtt",
  ]);
  for (const { tcp, service } of found)
    expect([service, tcp?.state ?? "closed"]).toEqual([service, "closed"]);
  const said = found.map(textsOf);
  for (const [index, text] of [
    [0, '"Echo: halo dunia"'],
    [2, '"Upcall event: Processing satu"'],
    [5, "GET /add?a=2&b=3"],
    [6, "POST /  SOAP 1.1 add(a=10, b=5)"],
    [7, "POST /  JSON-RPC add [10,2], id 1"],
    [8, "message  Hello"],
    [9, 'PUBLISH sister/temp qos 1 "'],
    [9, "PUBACK id "],
  ] as const)
    expect(said[index]?.join("\n")).toContain(text);
  expect(told.filter(({ kind }) => kind === "finding")).toEqual([]);
  const host = told.find((each) => each.kind === "host" && each.address === student.address);
  expect(host?.macs).toEqual([expect.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/)]);
});

testNetwork("a port without a service is refused, a machine without a cable answers nothing", async () => {
  const [, student, absent] = machines;
  const told = await explained(
    "refused.pcapng",
    async () => {
      await distcli(student, "echo", server, "-p", "2223", "halo");
      absent.cut();
      try {
        // The server's own machine asks for the hardware address of one that is not there.
        await distcli(machines[0], "echo", absent.address, "halo", "--timeout", "2s");
      } finally {
        absent.restore();
      }
    },
    "-p",
    "2223",
  );
  const codes = told.filter(({ kind }) => kind === "finding").map(({ code }) => code);
  expect(codes).toContain("refused");
  const arp = told.filter((each) => each.kind === "network").map(({ text }) => text);
  expect(arp).toContain(`who has ${absent.address}? tell ${server}`);
});

testDelay("a slow cable is seen in the handshake and in the answer", async () => {
  const [, student] = machines;
  student.delay("40ms");
  onTestFinished(() => student.heal());
  const told = await explained("slow.pcapng", async () => {
    await distcli(student, "echo", server, "halo");
  });
  const [echo] = conversations(told, student).filter(({ service }) => service === "echo");
  // On the server's side: its SYN-ACK goes there and the ACK comes back.
  expect(echo?.tcp?.handshakeMs).toBeGreaterThanOrEqual(80);
  expect(echo?.tcp?.state).toBe("closed");
});
