import { expect, onTestFinished, test } from "bun:test";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectAsync, type MqttClient } from "mqtt";
import { freePort } from "../../support/free-port.ts";
import { type Lab, startServer } from "../../support/lab.ts";
import { distsrv } from "../../support/own-programs.ts";
import { run } from "../../support/program.ts";
import { RawClient } from "../../support/raw-client.ts";
import { rejects } from "../../support/rejects.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { until } from "../../support/until.ts";

/** A lab whose file is written anew while it runs. */
class Scene {
  readonly folder = scratchFolder("reload");
  readonly file = join(this.folder, "lab.yaml");
  readonly admin = freePort();
  lab!: Lab;

  static async start(yaml: string, settings = ""): Promise<Scene> {
    const scene = new Scene();
    scene.write(yaml, settings);
    scene.lab = await startServer(["--config", scene.file], { cleanUp: onTestFinished });
    return scene;
  }

  write(services: string, settings = ""): void {
    writeFileSync(this.file, `admin: { port: ${this.admin} }\n${settings}\nservices:\n${services}`);
  }

  /** `distsrv reload`. */
  reload = () => run([...distsrv, "reload", this.file]);

  port = (service: string) => this.lab.port(service);
}

async function mqttClient(port: number, username?: string, password?: string): Promise<MqttClient> {
  const login = username === undefined ? {} : { username, password: Buffer.from(password ?? "") };
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0, ...login });
  return endedAfter(client);
}

/** The lab is killed before the client ends, which may then be reset. */
function endedAfter(client: MqttClient): MqttClient {
  client.on("error", () => {});
  onTestFinished(() => void client.end(true));
  return client;
}

const echoes = async (client: RawClient, text: string) => {
  client.write(text);
  expect(await client.text(`Echo: ${text}`.length)).toBe(`Echo: ${text}`);
};

test("a broker takes new users and limits live, and its clients stay; who is no user any more goes", async () => {
  const users = (password: string) =>
    `  mqtt: { port: 0, users: [{ name: ani, password: ${password} }, { name: budi, password: rahasia }] }\n  echo: { port: 0 }\n`;
  const scene = await Scene.start(users("lama"));
  const [ani, budi] = [
    await mqttClient(scene.port("mqtt"), "ani", "lama"),
    await mqttClient(scene.port("mqtt"), "budi", "rahasia"),
  ];
  const echo = await RawClient.connect(scene.port("echo"));
  await echoes(echo, "a");

  scene.write(users("baru"));
  const { status, stdout } = await scene.reload();
  expect([status, stdout]).toEqual([0, "mqtt: changed live (users)\necho: unchanged\n"]);
  expect(budi.connected).toBe(true);
  await echoes(echo, "b");
  await until(() => !ani.connected);
  expect((await mqttClient(scene.port("mqtt"), "ani", "baru")).connected).toBe(true);
  await rejects(mqttClient(scene.port("mqtt"), "ani", "lama"));
});

test("a mistake in the file changes nothing, and is told where it was asked for", async () => {
  const scene = await Scene.start("  echo: { port: 0 }\n");
  const echo = await RawClient.connect(scene.port("echo"));
  scene.write("  echo: { prot: 0 }\n");
  const asked = await scene.reload();
  expect([asked.status, asked.stdout]).toEqual([2, ""]);
  expect(asked.stderr).toContain('there is no setting "prot"');
  const { status, json } = await post(scene);
  expect([status, Object(json).error]).toEqual([422, expect.stringContaining('"prot"')]);
  scene.lab.program.signal("SIGHUP");
  await scene.lab.untilLogged("distsrv", "The settings are as they were", 2);
  await echoes(echo, "still there");
});

async function post({ admin }: Scene) {
  const response = await fetch(`http://127.0.0.1:${admin}/api/reload`, { method: "POST" });
  return { status: response.status, json: (await response.json()) as unknown };
}

test("services come, go and move, and the others are not touched", async () => {
  const scene = await Scene.start(
    `  echo: { port: 0 }\n  time: { port: 0 }\n  gone: { role: echo, port: ${freePort()} }\n`,
  );
  const echo = await RawClient.connect(scene.port("echo"));
  const time = await RawClient.connect(scene.port("time"));
  const [moved, fresh] = [freePort(), freePort()];
  scene.write(`  echo: { port: 0 }\n  time: { port: ${moved} }\n  new: { role: echo, port: ${fresh} }\n`);
  const { status, stdout } = await scene.reload();
  expect([status, stdout.split("\n").sort()]).toEqual([
    0,
    ["", "echo: unchanged", "gone: stopped", "new: started", "time: restarted: port is read at the start"],
  ]);
  await echoes(echo, "untouched");
  expect((await time.all()).length).toBe(0);
  for (const port of [moved, fresh]) await RawClient.connect(port);
  await rejects(RawClient.connect(scene.port("gone")));
});

test("a change that cannot be had leaves the service as it was, and status 1 says so", async () => {
  const scene = await Scene.start("  echo: { port: 0 }\n  other: { role: echo, port: 0 }\n");
  const taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  onTestFinished(() => taken.stop(true));
  const echo = await RawClient.connect(scene.port("echo"));
  scene.write(
    `  echo: { port: ${taken.port} }\n  other: { role: echo, port: 0, reply: "Other: {message}" }\n`,
  );
  const { status, stdout } = await scene.reload();
  expect(status).toBe(1);
  expect(stdout).toMatch(/^echo: failed \(port\): .*in use.*; it runs on as it was$/m);
  expect(stdout).toContain("other: restarted: reply is read at the start");
  await echoes(echo, "as before");
  const other = await RawClient.connect(scene.port("other"));
  other.write("x");
  expect(await other.text(8)).toBe("Other: x");
});

test("a durable broker moves to another port with all that it keeps", async () => {
  const [first, second] = [freePort(), freePort()];
  const services = (port: number) =>
    `  mqtt: { port: ${port}, persistence: { directory: ./data, segmentSize: 1MiB } }\n`;
  const scene = await Scene.start(services(first));
  const client = await mqttClient(first);
  await client.publishAsync("t", "kept", { qos: 1, retain: true });
  scene.write(services(second));
  const { status, stdout } = await scene.reload();
  expect([status, stdout]).toEqual([0, "mqtt: restarted: port is read at the start\n"]);
  const moved = await mqttClient(second);
  const message = new Promise((resolve) =>
    moved.once("message", (_, payload) => resolve(payload.toString())),
  );
  await moved.subscribeAsync("t");
  expect(await message).toBe("kept");
});

test("a service that starts neither anew nor as before is tried again until it does", async () => {
  const scene = await Scene.start(
    "  mqtt: { port: 0, persistence: { directory: ./data, segmentSize: 1MiB } }\n",
  );
  const data = join(scene.folder, "data");
  renameSync(data, `${data}.away`);
  writeFileSync(data, "a file is in the way");
  scene.write(
    "  mqtt: { port: 0, maxConnections: 7, persistence: { directory: ./data, segmentSize: 1MiB } }\n",
  );
  const { status, stdout } = await scene.reload();
  expect(status).toBe(1);
  expect(stdout).toMatch(/^mqtt: failed \(maxConnections\): .*; nor does it start as before: /);
  rmSync(data);
  await scene.lab.untilLogged("mqtt", "Started again on");
});

test("new operations restart who serves them, and nobody else", async () => {
  const services = "  rest: { port: 0 }\n  echo: { port: 0 }\n";
  const scene = await Scene.start(services, "operations: { add: a + b }");
  const echo = await RawClient.connect(scene.port("echo"));
  scene.write(services, "operations: { add: a + b, mul: a * b }");
  expect((await scene.reload()).stdout).toBe(
    "rest: restarted: the operations are read at the start\necho: unchanged\n",
  );
  expect(await (await fetch(`http://127.0.0.1:${scene.port("rest")}/mul?a=6&b=7`)).json()).toMatchObject({
    result: 42,
  });
  await echoes(echo, "untouched");
});

test("SIGHUP reads the file again; what only a new start applies is said", async () => {
  const scene = await Scene.start("  echo: { port: 0 }\n");
  const echo = await RawClient.connect(scene.port("echo"));
  scene.write("  echo: { port: 0 }\n", "grace: 1s\nlog: { level: debug, format: json }");
  scene.lab.program.signal("SIGHUP");
  await scene.lab.untilLogged(
    "distsrv",
    "Read the settings again, and not all could be applied: settings changed: grace, log.level; not changed before distsrv is started anew: log.format",
  );
  await echoes(echo, "still there");
});

test("with watch the file itself is enough", async () => {
  const scene = await Scene.start("  echo: { port: 0 }\n", "watch: true");
  // As editors do it: another file takes its place.
  const { port } = { port: freePort() };
  const next = join(scene.folder, "next");
  writeFileSync(
    next,
    readFileSync(scene.file, "utf8").replace("echo: { port: 0 }", `echo: { port: ${port} }`),
  );
  renameSync(next, scene.file);
  await scene.lab.untilLogged(
    "distsrv",
    "Read the settings again: echo: restarted: port is read at the start",
  );
  await RawClient.connect(port);
  // It is watched no more.
  scene.write(`  echo: { port: ${port} }\n`, "watch: false");
  await scene.lab.untilLogged("distsrv", "Read the settings again: settings changed: watch");
  scene.write("  echo: { port: 0 }\n", "watch: false");
  const { stdout } = await scene.reload();
  expect(stdout).toBe("echo: restarted: port is read at the start\n");
  scene.write("  echo: { port: 0 }\n", "watch: true");
  expect((await scene.reload()).stdout).toContain("settings changed: watch");
  scene.write(`  echo: { port: ${port} }\n`, "watch: true");
  await scene.lab.untilLogged(
    "distsrv",
    "Read the settings again: echo: restarted: port is read at the start",
    3,
  );
});

test("the admin service takes other users and roles live, and none that would leave it open to the network", async () => {
  const token = "0123456789abcdef";
  const settings = (host: string, users: string) =>
    `admin: { host: ${host}, port: ${admin}, users: [${users}] }`;
  const admin = freePort();
  const folder = scratchFolder("admin-users");
  const file = join(folder, "lab.yaml");
  const write = (line: string) => writeFileSync(file, `${line}\nservices: { echo: { port: 0 } }\n`);
  const ani = (role: string) => `{ name: ani, token: ${token}, role: ${role} }`;
  const budi = `{ name: budi, token: abcdefghijklmnop, role: admin }`;
  write(settings("0.0.0.0", `${ani("admin")}, ${budi}`));
  await startServer(["--config", file], { cleanUp: onTestFinished });
  const reload = () => run([...distsrv, "reload", file]);
  const me = async (own: string) =>
    (await fetch(`http://127.0.0.1:${admin}/api/me`, { headers: { authorization: `Bearer ${own}` } })).json();
  expect(await me(token)).toMatchObject({ name: "ani", role: "admin" });

  write(settings("0.0.0.0", `${ani("view")}, ${budi}`));
  expect(await reload()).toMatchObject({
    stdout: "echo: unchanged\nsettings changed: admin.users\n",
    status: 0,
  });
  expect(await me(token)).toMatchObject({ name: "ani", role: "view" });
  write(settings("127.0.0.1", budi));
  expect((await reload()).stdout).toContain("settings changed: admin.users");
  expect(await me(token)).toEqual({ error: expect.stringContaining("Cannot answer without the token") });

  // It listens on all addresses still.
  write(`admin: { host: 127.0.0.1, port: ${admin} }`);
  const { stdout, stderr } = await run([...distsrv, "reload", file], {
    env: { DISTSRV_TOKEN: "abcdefghijklmnop" },
  });
  expect([stdout, stderr]).toEqual([expect.stringContaining("settings changed: admin.users"), ""]);
  expect(await me("abcdefghijklmnop")).toEqual({
    error: expect.stringContaining("Cannot answer without the token"),
  });
  expect((await fetch(`http://127.0.0.1:${admin}/api/me`)).status).toBe(401);
});

test("without its last user the admin service takes a token that it makes then, and is open to nobody", async () => {
  const [admin, folder, state] = [freePort(), scratchFolder("admin-users"), scratchFolder("admin-state")];
  const file = join(folder, "lab.yaml");
  const write = (users: string) =>
    writeFileSync(file, `admin: { port: ${admin}, users: [${users}] }\nservices: { echo: { port: 0 } }\n`);
  const budi = "{ name: budi, token: abcdefghijklmnop, role: admin }";
  write(budi);
  const env = { DISTSRV_STATE_DIR: state, DISTSRV_ADMIN_TOKEN: "", DISTSRV_ADMIN_TOKEN_FILE: "" };
  const lab = await startServer(["--config", file], { cleanUp: onTestFinished, env });
  const status = async (headers: Record<string, string>) =>
    (await fetch(`http://127.0.0.1:${admin}/api/me`, { headers })).status;
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const reload = () => fetch(`http://127.0.0.1:${admin}/api/reload`, { method: "POST", headers });
  let headers = bearer("abcdefghijklmnop");
  write("");
  expect(await (await reload()).json()).toMatchObject({ applied: true });
  await lab.untilLogged("distsrv", "admin.users has nobody now");
  expect([await status({}), await status(headers)]).toEqual([401, 401]);
  const kept = join(state, `admin-${admin}.token`);
  headers = bearer(readFileSync(kept, "utf8").trim());
  expect(await status(headers)).toBe(200);

  // It holds on beside users who come later, and there is no other one when they have gone again.
  write(budi);
  expect(await (await reload()).json()).toMatchObject({ applied: true });
  expect([await status(headers), await status(bearer("abcdefghijklmnop"))]).toEqual([200, 200]);
  write("");
  await reload();
  expect([await status(headers), await status({})]).toEqual([200, 401]);
  await lab.stop();
  expect(existsSync(kept)).toBe(false);
});

test("SIGUSR1 goes on in a new log file when the old one was moved away", async () => {
  const scene = await Scene.start("  echo: { port: 0 }\n", "log: { file: lab.log }");
  const file = join(scene.folder, "lab.log");
  renameSync(file, `${file}.1`);
  scene.lab.program.signal("SIGUSR1");
  await scene.lab.untilLogged("distsrv", "Goes on in a new log file");
  await until(() => existsSync(file) && readFileSync(file, "utf8").includes("Goes on in a new log file"));
  expect(readFileSync(`${file}.1`, "utf8")).not.toContain("Goes on");
});

test("with nobody there, distsrv reload says so", async () => {
  const folder = scratchFolder("reload");
  const file = join(folder, "lab.yaml");
  const port = freePort();
  writeFileSync(file, `admin: { port: ${port} }\nservices: { echo: { port: 0 } }\n`);
  const { status, stderr } = await run([...distsrv, "reload", file]);
  expect([status, stderr]).toEqual([
    1,
    `Not reloaded: no answer from http://127.0.0.1:${port}/api/reload: nobody listens there\n`,
  ]);
});

test("files that the configuration names are watched, too", async () => {
  const scene = await Scene.start("  echo: { port: 0 }\n");
  const file = (name: string, text: string) => writeFileSync(join(scene.folder, name), text);
  file("users.yaml", "- { name: ani, password: rahasia }");
  file("acl", "user ani\ntopic a\n");
  scene.write("  mqtt: { port: 0, users: ./users.yaml, access: ./acl, anonymous: true }\n", "watch: true");
  const changed = (what: string) => scene.lab.untilLogged("distsrv", `Read the settings again: ${what}`);
  expect((await scene.reload()).stdout).toContain("mqtt: started");
  file("acl", "user ani\ntopic b\n");
  await changed("mqtt: changed live (access)");
  file("users.yaml", "- { name: ani, password: rahasia }\n- { name: budi, password: rahasia }");
  await changed("mqtt: changed live (users)");
  file("acl", "user siapa\ntopic b\n");
  await scene.lab.untilLogged("distsrv", 'names the user "siapa"');
  file("acl", "user budi\ntopic b\n");
  await changed("mqtt: changed live (access)");
});

test("bans and the guard of logins change live: who is banned by the new file is disconnected, and comes back", async () => {
  const services = "  echo: { port: 0 }\n";
  const scene = await Scene.start(services, "bans: [203.0.113.7]");
  const client = await RawClient.connect(scene.port("echo"));
  await echoes(client, "a");
  scene.write(
    services,
    "bans: [203.0.113.7, { address: 127.0.0.0/8, reason: a try }]\nguard: { failures: 3 }",
  );
  const { status, stdout } = await scene.reload();
  expect([status, stdout]).toEqual([0, "echo: unchanged\nsettings changed: guard.failures, bans\n"]);
  await client.closed;
  await scene.lab.untilLogged("echo", "it is banned (a try)");
  await RawClient.turnedAway(scene.port("echo"));
  scene.write(services);
  expect((await scene.reload()).status).toBe(0);
  await echoes(await RawClient.connect(scene.port("echo")), "b");
});

test("the list of a class is what counts, also when a line of it was taken out", async () => {
  const scene = await Scene.start("  mqtt: { port: 0, users: { count: 2, prefix: mhs } }\n");
  const list = join(scene.folder, "mhs.yaml");
  expect((await scene.reload()).stdout).toBe("mqtt: unchanged\n");
  const before = readFileSync(list, "utf8");
  writeFileSync(list, before.replace(/.*mhs01.*\n/, ""));
  expect((await scene.reload()).stdout).toBe("mqtt: changed live (users)\n");
  expect(readFileSync(list, "utf8")).toContain("mhs01");
  expect(readFileSync(list, "utf8")).not.toContain(/mhs01.*/.exec(before)?.[0] ?? "?");
  expect((await scene.reload()).stdout).toBe("mqtt: unchanged\n");
});

test("under load, the next message after a reload obeys the new rules", async () => {
  const access = (topic: string) =>
    `access: [{ user: ani, publish: "${topic}/#" }, { user: budi, subscribe: "#" }]`;
  const users = "users: [{ name: ani, password: a }, { name: budi, password: b }]";
  const broker = (topic: string) => `  mqtt: { port: 0, ${users}, ${access(topic)} }\n`;
  const scene = await Scene.start(broker("kelas"));
  const connect = async (name: string) => {
    const address = `mqtt://127.0.0.1:${scene.port("mqtt")}`;
    const login = { username: name, password: name.slice(0, 1) };
    const client = await connectAsync(address, { protocolVersion: 5, reconnectPeriod: 0, ...login });
    return endedAfter(client);
  };
  const [ani, budi] = [await connect("ani"), await connect("budi")];
  const seen: string[] = [];
  budi.on("message", (_, payload) => seen.push(payload.toString()));
  await budi.subscribeAsync("kelas/#", { qos: 1 });
  // Twenty messages are under way at any time, before, while and after the rules change.
  let isOver = false;
  let taken = 0;
  const refused: string[] = [];
  const publishers = Array.from({ length: 20 }, async (_, lane) => {
    for (let number = 0; !isOver; number++) {
      const text = `${lane}/${number}`;
      await ani.publishAsync("kelas/x", text, { qos: 1 }).then(
        () => taken++,
        () => refused.push(text),
      );
    }
  });
  await until(() => taken > 200);
  scene.write(broker("lain"));
  expect((await scene.reload()).stdout).toBe("mqtt: changed live (access)\n");
  await rejects(ani.publishAsync("kelas/x", "after", { qos: 1 }), "Not authorized");
  await ani.publishAsync("lain/x", "", { qos: 1 });
  isOver = true;
  await Promise.all(publishers);
  expect(refused.length).toBeGreaterThan(0);
  await until(() => seen.length >= taken);
  expect(seen.filter((text) => refused.includes(text) || text === "after")).toEqual([]);
});
