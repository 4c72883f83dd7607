import { expect, onTestFinished } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../support/free-port.ts";
import { mosquittoBroker, needs, testWith } from "../support/needs.ts";
import { distsrv } from "../support/own-programs.ts";
import { output, Program } from "../support/program.ts";
import { scratchFolder } from "../support/scratch.ts";
import { until } from "../support/until.ts";

testWith(needs.mosquittoBroker)("what a Mosquitto kept becomes a store", async () => {
  const folder = scratchFolder("mosquitto-store");
  const port = freePort();
  const config = join(folder, "mosquitto.conf");
  const lines = [`listener ${port} 127.0.0.1`, "allow_anonymous true", "persistence true", "user root"];
  writeFileSync(config, [...lines, `persistence_location ${folder}/`, ""].join("\n"));
  const broker = new Program([mosquittoBroker ?? "mosquitto", "-c", config]);
  onTestFinished(() => broker.kill());
  const at = ["-h", "127.0.0.1", "-p", String(port)];
  const sub = (...words: string[]) => output(["mosquitto_sub", ...at, "-E", ...words]);
  const pub = (...words: string[]) => output(["mosquitto_pub", ...at, "-q", "1", ...words]);
  await until(async () => (await new Program(["mosquitto_pub", ...at, "-t", "x", "-n"]).exited) === 0);
  await sub("-c", "-i", "ani", "-u", "ani", "-q", "2", "-t", "kelas/#", "-t", "rumah/+/suhu");
  await sub("-c", "-i", "budi", "-V", "mqttv5", "-x", "86400", "-q", "1", "-t", "kelas/#");
  await pub("-t", "kelas/1", "-m", "satu", "-q", "2");
  await pub("-t", "kelas/2", "-m", "dua", "-V", "mqttv5", "-D", "publish", "user-property", "a", "b");
  await pub("-t", "cuaca", "-m", "hujan", "-r");
  broker.signal("SIGTERM");
  await broker.exited;
  const database = join(folder, "mosquitto.db");
  expect(existsSync(database)).toBe(true);

  const data = join(folder, "data");
  expect(await output([...distsrv, "store", "import", data, database])).toBe(
    `Imported 2 sessions, 2 messages, 1 retained message and 0 wills into ${data}\n`,
  );
  const exported = (await output([...distsrv, "store", "export", data])).trim().split("\n");
  const entries = exported.map((line) => JSON.parse(line) as Record<string, unknown>);
  const ofType = (type: string) => entries.filter((entry) => entry.type === type);
  const payloads = ofType("message").map(({ payload }) => Buffer.from(String(payload), "base64").toString());
  expect(payloads.sort()).toEqual(["dua", "satu"]);
  const properties = Buffer.from([38, 0, 1, 97, 0, 1, 98]).toString("base64");
  expect(ofType("message").find(({ topic }) => topic === "kelas/2")).toMatchObject({ properties });
  const [ani, budi] = ofType("session").sort((a, b) => (String(a.clientId) < String(b.clientId) ? -1 : 1));
  expect(ani).toMatchObject({ clientId: "ani", owner: "ani", expiry: "forever" });
  expect(budi).toMatchObject({ clientId: "budi", expiry: 86_400_000 });
  expect(
    (ani!.subscriptions as { filter: string; qos: number }[]).map(({ filter, qos }) => [filter, qos]),
  ).toEqual([
    ["kelas/#", 2],
    ["rumah/+/suhu", 2],
  ]);
  const qosOf = (session: typeof ani) => (session!.deliveries as { qos: number }[]).map(({ qos }) => qos);
  expect([qosOf(ani), qosOf(budi)]).toEqual([
    [2, 1],
    [1, 1],
  ]);
  expect(ofType("retained")).toMatchObject([{ topic: "cuaca", retain: true }]);
});
