import { expect, onTestFinished, test } from "bun:test";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { connectAsync, type MqttClient } from "mqtt";
import { parse } from "yaml";
import { startServer } from "../../support/lab.ts";
import { rejects } from "../../support/rejects.ts";
import { scratchFolder } from "../../support/scratch.ts";

/* The class that config/class.yaml runs: who gets a line of its lists can do what it says, and no more. */

const folder = scratchFolder("class");
cpSync(join(import.meta.dir, "../../../config/class.yaml"), join(folder, "class.yaml"));
const lab = await startServer([
  ...["-c", join(folder, "class.yaml"), "--only", "mqtt", "echo"],
  ...["services.mqtt.port=0", "services.echo.port=0", "admin=false", "services.mqtt.host=127.0.0.1"].flatMap(
    (setting) => ["--set", setting],
  ),
]);

async function connect(list: string, index: number): Promise<MqttClient> {
  const users = parse(readFileSync(join(folder, `${list}.yaml`), "utf8")) as Login[];
  const { name, password } = users[index]!;
  const address = `mqtt://127.0.0.1:${lab.port("mqtt")}`;
  const client = await connectAsync(address, {
    ...{ protocolVersion: 5, reconnectPeriod: 0, username: name, password },
  });
  onTestFinished(() => client.endAsync(true));
  return client;
}

interface Login {
  readonly name: string;
  readonly password: string;
}

test("a student writes below the own name, and reads the class but the marks", async () => {
  const [ani, budi, dosen] = [
    await connect("mahasiswa", 0),
    await connect("mahasiswa", 39),
    await connect("dosen", 0),
  ];
  const seen = { budi: [] as string[], dosen: [] as string[] };
  const last = Promise.withResolvers<void>();
  budi.on("message", (topic) => {
    seen.budi.push(topic);
    if (topic.endsWith("/akhir")) last.resolve();
  });
  dosen.on("message", (topic) => seen.dosen.push(topic));
  await budi.subscribeAsync("kelas/#", { qos: 1 });
  await dosen.subscribeAsync("kelas/#", { qos: 1 });
  await ani.publishAsync("kelas/mahasiswa01/suhu", "27", { qos: 1 });
  await rejects(ani.publishAsync("kelas/mahasiswa40/suhu", "27", { qos: 1 }), "Not authorized");
  await rejects(ani.publishAsync("kelas/nilai/mahasiswa01", "100", { qos: 1 }), "Not authorized");
  await dosen.publishAsync("kelas/nilai/mahasiswa01", "90", { qos: 1 });
  await dosen.publishAsync("kelas/umum/akhir", "", { qos: 1 });
  await last.promise;
  expect(seen.budi).toEqual(["kelas/mahasiswa01/suhu", "kelas/umum/akhir"]);
  expect(seen.dosen).toContain("kelas/nilai/mahasiswa01");
});

test("the start says which services know no names", () => {
  const [line] = lab.log.filter(({ message }) => message.startsWith("Open to every machine"));
  expect(line).toMatchObject({ level: "info", message: expect.stringContaining("password: echo. That is") });
});

test("nobody comes in without a line of the lists", async () => {
  const options = { reconnectPeriod: 0, username: "mahasiswa01", password: "mahasiswa01" };
  await rejects(connectAsync(`mqtt://127.0.0.1:${lab.port("mqtt")}`, options));
});
