import { expect, onTestFinished, test } from "bun:test";
import { mqtt } from "../../../src/cli/commands/mqtt.ts";
import { mqtt as broker } from "../../../src/roles/mqtt/index.ts";
import { freePort } from "../../support/free-port.ts";
import { startRole } from "../../support/start-role.ts";
import { until } from "../../support/until.ts";
import { fakeServer } from "../support/fake-server.ts";
import { runCli, SlowReader, startCli } from "../support/run-cli.ts";

/** A subscriber that has subscribed. */
async function subscriber(port: number, ...args: string[]) {
  const cli = startCli(mqtt, ["mqtt", "sub", "-p", `${port}`, ...args]);
  await until(() => cli.stderr.includes("Subscribed to"));
  return cli;
}

const pub = (port: number, args: readonly string[], stdin?: string) =>
  runCli(mqtt, ["mqtt", "pub", "-p", `${port}`, ...args], { stdin });

test("what pub publishes sub prints, both as the original demos did", async () => {
  const { port } = await startRole(broker);
  const sub = await subscriber(port, "-t", "sister/temp", "-C", "2");
  const { exit, stdout } = await pub(port, ["-t", "sister/temp", "-m", "Suhu: 28°C", "--repeat", "2"]);
  expect({ exit, stdout }).toEqual({ exit: 0, stdout: "Published: Suhu: 28°C\nPublished: Suhu: 28°C\n" });
  expect(await sub.exit).toBe(0);
  expect(sub.stdout).toBe("Received message: Suhu: 28°C (Topic: sister/temp)\n".repeat(2));
});

test("bytes that are not UTF-8 come out of sub as they went into pub", async () => {
  const { port } = await startRole(broker);
  const sub = await subscriber(port, "-t", "a", "-C", "3", "-v");
  const stdin = Buffer.from("hal\xe9\n\x00\xff", "latin1");
  for (const source of ["-l", "-s"])
    await runCli(mqtt, ["mqtt", "pub", "-p", `${port}`, "-t", "a", source], { stdin });
  expect(await sub.exit).toBe(0);
  expect(sub.stdoutBytes.toString("latin1")).toBe("a hal\xe9\na \x00\xff\na hal\xe9\n\x00\xff\n");
});

test("sub acknowledges no message while the pipe it prints to is full", async () => {
  const { port } = await startRole(broker);
  const reader = new SlowReader();
  const args = ["mqtt", "sub", "-p", `${port}`, "-t", "t", "-q", "1", "-C", "3", "-v"];
  const sub = startCli(mqtt, args, { reader });
  await until(() => sub.stderr.includes("Subscribed to"));
  const other = await subscriber(port, "-t", "t", "-q", "1", "-C", "3", "-v");
  await pub(port, ["-t", "t", "-l", "-q", "1"], "satu\ndua\ntiga");
  expect(await other.exit).toBe(0);
  await until(() => sub.stdout !== "");
  expect(sub.stdout).toBe("t satu\n");
  await until(() => {
    reader.take();
    return sub.stdout === "t satu\nt dua\nt tiga\n";
  });
  reader.take();
  expect(await sub.exit).toBe(0);
});

test("sub takes several topics, -h for the host, and prints as mosquitto_sub does with -v and --quiet", async () => {
  const { port } = await startRole(broker);
  const verbose = await subscriber(port, "-h", "127.0.0.1", "-t", "a/+", "-t", "b/#", "-C", "2", "-v");
  const bare = await subscriber(port, "-t", "a/x", "-C", "1");
  await pub(port, ["-t", "a/x", "-m", "satu"]);
  await pub(port, ["-t", "b", "-m", "dua"]);
  expect(await verbose.exit).toBe(0);
  expect(verbose.stdout).toBe("a/x satu\nb dua\n");
  expect(await bare.exit).toBe(0);
});

test.each(["31", "mqttv311", "5"])(
  "pub and sub speak version %s at every quality of service",
  async (version) => {
    const { port } = await startRole(broker);
    for (const qos of ["0", "1", "2"]) {
      const sub = await subscriber(port, "-t", "t", "-C", "1", "-q", qos, "-V", version, "-i", `sub${qos}`);
      const { exit } = await pub(port, ["-t", "t", "-m", `qos ${qos}`, "-q", qos, "-V", version]);
      expect(exit).toBe(0);
      expect(await sub.exit).toBe(0);
      expect(sub.stdout).toBe(`Received message: qos ${qos} (Topic: t)\n`);
    }
  },
);

test("-r keeps the message for later subscribers, -n with -r removes it, -R leaves it out", async () => {
  const { port } = await startRole(broker);
  await pub(port, ["-t", "r", "-m", "kept", "-r", "-q", "1"]);
  const first = await runCli(mqtt, ["mqtt", "sub", "-p", `${port}`, "-t", "r", "-C", "1", "--json"]);
  expect(JSON.parse(first.stdout)).toEqual({ topic: "r", message: "kept", qos: 0, retain: true });
  const without = await runCli(mqtt, ["mqtt", "sub", "-p", `${port}`, "-t", "r", "-R", "-W", "50ms"]);
  expect(without).toMatchObject({ exit: 124, stdout: "" });
  await pub(port, ["-t", "r", "-n", "-r", "-q", "1"]);
  const after = await runCli(mqtt, ["mqtt", "sub", "-p", `${port}`, "-t", "r", "-W", "50ms"]);
  expect(after).toMatchObject({ exit: 124, stdout: "" });
});

test("-l publishes each line of a pipe in order, -s the whole of it, -f a file", async () => {
  const { port } = await startRole(broker);
  const sub = await subscriber(port, "-t", "t", "-C", "5", "--log", "/dev/null");
  await pub(port, ["-t", "t", "-l"], "satu\ndua\ntiga");
  await pub(port, ["-t", "t", "-s"], "satu\ndua");
  const file = `${process.env.TMPDIR ?? "/tmp"}/distcli-mqtt-${crypto.randomUUID()}`;
  await Bun.write(file, "dari berkas");
  onTestFinished(() => Bun.file(file).delete());
  await pub(port, ["-t", "t", "-f", file]);
  expect(await sub.exit).toBe(0);
  const payloads = ["satu", "dua", "tiga", "satu\ndua", "dari berkas"];
  expect(sub.stdout).toBe(payloads.map((payload) => `Received message: ${payload} (Topic: t)\n`).join(""));
});

test("bytes that are no text are whole in --json", async () => {
  const { port } = await startRole(broker);
  const file = `${process.env.TMPDIR ?? "/tmp"}/distcli-mqtt-${crypto.randomUUID()}`;
  await Bun.write(file, Uint8Array.of(0xff, 0x00));
  onTestFinished(() => Bun.file(file).delete());
  const { stdout } = await pub(port, ["-t", "t", "-f", file, "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ topic: "t", base64: "/wA=" });
});

test("sub connects again when the broker comes back, and hears what is published then", async () => {
  const port = freePort();
  const first = await startRole(broker, { port });
  const sub = await subscriber(port, "-t", "t", "-C", "1");
  await first.service.stop(AbortSignal.timeout(100));
  await until(() => sub.stderr.includes("Lost the connection"));
  await startRole(broker, { port });
  await until(() => sub.stderr.includes(`Connected to 127.0.0.1:${port} again`));
  // The subscription is made again after the connection: publish until it hears.
  await until(async () => {
    await pub(port, ["-t", "t", "-m", "kembali"]);
    return sub.stdout !== "";
  });
  expect(await sub.exit).toBe(0);
  expect(sub.stdout).toBe("Received message: kembali (Topic: t)\n");
}, 15_000);

test("pub loses its broker: status 1", async () => {
  const port = freePort();
  const { service } = await startRole(broker, { port });
  const cli = startCli(mqtt, ["mqtt", "pub", "-p", `${port}`, "-t", "t", "-m", "x", "--every", "5ms"]);
  await until(() => cli.stdout !== "");
  await service.stop(AbortSignal.timeout(100));
  expect(await cli.exit).toBe(1);
  expect(cli.stderr).toContain(`The MQTT broker 127.0.0.1:${port} closed the connection`);
});

test("Ctrl-C ends sub with 0, before the messages of -C with 130, and silence with --timeout ends it with 124", async () => {
  const { port } = await startRole(broker);
  const sub = await subscriber(port, "-t", "t");
  sub.interrupt();
  expect(await sub.exit).toBe(0);
  const counting = await subscriber(port, "-t", "t", "-C", "2");
  counting.interrupt();
  expect(await counting.exit).toBe(130);
  const silent = await subscriber(port, "-t", "t", "--timeout", "1s");
  expect(await silent.exit).toBe(124);
});

test("a broker that is not there is a refusal with advice, as for every command", async () => {
  const port = freePort();
  const { exit, stderr } = await pub(port, ["-t", "t", "-m", "x"]);
  expect(stderr).toContain(`Cannot connect to 127.0.0.1:${port}: connection refused`);
  expect(exit).toBe(1);
});

test("a server that speaks another protocol is distinguished from a refusal", async () => {
  const { port } = fakeServer({ data: (peer) => void peer.write("HTTP/1.1 400 Bad Request\r\n\r\n") });
  const { exit, stderr } = await pub(port, ["-t", "t", "-m", "x"]);
  expect(stderr).toContain("does not speak MQTT as it should");
  expect(exit).toBe(1);
});

test("a broker that refuses the client is quoted", async () => {
  // CONNACK, return code 5: not authorized.
  const { port } = fakeServer({ data: (peer) => void peer.write(Uint8Array.of(0x20, 2, 0, 5)) });
  const { exit, stderr } = await pub(port, ["-t", "t", "-m", "x", "-u", "sister", "-P", "salah"]);
  expect(stderr).toContain(`The MQTT broker 127.0.0.1:${port} refused: Not authorized`);
  expect(exit).toBe(1);
});

test.each([
  [["pub", "-t", "t"], "exactly one of -m MESSAGE, -f FILE, -l, -s and -n"],
  [["pub", "-t", "t", "-m", "x", "-n"], "exactly one of"],
  [["pub", "-t", "a/#", "-m", "x"], "has no + or #"],
  [["pub", "-m", "x"], "required option '-t, --topic <topic>' not specified"],
  [["sub", "-t", "a/#/b"], "# for all at the end"],
  [["sub", "-t", "a", "-q", "3"], "The quality of service is 0, 1 or 2"],
  [["sub", "-t", "a", "-V", "4"], "The versions of MQTT are 31, 311 and 5"],
  [["sub", "-t", "a", "-c"], "give --id as well"],
  [
    ["pub", "-t", "a", "-m", "x", "--will-payload", "gone"],
    "--will-payload says something about a will without a topic",
  ],
  [
    ["pub", "-t", "a", "-m", "x", "-D", "will", "content-type", "a"],
    "--property will says something about a will",
  ],
  [["pub", "-t", "a", "-m", "x", "--will-topic", "a/#"], "has no + or #"],
  [["pub", "-t", "a", "-m", "x", "-D", "publish", "content-type"], "Its value is missing"],
  [["pub", "-t", "a", "-m", "x", "-D", "publish", "user-property", "a"], "a name and a value"],
  [["pub", "-t", "a", "-m", "x", "-D", "publish", "topic-alias", "0"], 'from 1 to 65535, and is "0"'],
  [["pub", "-t", "a", "-m", "x", "-D", "publish", "receive-maximum", "1"], 'and not "receive-maximum"'],
  [["pub", "-t", "a", "-m", "x", "-D", "publish", "toString", "1"], 'and not "toString"'],
  [
    ["pub", "-t", "a", "-m", "x", "-D", "subscribe", "user-property", "a", "b"],
    'connect, publish, disconnect, will, and not to "subscribe"',
  ],
  [
    ["pub", "-t", "a", "-m", "x", "-V", "311", "-D", "publish", "content-type", "a"],
    "Properties are of MQTT 5",
  ],
  [
    ["pub", "-t", "a", "-m", "x", "-D", "publish", "content-type", "a", "-D", "publish", "content-type", "b"],
    "content-type only once",
  ],
  [["rr", "-t", "a"], "exactly one of -m MESSAGE, -f FILE, -s and -n"],
  [["pub", "-t", "a", "-f", "/nowhere/at/all"], "Cannot publish --file /nowhere/at/all"],
])("mqtt %j is a mistake of the command line", async (args, complaint) => {
  const { exit, stderr } = await runCli(mqtt, ["mqtt", ...args]);
  expect(stderr).toContain(complaint);
  expect(exit).toBe(2);
});

test("sub ends when its log takes no more, and names it", async () => {
  const { port } = await startRole(broker);
  const sub = await subscriber(port, "-t", "a", "--log", "/dev/full");
  await pub(port, ["-t", "a", "-m", "satu"]);
  expect(await sub.exit).toBe(1);
  expect(sub.stderr).toContain("\ndistcli: Cannot append to --log /dev/full: ENOSPC");
});

test("sub says which topics the broker refuses, and goes on with the others", async () => {
  const access = [{ publish: "#", subscribe: "kelas/#" }];
  const { port } = await startRole(broker, { access }, { expectLog: ["warning"] });
  const sub = await subscriber(port, "-t", "nilai", "-t", "kelas/a", "-V", "5", "-C", "1");
  expect(sub.stderr).toContain("The broker refused nilai: not authorized\n");
  await pub(port, ["-t", "kelas/a", "-m", "x"]);
  expect(await sub.exit).toBe(0);
  const refused = await runCli(mqtt, ["mqtt", "sub", "-p", `${port}`, "-t", "nilai"]);
  expect(refused.exit).toBe(1);
  expect(refused.stderr).toContain("refused to subscribe to nilai (it does not say why; with -V 5 it can)");
});
