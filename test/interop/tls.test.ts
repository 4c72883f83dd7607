// A lab whose services all speak TLS, with openssl's client and curl; then its certificates are renewed while clients stay.
import { afterAll, describe, expect } from "bun:test";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { Authority, openssl, type Pair, rsaKey } from "../support/certificates.ts";
import { startLab } from "../support/lab.ts";
import { connack, connect as mqttConnect } from "../support/mqtt-packets.ts";
import { needs, testWith } from "../support/needs.ts";
import { run } from "../support/program.ts";
import { until } from "../support/until.ts";
import { acceptance, frame, upgradeRequest } from "../support/web-socket-frames.ts";

const authority = openssl.isThere() ? new Authority() : undefined;
const client = authority?.issue("ani");
const live = authority && {
  cert: join(authority.folder, "live.crt"),
  key: join(authority.folder, "live.key"),
};

/** Puts this pair where the lab reads its own. */
function install({ cert, key }: Pair): void {
  copyFileSync(cert, live!.cert);
  copyFileSync(key, live!.key);
}

// RSA, so that each suite of RSA could be agreed on.
if (authority) install(authority.issue("before", 60, { key: rsaKey }));

const token = "the-token-of-this-lab";
const own = `cert: ${live?.cert}, key: ${live?.key}`;

const lab = authority
  ? await startLab(`
admin: { port: 0, token: ${token}, tls: { ${own} } }
services:
  echo: { port: 0, tls: &own { ${own} } }
  upcall: { port: 0, tls: *own }
  oneway: { port: 0, tls: *own }
  time: { port: 0, threads: 2, tls: *own }
  rest: { port: 0, tls: *own }
  soap: { port: 0, tls: *own }
  jsonrpc: { port: 0, tls: *own }
  mqtt: { port: 0, tls: *own }
  mqtt-ws: { role: mqtt, port: 0, transport: ws, tls: *own }
  members: { role: rest, port: 0, tls: { ${own}, ca: ${authority.cert}, requireClientCert: true } }
`)
  : undefined;

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;

/** What is said to each service, and what is in its answer. */
const talks: Readonly<Record<string, readonly [string | Uint8Array, string]>> = {
  echo: ["halo", "Echo: halo"],
  upcall: ["halo", "Upcall event: Processing halo"],
  time: ["TIME\r\n", "JAM "],
  rest: [get("/add?a=5&b=9"), '{"result":14}'],
  soap: [get("/?wsdl"), "</wsdl:definitions>"],
  jsonrpc: [get("/"), "HTTP/1.1 405"],
  mqtt: [mqttConnect("a"), connack.toString("latin1")],
  "mqtt-ws": [upgradeRequest(), acceptance],
  admin: [get("/healthz"), '"ok"'],
};

/** Where the same again would be a mistake: a ping. */
const further: typeof talks = {
  mqtt: [Uint8Array.of(0xc0, 0), "\xd0\0"],
  "mqtt-ws": [frame("still there?", { opcode: 9 }), "still there?"],
};

const portOf = (service: string): number => (service === "admin" ? lab!.adminPort : lab!.port(service));

const open: TLSSocket[] = [];
afterAll(() => {
  for (const socket of open) socket.destroy();
});

function dial(service: string): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: portOf(service), ca: authority!.pem };
    const socket = connect(options, () => resolve(socket));
    open.push(socket);
    socket.once("error", reject);
  });
}

/** Says it, and waits until the answer has come. */
async function talk(
  socket: TLSSocket,
  [said, expected]: readonly [string | Uint8Array, string],
): Promise<void> {
  let heard = "";
  const hear = (chunk: Buffer) => {
    heard += chunk.toString("latin1");
  };
  socket.on("data", hear);
  socket.write(said);
  socket.once("close", () => hear(Buffer.from("closed instead")));
  await until(() => heard.includes(expected) || heard.includes("closed instead"));
  expect(heard).toContain(expected);
  socket.off("data", hear);
}

/** Whether openssl's client gets through the handshake. */
async function isSpoken(service: string, ...options: string[]): Promise<boolean> {
  const where = ["-connect", `127.0.0.1:${portOf(service)}`];
  const { stdout } = await run(["openssl", "s_client", ...where, ...options]);
  return /Cipher is [A-Z]/.test(stdout);
}

const testTls = testWith(openssl);
const testCurl = testWith(openssl, needs.curl);

describe("every service over TCP or HTTP, and the admin service", () => {
  for (const service of [...Object.keys(talks), "oneway"]) {
    testTls(`${service} speaks TLS 1.2 and 1.3 with safe suites only`, async () => {
      const weak = (suite: string) => ["-tls1_2", "-cipher", `${suite}:@SECLEVEL=0`];
      expect(await isSpoken(service, "-tls1_3")).toBe(true);
      expect(await isSpoken(service, "-tls1_2")).toBe(true);
      expect(await isSpoken(service, ...weak("ECDHE-RSA-AES128-GCM-SHA256"))).toBe(true);
      expect(await isSpoken(service, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")).toBe(false);
      expect(await isSpoken(service, ...weak("ECDHE-RSA-AES128-SHA"))).toBe(false);
      expect(await isSpoken(service, ...weak("AES128-GCM-SHA256"))).toBe(false);
    });
  }

  testCurl("answer curl, one of them only with a certificate", async () => {
    const curl = async (service: string, path: string, ...options: string[]) => {
      const trust = ["--cacert", authority!.cert, "--resolve", `localhost:${portOf(service)}:127.0.0.1`];
      const url = `https://localhost:${portOf(service)}${path}`;
      return await run(["curl", "-sS", ...trust, ...options, url]);
    };
    expect((await curl("rest", "/add?a=5&b=9")).stdout.trim()).toBe('{"result":14}');
    expect((await curl("soap", "/?wsdl")).stdout).toContain(`https://localhost:${portOf("soap")}/`);
    const bearer = ["-H", `Authorization: Bearer ${token}`];
    expect((await curl("admin", "/metrics", ...bearer)).stdout).toContain("tls_handshakes_failed_total");
    const shown = ["--cert", client!.cert, "--key", client!.key];
    expect((await curl("members", "/add?a=5&b=9", ...shown)).stdout.trim()).toBe('{"result":14}');
    expect((await curl("members", "/add?a=5&b=9")).status).not.toBe(0);
    await lab!.untilLogged("members", "failed: it shows no certificate");
  });
});

describe("renewed certificates", () => {
  testTls("are shown by every service after SIGHUP, while its clients stay", async () => {
    const old = new Map<string, TLSSocket>();
    for (const [service, words] of Object.entries(talks)) {
      const socket = await dial(service);
      expect(socket.getPeerCertificate().subject.CN).toBe("before");
      await talk(socket, words);
      old.set(service, socket);
    }
    install(authority!.issue("after"));
    lab!.program.signal("SIGHUP");
    for (const service of [...Object.keys(talks).filter((name) => name !== "admin"), "oneway", "members"])
      await lab!.untilLogged("distsrv", `${service}: changed live (tls)`);
    await lab!.untilLogged("distsrv", "settings changed: admin.tls");
    for (const service of Object.keys(talks)) {
      // Each thread of a service has a listener of its own.
      for (let i = 0; i < 4; i++) expect((await dial(service)).getPeerCertificate().subject.CN).toBe("after");
    }
    for (const [service, socket] of old) {
      await talk(socket, further[service] ?? talks[service]!);
    }
  });
});
