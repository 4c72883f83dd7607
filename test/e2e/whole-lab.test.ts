import { expect, onTestFinished } from "bun:test";
import { copyFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { labPorts } from "../../src/core/ports.ts";
import { copyBinaries, haveBinaries, testBinaries } from "../support/binaries.ts";
import { isolatedNetwork } from "../support/isolated-network.ts";
import { type Lab, startServer } from "../support/lab.ts";
import { type Outcome, Program, run } from "../support/program.ts";

const files = haveBinaries ? copyBinaries() : { folder: "", scratch: "", distsrv: "", distcli: "" };
const network = haveBinaries ? isolatedNetwork() : [];
const inside = {
  cwd: files.folder,
  cleanEnvironment: true,
  env: { HOME: files.scratch, TMPDIR: files.scratch, TZ: "UTC" },
};

const lab: Lab | undefined = haveBinaries
  ? await startServer([], { ...inside, program: [...network, files.distsrv] })
  : undefined;

/** Runs a command as a user would, in the binary's folder. */
function distcli(...words: readonly string[]): Promise<Outcome> {
  return run([...network, files.distcli, ...words], inside);
}

async function prints(words: readonly string[], expected: RegExp): Promise<void> {
  const outcome = await distcli(...words);
  expect(outcome).toMatchObject({ status: 0 });
  expect(outcome.stdout).toMatch(expected);
}

testBinaries("without a configuration, the binary runs the whole lab on 127.0.0.1", () => {
  const ports = Object.fromEntries(lab?.services.map((service) => [service, lab.port(service)]) ?? []);
  expect(ports).toEqual(labPorts);
  const hosts = lab?.log.flatMap(({ message, host }) => (message === "Listening" ? [host] : []));
  expect(new Set(hosts)).toEqual(new Set(["127.0.0.1"]));
});

testBinaries("distcli doctor finds every service of the lab healthy", async () => {
  const outcome = await distcli("doctor", "127.0.0.1");
  expect(outcome).toMatchObject({ status: 0 });
  for (const service of Object.keys(labPorts)) expect(outcome.stdout).toContain(service);
});

const time = /^JAM \d\d:\d\d:\d\d\n$/;
const asctime = String.raw`WAKTU \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}`;

/** Each command of distcli against the lab, with its output. */
const commands: readonly (readonly [readonly string[], RegExp])[] = [
  [["time", "127.0.0.1"], time],
  [["echo", "127.0.0.1", "halo", "dunia"], /^CLIENT RECEIVED: Echo: halo dunia\n$/],
  [["upcall", "127.0.0.1", "satu, dua"], /Upcall event: Processing satu\n[\s\S]*Processing dua\n$/],
  [["oneway", "127.0.0.1", "halo"], /^/],
  [["udp", "127.0.0.1", "halo"], /Hello, \('127\.0\.0\.1', \d+\)\. You said: halo\n$/],
  [["rest", "127.0.0.1", "--op", "add", "-a", "2.0", "-b", "3.0"], /^add\(2\.0,3\.0\) = 5\.0\n$/],
  [["rest", "127.0.0.1", "--op", "all", "-a", "20", "-b", "30"], /difference_of_squares\(20,30\) = -500\n/],
  [["soap", "127.0.0.1"], /add[\s\S]*subtract/],
  [["soap", "127.0.0.1", "add", "10", "5"], /15\n$/],
  [["rpc", "127.0.0.1", "add", "10", "2"], /12\n$/],
  [["info", "127.0.0.1", "45000"], /answers/],
  [
    ["mqtt", "sub", "127.0.0.1", "-t", "sister/temp", "-C", "1"],
    /^Received message: Suhu: \d+°C \(Topic: sister\/temp\)\n$/,
  ],
  [["mqtt", "pub", "127.0.0.1", "-t", "a/b", "-m", "halo", "-q", "1"], /^/],
  [["zmq", "req", "tcp://127.0.0.1:5555", "Hello"], /World/],
  [["zmq", "pull", "tcp://127.0.0.1:9999", "-C", "1"], /work: \d+\n$/],
  [["zmq", "sub", "tcp://127.0.0.1:12345", "-C", "1"], new RegExp(`${asctime}\\n$`)],
];

for (const [words, expected] of commands) {
  testBinaries(`distcli ${words.join(" ")} works`, () => prints(words, expected));
}

testBinaries("distcli echo --file sends a file of 20 MB and finds it unchanged", async () => {
  const file = join(files.scratch, "photo.jpg");
  await Bun.write(file, Buffer.alloc(20_000_000, crypto.getRandomValues(new Uint8Array(65_536))));
  expect(await distcli("echo", "127.0.0.1", "--file", file)).toMatchObject({ status: 0 });
});

testBinaries("distcli mqtt pub reaches distcli mqtt sub", async () => {
  const sub = new Program(
    [...network, files.distcli, "mqtt", "sub", "127.0.0.1", "-t", "e2e/#", "-q", "1", "-C", "1"],
    { ...inside, input: "" },
  );
  await lab?.untilLogged("mqtt", "SUBSCRIBE e2e/#");
  await distcli("mqtt", "pub", "127.0.0.1", "-t", "e2e/x", "-m", "halo", "-q", "1");
  expect((await sub.outcome()).stdout).toBe("Received message: halo (Topic: e2e/x)\n");
});

testBinaries("the two threads of the time server share one port in the binary, too", async () => {
  const { status, stdout } = await distcli("time", "127.0.0.1", "--clients", "20", "--repeat", "5");
  expect(status).toBe(0);
  expect(stdout.match(/JAM \d\d:\d\d:\d\d/g)?.length).toBe(100);
  for (const thread of [1, 2]) await lab?.untilLogged("time", `TIME (thread ${thread})`);
});

testBinaries("the server logged no warning or error, and stops with status 0", async () => {
  expect(lab?.complaints()).toEqual([]);
  expect(await lab?.stop()).toBe(0);
});

testBinaries("a client without its server names the service of the port and how to start it", async () => {
  const { status, stderr } = await distcli("time", "127.0.0.1");
  expect(status).toBe(1);
  expect(stderr).toContain("time");
  expect(stderr).toContain("distsrv");
});

testBinaries("with config/lab.yaml the binary runs the same lab on every address", async () => {
  copyFileSync(new URL("../../config/lab.yaml", import.meta.url), join(files.scratch, "lab.yaml"));
  const config = ["--config", join(files.scratch, "lab.yaml")];
  const open = await startServer(config, {
    ...inside,
    program: [...network, files.distsrv],
    cleanUp: onTestFinished,
  });
  expect(Object.fromEntries(open.services.map((service) => [service, open.port(service)]))).toEqual(labPorts);
  const hosts = open.log.flatMap(({ message, host }) => (message === "Listening" ? [host] : []));
  expect(new Set(hosts)).toEqual(new Set(["0.0.0.0"]));
  expect(await distcli("doctor", ...config)).toMatchObject({ status: 0 });
  expect(open.complaints()).toEqual([]);
  expect(await open.stop()).toBe(0);
});

testBinaries("the binaries leave no files behind", () => {
  expect(readdirSync(files.folder).sort()).toEqual(["distcli", "distsrv"]);
});
