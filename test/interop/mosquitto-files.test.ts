import { expect, onTestFinished } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../support/free-port.ts";
import { startServer } from "../support/lab.ts";
import { mosquittoBroker, needs, testWith } from "../support/needs.ts";
import { distcli } from "../support/own-programs.ts";
import { output, Program, run } from "../support/program.ts";
import { scratchFolder } from "../support/scratch.ts";
import { until } from "../support/until.ts";

/*
 * Files of Mosquitto's own tools in our broker, and a file of ours in Mosquitto: who moves to one or to the other takes
 * users and rules along.
 */

const testBoth = testWith(needs.mosquittoBroker);
const folder = () => scratchFolder("migration");

const acl = `# Everybody's weather
topic read cuaca/#

user ani
topic kelas/ani/#
topic read kelas/#
topic deny kelas/nilai/#

pattern write rumah/%u/%c
`;

/** Publishes at QoS 1 with MQTT 5, which says when it is refused. @returns what mosquitto_pub says; "": it is taken */
async function publish(port: number, user: string | undefined, topic: string): Promise<string> {
  const login = user === undefined ? [] : ["-u", user, "-P", `sandi ${user}`];
  const where = ["-h", "127.0.0.1", "-p", String(port), "-V", "mqttv5", "-i", "c1"];
  const { stderr } = await run(["mosquitto_pub", ...where, ...login, "-t", topic, "-m", "x", "-q", "1"]);
  return stderr.trim();
}

testBoth("a password_file and an acl_file of Mosquitto are taken as they are", async () => {
  const path = folder();
  const passwords = join(path, "passwords");
  await output(["mosquitto_passwd", "-b", "-c", passwords, "ani", "sandi ani"]);
  await output(["mosquitto_passwd", "-b", "-H", "sha512", passwords, "budi", "sandi budi"]);
  writeFileSync(join(path, "acl"), acl);
  const mqtt = `{ port: 0, users: ./passwords, access: ./acl, anonymous: true }`;
  writeFileSync(join(path, "lab.yaml"), `admin: false\nservices: { mqtt: ${mqtt} }\n`);
  const lab = await startServer(["-c", join(path, "lab.yaml")], { cleanUp: onTestFinished });
  const port = lab.port("mqtt");
  for (const [user, topic, answer] of table) {
    expect([user, topic, await publish(port, user, topic)]).toEqual([user, topic, answer]);
  }
  const wrong = await run([
    ...["mosquitto_pub", "-h", "127.0.0.1", "-p", String(port), "-V", "mqttv5"],
    ...["-u", "budi", "-P", "salah", "-t", "x", "-m", "x"],
  ]);
  expect(wrong.stderr).toContain("Bad User Name or Password");
});

testBoth("passwords of Mosquitto that are no text are taken byte by byte", async () => {
  const path = folder();
  const passwords = join(path, "passwords");
  // Bash writes the bytes into the arguments, which cannot be handed over as they are.
  const bash = (script: string) => run(["bash", "-c", script]);
  for (const [user, hash] of [
    ["ani", "sha512-pbkdf2"],
    ["budi", "sha512"],
  ])
    await bash(`touch ${passwords}; mosquitto_passwd -H ${hash} -b ${passwords} ${user} $'\\xff\\xfe\\x80x'`);
  const mqtt = `{ port: 0, users: ./passwords }`;
  writeFileSync(join(path, "lab.yaml"), `admin: false\nservices: { mqtt: ${mqtt} }\n`);
  const lab = await startServer(["-c", join(path, "lab.yaml")], { cleanUp: onTestFinished });
  const login = async (user: string, password: string) => {
    const where = `-h 127.0.0.1 -p ${lab.port("mqtt")} -V mqttv5 -t t -m x`;
    return (await bash(`mosquitto_pub ${where} -u ${user} -P $'${password}'`)).stderr;
  };
  for (const user of ["ani", "budi"]) {
    expect(await login(user, "\\xff\\xfe\\x80x")).toBe("");
    expect(await login(user, "\\xff\\xfe\\x81x")).toContain("Bad User Name or Password");
  }
});

const refused = "Warning: Publish 1 failed: Not authorized.";
const table = [
  ["ani", "kelas/ani/tugas", ""],
  ["ani", "kelas/budi/tugas", refused],
  ["ani", "kelas/nilai/ani", refused],
  ["ani", "rumah/ani/c1", ""],
  ["ani", "rumah/ani/c2", refused],
  ["budi", "rumah/budi/c1", ""],
  ["budi", "kelas/ani/tugas", refused],
  [undefined, "cuaca/hari-ini", refused],
] as const;

testBoth(
  "Mosquitto itself says the same with these files, and takes a password that distcli set",
  async () => {
    const path = folder();
    const [passwords, port] = [join(path, "passwords"), freePort()];
    for (const user of ["ani", "budi"]) {
      await output([...distcli, "mqtt", "passwd", passwords, user], { input: `sandi ${user}\n` });
    }
    writeFileSync(join(path, "acl"), acl);
    const config = join(path, "mosquitto.conf");
    const lines = [`listener ${port} 127.0.0.1`, "allow_anonymous true", `password_file ${passwords}`];
    writeFileSync(config, [...lines, `acl_file ${join(path, "acl")}`, "user root", ""].join("\n"));
    const broker = new Program([mosquittoBroker ?? "mosquitto", "-c", config]);
    onTestFinished(() => broker.kill());
    await until(async () => (await publish(port, undefined, "x")) !== "Error: Connection refused");
    for (const [user, topic, answer] of table) {
      expect([user, topic, await publish(port, user, topic)]).toEqual([user, topic, answer]);
    }
  },
);
