import { expect, onTestFinished } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../support/free-port.ts";
import { startLab } from "../support/lab.ts";
import { mosquittoBroker, needs, testWith } from "../support/needs.ts";
import { givenLines, output, Program } from "../support/program.ts";
import { until } from "../support/until.ts";

/** Mosquitto with a bridge to a broker of ours: all topics, in both directions, at QoS 1. */
function startBridge(ours: number, version: string): { readonly port: number; readonly program: Program } {
  const port = freePort();
  const directory = mkdtempSync(join(tmpdir(), "bridge-"));
  const file = join(directory, "mosquitto.conf");
  const lines = [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous true",
    "connection sister",
    `address 127.0.0.1:${ours}`,
    `bridge_protocol_version ${version}`,
    "topic # both 1",
    "notifications false",
    "restart_timeout 1",
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  const program = new Program([mosquittoBroker ?? "mosquitto", "-c", file]);
  onTestFinished(async () => {
    program.kill();
    await program.exited;
    rmSync(directory, { recursive: true });
  });
  return { port, program };
}

const client = (name: string, port: number, ...rest: string[]) => [
  name,
  "-h",
  "127.0.0.1",
  "-p",
  String(port),
  ...rest,
];

for (const version of ["mqttv31", "mqttv311", "mqttv50"]) {
  testWith(needs.mosquittoBroker)(
    `${version}: a bridge of Mosquitto carries messages both ways, none of them twice`,
    async () => {
      const lab = await startLab("log: { messages: 100000 }\nservices: { mqtt: { port: 0 } }\n");
      onTestFinished(() => lab.stop());
      const ours = lab.port("mqtt");
      const { port: theirs } = startBridge(ours, version);
      await lab.untilLogged("mqtt", "SUBSCRIBE", 1);
      const count = 50;
      const all = ["-t", "#", "-q", "1", "-v"];
      // A subscriber at each end sees both halves and the two last ones: then nothing more is on its way.
      const here = new Program(client("mosquitto_sub", ours, ...all));
      const there = new Program(client("mosquitto_sub", theirs, ...all));
      for (const program of [here, there]) onTestFinished(() => program.kill());
      await lab.untilLogged("mqtt", "SUBSCRIBE", 2);
      // Theirs has subscribed once it gets what is published there.
      await until(async () => {
        await output(client("mosquitto_pub", theirs, "-t", "ready", "-m", "?", "-q", "1"));
        return there.stdout.includes("ready") && here.stdout.includes("ready");
      });
      const numbers = Array.from({ length: count }, (_, index) => `${index}`);
      givenLines(client("mosquitto_pub", ours, "-t", "from/us", "-q", "1", "-l"), numbers);
      givenLines(client("mosquitto_pub", theirs, "-t", "from/them", "-q", "1", "-l"), numbers);
      await until(
        () =>
          here.stdout.includes(`from/us ${count - 1}\n`) && there.stdout.includes(`from/them ${count - 1}\n`),
      );
      for (const [port, topic] of [
        [ours, "last/us"],
        [theirs, "last/them"],
      ] as const) {
        await output(client("mosquitto_pub", port, "-t", topic, "-m", "end", "-q", "1"));
      }
      const isDone = ({ stdout }: Program) =>
        stdout.includes("last/us end") && stdout.includes("last/them end");
      await until(() => isDone(here) && isDone(there));
      for (const { stdout } of [here, there]) {
        for (const topic of ["from/us", "from/them"]) {
          const received = stdout.split("\n").filter((line) => line.startsWith(`${topic} `));
          expect(received).toEqual(Array.from({ length: count }, (_, index) => `${topic} ${index}`));
        }
      }
      // A retained message is retained at the other end, too.
      await output(client("mosquitto_pub", ours, "-t", "kept", "-m", "disimpan", "-q", "1", "-r"));
      await until(() => there.stdout.includes("kept disimpan"));
      const kept = await output(client("mosquitto_sub", theirs, "-t", "kept", "-C", "1", "-F", "%r %p"));
      expect(kept).toBe("1 disimpan\n");
    },
  );
}
