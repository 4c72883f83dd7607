import { describe, expect, onTestFinished, test } from "bun:test";
import { createPublicKey } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import mqttJs, { type IClientOptions } from "mqtt";
import { Authority, openssl } from "../support/certificates.ts";
import { type Lab, startServer } from "../support/lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { output, run } from "../support/program.ts";
import { scratchFolder } from "../support/scratch.ts";
import { until } from "../support/until.ts";

/*
 * Somebody else decides who comes in: a service behind Bun.serve, and tokens that openssl has signed, for the clients of
 * Mosquitto and MQTT.js.
 */

const password = "sandi yang rahasia";
const key = "Bearer kunci-layanan";

/** A service that lets `ani` in with her password, `budi` with rules, `sebentar` for a second, and is asked with a key. */
function authService() {
  const asked: Record<string, unknown>[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      if (request.headers.get("authorization") !== key) return new Response("who are you?", { status: 500 });
      const question = (await request.json()) as Record<string, unknown>;
      asked.push(question);
      if (question.password !== password) return Response.json({ allow: false }, { status: 401 });
      if (question.username === "ani") return new Response(null, { status: 204 });
      if (question.username === "budi")
        return Response.json({ allow: true, rules: [{ publish: "rumah/%u/#", subscribe: "rumah/#" }] });
      if (question.username === "sebentar") return Response.json({ allow: true, expiresIn: 1 });
      if (question.username === "diblokir") return new Response("blocked", { status: 403 });
      return Response.json({ allow: false, message: "nobody of that name" });
    },
  });
  onTestFinished(() => server.stop(true));
  return { server, asked, url: `http://127.0.0.1:${server.port}/mqtt` };
}

async function start(mqtt: string, folder = scratchFolder("auth"), env: Record<string, string> = {}) {
  const path = join(folder, "lab.yaml");
  const write = (settings: string) =>
    writeFileSync(path, `admin: false\nlog: { level: debug }\nservices: { mqtt: ${settings} }\n`);
  write(mqtt);
  const lab = await startServer(["-c", path], { cleanUp: onTestFinished, env });
  return { lab, port: lab.port("mqtt"), write };
}

/** Publishes with MQTT 5 at QoS 1. @returns what mosquitto_pub says; "": it is taken */
async function publish(port: number, user: string, secret: string, topic = "x", ...more: string[]) {
  const where = ["-h", "127.0.0.1", "-p", String(port), "-V", "mqttv5", "-i", "c1"];
  const command = ["mosquitto_pub", ...where, "-u", user, "-P", secret, "-t", topic, "-m", "x", "-q", "1"];
  const { stdout, stderr } = await run([...command, ...more]);
  return (stdout + stderr).trim();
}

const linesOf = (lab: Lab) => lab.log.map(({ level, message }) => `${level} ${message}`);

/** Waits for a line of the log. */
async function line(lab: Lab, part: string): Promise<string> {
  await until(() => linesOf(lab).some((text) => text.includes(part)));
  return linesOf(lab).find((text) => text.includes(part)) ?? "";
}

/** The reason code that a client is answered with; 0: it is connected. */
async function dial(url: string, options: IClientOptions) {
  const client = mqttJs.connect(url, { reconnectPeriod: 0, protocolVersion: 5, ...options });
  onTestFinished(() => client.endAsync(true));
  const code = await new Promise<number>((resolve, reject) => {
    client.once("connect", () => resolve(0));
    client.once("error", (error) => ("code" in error ? resolve(Number(error.code)) : reject(error)));
  });
  return { client, code };
}

const testMosquitto = testWith(needs.mosquitto);

describe("a service of one's own", () => {
  testMosquitto(
    "decides on clients of Mosquitto, and gives rules; nothing secret is in the log",
    async () => {
      const { server, asked, url } = authService();
      const settings = `{ port: 0, auth: { http: "${url}", authorization: "\${KEY}", cache: 0 } }`;
      const { lab, port } = await start(settings, undefined, { KEY: key });
      expect(await publish(port, "ani", password)).toBe("");
      expect(await publish(port, "ani", "salah")).toContain("Bad User Name or Password");
      expect(await publish(port, "tono", password)).toContain("Bad User Name");
      expect(await publish(port, "budi", password, "rumah/budi/x")).toBe("");
      expect(await publish(port, "budi", password, "rumah/ani/x")).toBe(
        "Warning: Publish 1 failed: Not authorized.",
      );
      expect(asked[0]).toEqual({
        clientId: "c1",
        username: "ani",
        password,
        address: "127.0.0.1",
        tls: false,
        certificateSubject: null,
        protocolVersion: "5.0",
      });
      const servicePort = server.port;
      await server.stop(true);
      expect(await publish(port, "ani", password)).toContain("Server unavailable");
      expect(await line(lab, "Cannot ask")).toBe(
        `warning Cannot ask the authentication service ${url}: Cannot connect to 127.0.0.1:${servicePort}: connection refused; client "c1" at ${remoteIn(lab)} is refused`,
      );
      expect(linesOf(lab).join("\n")).not.toMatch(/sandi yang|kunci-layanan/);
    },
  );

  test("ends a connection when its time is over, and is asked by another URL after a reload", async () => {
    const { url, asked } = authService();
    const settings = (to: string) =>
      `{ port: 0, auth: { http: "${to}", authorization: "${key}", timeout: 5s } }`;
    const { lab, port, write } = await start(settings(url));
    const { client, code } = await dial(`mqtt://127.0.0.1:${port}`, { username: "sebentar", password });
    expect(code).toBe(0);
    const [packet] = await new Promise<{ reasonCode?: number }[]>((resolve) =>
      client.once("disconnect", (...all) => resolve(all)),
    );
    expect(packet?.reasonCode).toBe(0xa0);

    const ani = await dial(`mqtt://127.0.0.1:${port}`, { username: "ani", password });
    const gone = new Promise((resolve) => ani.client.once("close", () => resolve(undefined)));
    const next = authService();
    write(settings(next.url));
    lab.program.signal("SIGHUP");
    await gone;
    expect((await dial(`mqtt://127.0.0.1:${port}`, { username: "ani", password })).code).toBe(0);
    expect([asked.length, next.asked.length]).toEqual([2, 1]);
  });

  testWith(openssl)("hears of the certificate of a client, and lets it in by that", async () => {
    const authority = new Authority();
    const own = authority.issue("ani", 60, { subject: "/O=Lab/CN=ani" });
    const { url, asked } = authService();
    const { cert, key: ownKey } = authority.issue();
    const tls = `{ cert: ${cert}, key: ${ownKey}, ca: ${authority.cert}, requireClientCert: true }`;
    const { port } = await start(
      `{ port: 0, tls: ${tls}, auth: { http: "${url}", authorization: "${key}" } }`,
    );
    const pair = { cert: readFileSync(own.cert), key: readFileSync(own.key), ca: authority.pem };
    await dial(`mqtts://127.0.0.1:${port}`, { ...pair, username: "ani", password });
    expect(asked[0]).toMatchObject({ tls: true, certificateSubject: "CN=ani,O=Lab" });
  });
});

describe("tokens that openssl has signed", () => {
  const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

  /** A key pair of openssl's, and what it signs with it. */
  async function issuer(folder: string, name: string) {
    const [secret, open] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
    const kind = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
    await output(["openssl", "genpkey", ...kind, "-out", secret]);
    await output(["openssl", "pkey", "-in", secret, "-pubout", "-out", open]);
    const token = async (claims: object, header: object = {}) => {
      const input = `${base64({ alg: "RS256", ...header })}.${base64(claims)}`;
      const [data, signature] = [join(folder, "data"), join(folder, "signature")];
      writeFileSync(data, input);
      await output(["openssl", "dgst", "-sha256", "-sign", secret, "-out", signature, data]);
      return `${input}.${readFileSync(signature).toString("base64url")}`;
    };
    return { token, open };
  }

  const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

  testWith(openssl, needs.mosquitto)(
    "let their users in with what they give, over TCP and in a header of a WebSocket",
    async () => {
      const folder = scratchFolder("auth");
      const { token } = await issuer(folder, "keys");
      const ws = "listeners: [{ transport: ws, port: 0 }]";
      const auth = "auth: { jwt: { keys: ./keys.pem, audience: mqtt, issuer: lab } }";
      const access = "access: [{ group: dosen, publish: nilai }, { user: ani, publish: ani }]";
      const { lab, port } = await start(`{ port: 0, ${ws}, ${auth}, ${access} }`, folder);
      const claims = { sub: "ani", aud: "mqtt", iss: "lab", exp: inAnHour() };
      const ani = await token({ ...claims, groups: ["dosen"], rules: [{ publish: "rumah/%u" }] });
      for (const topic of ["ani", "nilai", "rumah/ani"])
        expect(await publish(port, "ani", ani, topic)).toBe("");
      expect(await publish(port, "ani", ani, "rumah/budi")).toContain("Not authorized");
      expect(await publish(port, "ani", await token({ ...claims, aud: "web" }))).toContain("Not authorized");
      expect(await line(lab, "Refused the token")).toEndWith(
        'it is for the audience "web", and not for "mqtt"',
      );
      expect(await publish(port, "ani", await token({ ...claims, exp: 1_700_000_000 }))).toContain(
        "Not authorized",
      );
      expect(await line(lab, "expired")).toEndWith(": it expired at 2023-11-14T22:13:20.000Z");
      expect(await publish(port, "ani", `${ani.slice(0, -6)}AAAAAA`)).toContain("Bad User Name");
      expect(await publish(port, "ani", password)).toContain("Bad User Name");

      const address = `ws://127.0.0.1:${webSocketPort(lab)}/mqtt`;
      const wsOptions = { headers: { Authorization: `Bearer ${ani}` } };
      expect((await dial(address, { wsOptions })).code).toBe(0);
      expect((await dial(address, {})).code).toBe(0x86);
      for (const text of linesOf(lab)) expect(text).not.toContain(ani.split(".")[1]!);
    },
  );

  testWith(openssl, needs.mosquitto)("are checked with keys that are fetched from a URL", async () => {
    const folder = scratchFolder("auth");
    const { token, open } = await issuer(folder, "keys");
    const jwk = createPublicKey(readFileSync(open)).export({ format: "jwk" });
    let fetched = 0;
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => {
        fetched++;
        return Response.json({ keys: [{ ...jwk, kid: "2026", use: "sig", alg: "RS256" }] });
      },
    });
    onTestFinished(() => server.stop(true));
    const { port } = await start(
      `{ port: 0, auth: { jwt: { jwks: "http://127.0.0.1:${server.port}/keys" } } }`,
      folder,
    );
    const claims = { sub: "ani", exp: inAnHour() };
    expect(await publish(port, "ani", await token(claims, { kid: "2026" }))).toBe("");
    expect(await publish(port, "ani", await token(claims, { kid: "2025" }))).toContain("Bad User Name");
    expect(fetched).toBe(1);
  });

  testWith(openssl, needs.mosquitto)(
    "count until their key is taken out of the file, and those of the new one from then on",
    async () => {
      const folder = scratchFolder("auth");
      const [first, second] = [await issuer(folder, "first"), await issuer(folder, "second")];
      const settings = (keys: string) => `{ port: 0, auth: { jwt: { keys: ${keys} } } }`;
      const { lab, port, write } = await start(settings("./first.pem"), folder);
      const claims = { sub: "ani", exp: inAnHour() };
      const [old, renewed] = [await first.token(claims), await second.token(claims)];
      const { client } = await dial(`mqtt://127.0.0.1:${port}`, { username: "ani", password: old });
      const gone = new Promise((resolve) => client.once("close", () => resolve(undefined)));
      expect(await publish(port, "ani", renewed)).toContain("Bad User Name");
      write(settings("./second.pem"));
      lab.program.signal("SIGHUP");
      await gone;
      expect(await publish(port, "ani", renewed)).toBe("");
      expect(await publish(port, "ani", old)).toContain("Bad User Name");
    },
  );
});

/** The port of the second listener. */
const webSocketPort = (lab: Lab): number =>
  Number(lab.log.filter(({ message }) => message === "Listening").map(({ port }) => port)[1]);

/** Where the client came from that could not be asked about. */
const remoteIn = (lab: Lab): string =>
  linesOf(lab)
    .find((text) => text.includes("Cannot ask"))
    ?.match(/at (127\.0\.0\.1:\d+) is refused/)?.[1] ?? "";
