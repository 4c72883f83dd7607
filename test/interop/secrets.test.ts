// What is secret must be in no output of a lab that uses it: log, API, metrics, events, store, reports of mistakes.

import { describe, expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { createHmac, pbkdf2Sync } from "node:crypto";
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import mqttJs, { type IClientOptions, type MqttClient } from "mqtt";
import { verifierOf, writeVerifier } from "../../src/protocol/scram/verifier.ts";
import { Authority, openssl } from "../support/certificates.ts";
import { distsrv } from "../support/own-programs.ts";
import { output, Program } from "../support/program.ts";
import { ScramClient } from "../support/scram-client.ts";
import { scratchFolder } from "../support/scratch.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(60_000);

/** What nobody may see. Each has signs that quotes, JSON and URLs write in another way. */
const secrets = {
  token: "token-of-the-admin/7Yq+zK1w",
  ani: 'ani\'s "kunci" \\1 é',
  aniLater: "ani's/next+kunci&2",
  budi: "budi's kunci=3%41",
  citra: "citra's kunci#4",
  origin: "http://origin-from-a-file.example",
  wrong: "typed<by>mistake;5",
  bearer: "bearer-of.a.client-6",
  basic: "basic of a client 7",
  service: "Bearer key/of+a.service;8",
  jwt: "secret'of=tokens+9/of-thirty-two-bytes",
  judged: "judged<by>somebody;10",
};

/** The ways in which a text may be written. */
function spellings(text: string): string[] {
  const bytes = Buffer.from(text);
  return [
    ...[text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text), bytes.toString("hex")],
    ...[bytes.toString("latin1"), bytes.toString("base64").replace(/=+$/, ""), bytes.toString("base64url")],
  ];
}

/** A text, and what is in it as base64 or in hexadecimal: bytes of the traffic are shown so. */
function unfolded(text: string): string {
  const base64 = text.match(/[\w+/-]{16,}/g) ?? [];
  const hex = text.match(/(?:[0-9a-f]{2}){8,}/gi) ?? [];
  const bytes = [
    ...base64.map((each) => Buffer.from(each, "base64")),
    ...hex.map((each) => Buffer.from(each, "hex")),
  ];
  return [text, ...bytes.flatMap((each) => [each.toString(), each.toString("latin1")])].join("\n");
}

/** The secrets that are in a text, in whatever spelling. */
const found = (text: string, all: Readonly<Record<string, string>>): string[] =>
  Object.entries(all)
    .filter(([, secret]) => spellings(secret).some((spelling) => text.includes(spelling)))
    .map(([name]) => name);

interface Setup {
  readonly folder: string;
  readonly file: string;
  readonly secrets: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly yaml: (more?: string) => string;
}

/** A configuration whose secrets come from files, the environment, and the file itself. */
function setUp(format: "json" | "text"): Setup {
  const folder = scratchFolder("secrets");
  const put = (name: string, text: string) => {
    writeFileSync(join(folder, name), `${text}\n`);
    chmodSync(join(folder, name), 0o600);
  };
  const [salt, iterations] = [Buffer.from("salt of citra"), 4096];
  const salted = pbkdf2Sync(secrets.citra, salt, iterations, 32, "sha256");
  const verifier = writeVerifier(verifierOf(salted, salt, iterations));
  put("token", secrets.token);
  put("ani", secrets.ani);
  put("citra", verifier);
  put("origin", secrets.origin);
  put("service", secrets.service);
  // Without openssl only its key is missing among the secrets.
  const tls = openssl.isThere() ? new Authority().issue() : undefined;
  const keyLine = tls && readFileSync(tls.key, "utf8").split("\n")[1];
  const secure = tls ? `, tls: { cert: ${tls.cert}, key: ${tls.key} }` : "";
  const yaml = (more = "") => `
log: { level: debug, format: ${format}, messages: 100000, file: log.txt }
admin: { port: 0, token: "\${file:token}" }
services:
  echo: { port: 0 }
  rest: { port: 0 }
  secure-echo: { role: echo, port: 0${secure} }
  mqtt:
    port: 0
    persistence: { directory: data }
    users:
      - { name: ani, password: "\${file:ani}" }
      - { name: budi, password: "\${BUDI}" }
      - { name: citra, password: "\${file:citra}" }
    listeners:
      - { port: 0, transport: ws, origins: ["\${file:origin}"] }
  judged:
    role: mqtt
    port: 0
    auth: &judges { http: "http://127.0.0.1:1/", authorization: "\${file:service}", jwt: { secret: "\${JWT}" } }
  judged-ws: { role: mqtt, transport: ws, port: 0, auth: *judges }
${more}`;
  const file = join(folder, "lab.yaml");
  writeFileSync(file, yaml());
  // Of a verifier the keys are what is secret.
  const keys = verifier.split("$").at(-1)?.split(":") ?? [];
  const own = { ...secrets, storedKey: keys[0] ?? "", serverKey: keys[1] ?? "" };
  const proofs = { right: proofOf(tokenOf("ani")), forged: proofOf(forgedToken()) };
  const withTokens = { ...own, ...proofs };
  const withKey = keyLine === undefined ? withTokens : { ...withTokens, tlsKey: keyLine };
  return { folder, file, yaml, secrets: withKey, environment: { BUDI: secrets.budi, JWT: secrets.jwt } };
}

/** A token for an hour. */
function tokenOf(sub: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const input = `${part({ alg: "HS256" })}.${part({ sub, exp: Math.floor(Date.now() / 3_600_000) * 3600 + 7200 })}`;
  return `${input}.${createHmac("sha256", secrets.jwt).update(input).digest("base64url")}`;
}

const forgedToken = (): string => `${tokenOf("budi").slice(0, -6)}AAAAAA`;

/** The part of a token without which the rest is worth nothing. */
const proofOf = (token: string): string => token.split(".").at(-1) ?? "";

/** Clients whom a token lets in, or does not, and whom a service is to judge that nobody can ask. */
async function comeByTokens(ports: Record<string, string>): Promise<void> {
  const { judged = "", "judged-ws": webSocket = "" } = ports;
  const outcome = async (password: string) => (await dial(judged, { username: "ani", password })).outcome;
  expect(await outcome(tokenOf("ani"))).toBe("connected");
  expect(await outcome(forgedToken())).toContain("refused");
  expect(await outcome(secrets.judged)).toContain("refused");
  const wsOptions = { headers: { Authorization: `Bearer ${tokenOf("ani")}` } };
  expect((await dial(`ws://127.0.0.1:${webSocket}/mqtt`, { wsOptions })).outcome).toBe("connected");
}

/** Everything that the lab has put out, by where it was. */
class Outputs {
  readonly #texts = new Map<string, string>();

  add(name: string, text: string): void {
    this.#texts.set(name, text);
  }

  get names(): string[] {
    return [...this.#texts.keys()];
  }

  textOf(name: string): string {
    return this.#texts.get(name) ?? "";
  }

  /** Where which of these secrets is. */
  leaks(all: Readonly<Record<string, string>>): string[] {
    return [...this.#texts].flatMap(([name, text]) =>
      found(unfolded(text), all).map((secret) => `${name}: ${secret}`),
    );
  }
}

interface Listed {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** A request to the admin service, with its token. */
class Api {
  readonly #base: string;
  constructor(port: string) {
    this.#base = `http://127.0.0.1:${port}`;
  }

  get(path: string): Promise<Response> {
    return fetch(`${this.#base}${path}`, { headers: { authorization: `Bearer ${secrets.token}` } });
  }

  /** The real port of each service. */
  async ports(): Promise<Record<string, string>> {
    const services = (await (await this.get("/api/services")).json()) as Listed[];
    return Object.fromEntries(
      services.map(({ name, addresses: [first] }) => [name, /\d+$/.exec(first ?? "")?.[0] ?? ""]),
    );
  }

  /** Answers of every path that can be asked for without a body, those of each service too. */
  async collect(outputs: Outputs): Promise<void> {
    const document = (await (await this.get("/openapi.json")).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const names = Object.keys(await this.ports());
    const views = ["sessions", "subscriptions", "retained"];
    const paths = Object.entries(document.paths)
      .filter(([path, methods]) => "get" in methods && !endless.has(path))
      .flatMap(([path]) =>
        path.includes("{name}") ? names.map((name) => path.replace("{name}", name)) : [path],
      )
      .flatMap((path) =>
        path.includes("{view}") ? views.map((view) => path.replace("{view}", view)) : [path],
      );
    for (const path of [...paths, "/openapi.json", "/"])
      outputs.add(`GET ${path}`, await (await this.get(path)).text());
  }

  /** The traffic from now on: its bytes, too, which the lab shows only while somebody watches. */
  async watch(): Promise<{ text: string }> {
    const seen = { text: "" };
    const collect = async (path: string) => {
      const { body } = await this.get(path);
      const decoder = new TextDecoder();
      for await (const chunk of body ?? []) seen.text += decoder.decode(chunk, { stream: true });
    };
    // They end with the lab.
    collect("/api/record").catch(() => {});
    collect("/api/events?kind=open,message,close,bytes&history=100000").catch(() => {});
    await until(() => seen.text.includes("event: ready"));
    return seen;
  }
}

/** Answers that end with the lab: `watch` reads them. */
const endless: ReadonlySet<string> = new Set(["/api/events", "/api/record"]);

/** The reason code of CONNACK, or what else came of it. @param port or a URL */
function dial(
  port: string,
  options: IClientOptions,
  prepare: (client: MqttClient) => void = () => {},
): Promise<{ client: MqttClient; outcome: string }> {
  const client = mqttJs.connect(port.includes(":") ? port : `mqtt://127.0.0.1:${port}`, {
    reconnectPeriod: 0,
    protocolVersion: 5,
    ...options,
  });
  onTestFinished(() => client.endAsync(true));
  prepare(client);
  return new Promise((resolve) => {
    client.once("connect", () => resolve({ client, outcome: "connected" }));
    client.once("error", (error) => resolve({ client, outcome: error.message }));
  });
}

/** Connects with SCRAM-SHA-256, in which the password itself is never sent. */
async function scramLogin(port: string, username: string, password: string): Promise<string> {
  const authenticationMethod = "SCRAM-SHA-256";
  const exchange = new ScramClient(username, password);
  const dialled = dial(
    port,
    { properties: { authenticationMethod, authenticationData: exchange.first } },
    (client) => {
      client.handleAuth = ({ properties }, reply) => {
        const authenticationData = exchange.answer(properties?.authenticationData ?? Buffer.alloc(0));
        reply(undefined, {
          cmd: "auth",
          reasonCode: 0x18,
          properties: { authenticationMethod, authenticationData },
        });
      };
    },
  );
  return (await dialled).outcome;
}

const statusOf = async (port: string, path: string, authorization: string): Promise<number> =>
  (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization } })).status;

describe.each(["json", "text"] as const)("a lab that logs as %s", (format) => {
  test("shows its secrets, and those of its clients, nowhere", async () => {
    const setup = setUp(format);
    const mark = `topic/that/is/no/secret/${format}`;
    const outputs = new Outputs();
    const lab = new Program([...distsrv, "--config", setup.file], { env: setup.environment, input: "" });
    onTestFinished(() => lab.kill());
    await lab.prints("logs counters and clients");
    const adminPort = /Dashboard: http:\/\/[^:\s]+:(\d+)/.exec(lab.stdout)?.[1] ?? "";
    const api = new Api(adminPort);
    const { mqtt = "", rest = "" } = await api.ports();
    const outcome = async (options: IClientOptions) => (await dial(mqtt, options)).outcome;

    const events = await api.watch();

    // Clients with right passwords and wrong ones, in every way that there is.
    const ani = await dial(mqtt, {
      ...{ username: "ani", password: secrets.ani, clientId: "ani", clean: false },
      properties: { sessionExpiryInterval: 1000 },
      will: { topic: "will", payload: Buffer.from("gone") },
    });
    expect(ani.outcome).toBe("connected");
    await ani.client.subscribeAsync(mark, { qos: 1 });
    expect(await outcome({ username: "budi", password: secrets.budi })).toBe("connected");
    expect(await outcome({ username: "citra", password: secrets.citra })).toBe("connected");
    for (const protocolVersion of [4, 5] as const)
      expect(await outcome({ username: "ani", password: secrets.wrong, protocolVersion })).toContain(
        "refused",
      );
    expect(await scramLogin(mqtt, "budi", secrets.budi)).toBe("connected");
    expect(await scramLogin(mqtt, "budi", secrets.wrong)).toContain("refused");
    const basic = `Basic ${Buffer.from(`ani:${secrets.basic}`).toString("base64")}`;
    for (const authorization of [`Bearer ${secrets.bearer}`, basic]) {
      expect(await statusOf(rest, "/add?a=1&b=2", authorization)).toBe(200);
      expect(await statusOf(adminPort, "/api/services", authorization)).toBe(401);
    }
    await comeByTokens(await api.ports());
    await ani.client.publishAsync(mark, "payload", { qos: 1, retain: true });

    // A reload with a mistake in it, one that changes a password, and a file that is not there.
    writeFileSync(setup.file, setup.yaml('  oneway: { port: "${file:ani}" }\n'));
    lab.signal("SIGHUP");
    await lab.prints("services.oneway.port");
    writeFileSync(join(setup.folder, "ani"), `${secrets.aniLater}\n`);
    writeFileSync(setup.file, setup.yaml());
    lab.signal("SIGHUP");
    await lab.prints("changed live (users");
    expect(await outcome({ username: "ani", password: secrets.ani })).toContain("refused");
    expect(await outcome({ username: "ani", password: secrets.aniLater })).toBe("connected");

    await api.collect(outputs);
    await until(() => events.text.includes(mark));
    outputs.add("events", events.text);
    lab.signal("SIGTERM");
    expect((await lab.outcome()).status).toBe(0);
    outputs.add("standard output", lab.stdout);
    outputs.add("standard error", lab.stderr);
    outputs.add("log file", readFileSync(join(setup.folder, "log.txt"), "utf8"));
    const data = join(setup.folder, "data");
    for (const name of readdirSync(data))
      outputs.add(`data/${name}`, readFileSync(join(data, name), "latin1").replace(/\0+/g, ""));
    for (const args of [
      ["store", "dump", "--json", data],
      ["store", "info", data],
      ["check", "--config", setup.file],
    ])
      outputs.add(
        `distsrv ${args[0]} ${args[1]}`,
        await output([...distsrv, ...args], { env: setup.environment }),
      );

    expect(outputs.leaks(setup.secrets)).toEqual([]);
    // And it can be seen that they would have been found.
    for (const where of ["standard output: mark", "log file: mark", "events: mark"])
      expect(outputs.leaks({ mark })).toContain(where);
    expect(outputs.textOf("GET /api/services/mqtt")).toContain('"origins":["***"]');
    expect(outputs.textOf("GET /api/services/mqtt")).toContain('{"name":"ani","password":"***"}');
    expect(outputs.names).toContain("GET /metrics");
    expect(outputs.names).toContain("GET /api/services/mqtt/views/sessions");
    expect(outputs.textOf("distsrv store dump")).toContain('"ani"');
  });
});
