import { expect, onTestFinished, test } from "bun:test";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { freePort } from "../../support/free-port.ts";
import { type Lab, startServer } from "../../support/lab.ts";
import { rejects } from "../../support/rejects.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { until } from "../../support/until.ts";

type Line = Readonly<Record<string, unknown>>;

const password = "opensesame";
const token = "0123456789abcdef";

/** A lab that keeps an audit. */
class AuditedLab {
  readonly folder = scratchFolder("audited");
  readonly file = join(this.folder, "lab.yaml");
  readonly audit = join(this.folder, "audit.jsonl");
  readonly admin = freePort();
  lab!: Lab;

  static async start(): Promise<AuditedLab> {
    const audited = new AuditedLab();
    audited.write();
    audited.lab = await startServer(["--config", audited.file], { cleanUp: onTestFinished });
    return audited;
  }

  write(settings = ""): void {
    const users = `users: [{ name: ani, password: ${password} }], anonymous: true`;
    const access =
      'access: [{ user: ani, publish: "#", subscribe: "#" }, { anonymous: true, subscribe: "#" }]';
    writeFileSync(
      this.file,
      `audit: ./audit.jsonl\n${settings}\nadmin: { port: ${this.admin}, token: ${token} }\nservices:\n` +
        `  mqtt: { port: 0, ${users}, ${access} }\n  echo: { port: 0 }\n`,
    );
  }

  lines(file = this.audit): Line[] {
    if (!existsSync(file)) return [];
    const text = readFileSync(file, "utf8");
    return text
      .slice(0, text.lastIndexOf("\n") + 1)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Line);
  }

  /** The first line of this event. */
  async recorded(event: string): Promise<Line> {
    await until(() => this.lines().some((line) => line.event === event));
    return this.lines().find((line) => line.event === event)!;
  }

  post(path: string, body?: unknown): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.admin}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  connect(clientId: string, login: { username?: string; password?: string } = {}) {
    return connectAsync(`mqtt://127.0.0.1:${this.lab.port("mqtt")}`, {
      ...{ clientId, reconnectPeriod: 0, protocolVersion: 5 as const, ...login },
    });
  }
}

test("the audit says who came, who was refused what, and who changed what; and holds no secrets", async () => {
  const audited = await AuditedLab.start();
  expect(await audited.recorded("started")).toMatchObject({ service: "distsrv", config: audited.file });

  const ani = await audited.connect("sensor-1", { username: "ani", password });
  expect(await audited.recorded("client-connected")).toMatchObject({
    ...{
      service: "mqtt",
      client: "sensor-1",
      username: "ani",
      proved: true,
      transport: "tcp",
      tls: false,
      version: "5.0",
    },
    address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
  });
  await rejects(audited.connect("thief", { username: "ani", password: `${password}-wrong` }));
  expect(await audited.recorded("client-refused")).toMatchObject({
    client: "thief",
    username: "ani",
    proved: false,
  });

  const stranger = await audited.connect("stranger");
  await rejects(stranger.publishAsync("rapor", "x", { qos: 1 }));
  expect(await audited.recorded("publish-refused")).toMatchObject({ client: "stranger", topic: "rapor" });

  const by = { by: "token", from: expect.stringMatching(/^127\.0\.0\.1:\d+$/) };
  const action = (name: string, body: unknown) => audited.post(`/api/services/mqtt/actions/${name}`, body);
  await action("publish", { topic: "kelas", payload: "a secret message", retain: true });
  expect(await audited.recorded("message-published")).toMatchObject({
    service: "mqtt",
    topic: "kelas",
    ...by,
  });
  await action("clear-retained", { topic: "kelas" });
  expect(await audited.recorded("retained-deleted")).toMatchObject({ topic: "kelas", ...by });
  await action("kick", { client: "sensor-1", dropSession: true });
  expect(await audited.recorded("client-kicked")).toMatchObject({
    client: "sensor-1",
    username: "ani",
    ...by,
  });
  expect(await audited.recorded("session-deleted")).toMatchObject({ client: "sensor-1", ...by });
  await audited.post("/api/bans", { address: "203.0.113.7", for: "10m", reason: "guesses" });
  expect(await audited.recorded("address-banned")).toMatchObject({
    ...{ address: "203.0.113.7", seconds: 600, reason: "guesses", ...by },
  });
  await audited.post("/api/services/echo/restart");
  expect(await audited.recorded("service-restarted")).toMatchObject({
    service: "distsrv",
    name: "echo",
    ...by,
  });
  audited.write("grace: 1s");
  await audited.post("/api/reload");
  expect(await audited.recorded("reloaded")).toMatchObject({
    changes: expect.stringContaining("grace"),
    ...by,
  });
  audited.write("grace: x");
  audited.lab.program.signal("SIGHUP");
  expect(await audited.recorded("reload-failed")).toMatchObject({ by: "SIGHUP" });

  ani.end(true);
  stranger.end(true);
  await audited.post("/api/drain");
  await audited.recorded("stopped");
  expect(await audited.recorded("stopping")).toMatchObject(by);
  const all = readFileSync(audited.audit, "utf8");
  for (const secret of [password, token, "a secret message"]) expect(all).not.toContain(secret);
});

test("SIGUSR1 goes on in a new audit file when the old one was moved away", async () => {
  const audited = await AuditedLab.start();
  await audited.recorded("started");
  renameSync(audited.audit, `${audited.audit}.1`);
  audited.lab.program.signal("SIGUSR1");
  await audited.lab.untilLogged("distsrv", "Goes on in a new audit file");
  await audited.post("/api/services/echo/restart");
  await audited.recorded("service-restarted");
  expect(audited.lines(`${audited.audit}.1`).map(({ event }) => event)).toEqual(["started"]);
});
