import { describe, expect, onTestFinished, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import mqttJs, { type IClientOptions } from "mqtt";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { unmetAccess, withAccessFiles } from "../../../../src/roles/mqtt/access-files.ts";
import { mqtt } from "../../../../src/roles/mqtt/index.ts";
import {
  type CertifiedName,
  type Credentials,
  openListener,
} from "../../../../src/roles/mqtt/ports/access.ts";
import { reloadableAccess } from "../../../../src/roles/mqtt/users/reloadable-access.ts";
import { Authority, openssl, type Pair } from "../../../support/certificates.ts";
import { connack, connect } from "../../../support/mqtt-packets.ts";
import { testWith } from "../../../support/needs.ts";
import { scratchFolder } from "../../../support/scratch.ts";
import { startRole } from "../../../support/start-role.ts";

const budi = { name: "budi", password: "rahasia" };
const byCn = { cert: "a", key: "b", ca: "c", requireClientCert: true, usernameFrom: "cn" };

const accessWith = (settings: object) => reloadableAccess(mqtt.config.parse({ tls: byCn, ...settings }));

/** What a client is told that gives this name and password, and has this certificate. */
function verdict(settings: object, username?: string, certificate?: CertifiedName, password = "rahasia") {
  const bytes = username === undefined ? undefined : Buffer.from(password);
  const credentials: Credentials = {
    clientId: "c",
    username,
    password: bytes,
    version: 5,
    arrival: { isSecure: true, certificate },
    remote: "",
    listener: openListener,
    isGone: () => false,
  };
  return accessWith(settings).authenticate(credentials);
}

describe("who a client is, where certificates say so", () => {
  const ani = { name: "ani" };

  test("is whom the certificate names; CONNECT may repeat the name, and gives no other", () => {
    const welcome = { reason: Reason.Success, username: "ani" };
    for (const settings of [{}, { users: [budi] }, { users: [budi], anonymous: true }]) {
      expect(verdict(settings, undefined, ani)).toEqual(welcome);
      expect(verdict(settings, "ani", ani)).toEqual(welcome);
      // SASLprep drops a soft hyphen.
      expect(verdict(settings, "a\u{ad}ni", ani)).toEqual(welcome);
      for (const other of ["budi", "", "Ani"])
        expect(verdict(settings, other, ani)).toMatchObject({
          reason: Reason.NotAuthorized,
          message: "the certificate gives another user name",
        });
    }
  });

  test("is nobody where the certificate names nobody, or in letters that mean another name", () => {
    const unclear = { reason: Reason.NotAuthorized, message: "the certificate gives no clear user name" };
    for (const name of [undefined, "a\u{ad}ni", "ａｎｉ"]) {
      expect(verdict({}, undefined, { name })).toEqual(unclear);
      expect(verdict({ users: [budi] }, "budi", { name })).toEqual(unclear);
    }
  });

  test("is no name without a password on another listener, where no users are listed", () => {
    expect(verdict({}, "ani")).toMatchObject({ reason: Reason.NotAuthorized });
    expect(verdict({}, undefined)).toBe(Reason.Success);
    expect(verdict({ anonymous: true }, undefined)).toBe(Reason.Success);
    expect(verdict({ anonymous: false }, undefined)).toBe(Reason.NotAuthorized);
  });

  test("is asked of the users on another listener, where some are listed", async () => {
    expect(await verdict({ users: [budi] }, "budi")).toEqual({ reason: Reason.Success, username: "budi" });
    expect(await verdict({ users: [budi] }, "budi", undefined, "falsch")).toEqual({
      reason: Reason.BadUserNameOrPassword,
    });
    expect(await verdict({ users: [budi] }, "ani")).toEqual({ reason: Reason.BadUserNameOrPassword });
    expect(await verdict({ users: [budi] }, undefined)).toBe(Reason.NotAuthorized);
  });

  test("keeps a session for its user", () => {
    const access = accessWith({});
    const certified = { clientId: "c", username: "ani", isCertified: true } as const;
    expect(access.mayTakeOver(certified, "ani")).toBe(true);
    expect(access.mayTakeOver(certified, "budi")).toBe(false);
    expect(access.mayTakeOver({ clientId: "c", username: undefined }, "ani")).toBe(false);
  });

  test("outlives a reload of the users, which passwords and anonymous clients do not", () => {
    const config = (settings: object) => mqtt.config.parse({ tls: byCn, ...settings });
    const { mayStay } = accessWith({ users: [budi], anonymous: true }).change(config({ anonymous: false }));
    expect(mayStay({ clientId: "c", username: "ani", isCertified: true }, openListener)).toBe(true);
    expect(mayStay({ clientId: "c", username: "budi" }, openListener)).toBe(false);
    expect(mayStay({ clientId: "c", username: undefined }, openListener)).toBe(false);
  });
});

describe("rules for users whom certificates name", () => {
  const access = [
    { user: "ani", publish: "kelas/ani/#" },
    { group: "dosen", publish: "nilai" },
    { publish: "rumah/%u/#" },
  ];
  const mayPublish = (settings: object, username: string | undefined, topic: string) =>
    accessWith({ access, ...settings })
      .permissionsOf({ clientId: "c", username })
      .mayPublish(topic);
  const sri = { name: "bu-sri", password: "s", groups: ["dosen"] };

  test("hold without a list of users, and beside one", () => {
    for (const settings of [{}, { users: [sri] }]) {
      expect(mayPublish(settings, "ani", "kelas/ani/x")).toBe(true);
      expect(mayPublish(settings, "budi", "kelas/ani/x")).toBe(false);
      expect(mayPublish(settings, "budi", "rumah/budi/x")).toBe(true);
      expect(mayPublish(settings, "budi", "rumah/ani/x")).toBe(false);
      expect(mayPublish(settings, undefined, "kelas/ani/x")).toBe(false);
    }
    expect(mayPublish({ users: [sri] }, "bu-sri", "nilai")).toBe(true);
    expect(mayPublish({ users: [sri] }, "ani", "nilai")).toBe(false);
  });

  test("give nothing to a name that nobody has proved, where no listener takes names from certificates", () => {
    expect(mayPublish({ tls: undefined }, "ani", "kelas/ani/x")).toBe(false);
  });

  test("may name users whom no list has, and still no groups that nobody has", () => {
    const config = (settings: object) => mqtt.config.parse({ access, ...settings });
    const messages = (settings: object) =>
      [...unmetAccess(config(settings))].map(({ path, message }) => `${path.join(".")}: ${message}`);
    expect(messages({ tls: byCn, users: [sri] })).toEqual([]);
    expect(messages({ listeners: [{ port: 1, tls: byCn }], users: [sri] })).toEqual([]);
    expect(messages({ tls: byCn })).toEqual([
      'access.1.group: names the group "dosen", and no user has it in its groups',
    ]);
    expect(messages({ users: [sri] })).toEqual([
      'access.0.user: names the user "ani", and there is no such user',
    ]);
  });
});

test("a rule of an acl_file for somebody who does not exist is named by its file and line", () => {
  const path = join(scratchFolder("acl"), "acl");
  writeFileSync(path, "user ani\ntopic read a\n\nuser bud\ntopic read b\n");
  const users = [{ name: "ani", password: "rahasia" }];
  const config = withAccessFiles(mqtt.config.parse({ users, access: path }), (file) => file);
  expect([...unmetAccess(config)]).toEqual([
    {
      path: ["access"],
      message: `${path}:5: names the user "bud", and there is no such user`,
    },
  ]);
});

describe("the settings", () => {
  const issues = (config: unknown) =>
    mqtt.config.safeParse(config).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

  test("usernameFrom needs certificates to take a name from", () => {
    const message =
      "needs requireClientCert: true beside it, or there is no certificate to take the name from";
    expect(issues({ tls: { cert: "a", key: "b", usernameFrom: "cn" } })).toEqual([
      `tls.usernameFrom: ${message}`,
    ]);
    const tls = { ...byCn, requireClientCert: undefined, ca: undefined };
    expect(issues({ listeners: [{ port: 1, tls }] })).toEqual([`listeners.0.tls.usernameFrom: ${message}`]);
    expect(issues({ tls: { ...byCn, requireClientCert: undefined, requestClientCertificate: true } })).toBe(
      undefined,
    );
    expect(issues({ tls: { ...byCn, usernameFrom: "email" } })?.[0]).toStartWith("tls.usernameFrom: ");
  });

  test("anonymous: false may stand without users, where certificates name them", () => {
    expect(issues({ tls: byCn, anonymous: false })).toBeUndefined();
    expect(issues({ listeners: [{ port: 1, tls: byCn }], anonymous: false })).toBeUndefined();
    expect(issues({ tls: { ...byCn, usernameFrom: undefined }, anonymous: false })).toEqual([
      "anonymous: must not be false without users: nobody could connect",
    ]);
  });
});

const testTls = testWith(openssl);
const authority = openssl.isThere() ? new Authority() : undefined;
const ani = authority?.issue("ani", 60, { subject: "/O=Lab/CN=ani", names: "email:ani@lab.example" });
const twoNames = authority?.issue("two", 60, { subject: "/CN=ani/CN=budi" });

/** A service that takes user names from there, and one more listener: on WebSocket, over TLS as well. */
async function start(usernameFrom: string, more: object = {}) {
  const tls = { ...authority!.issue(), ca: authority!.cert, requireClientCert: true, usernameFrom };
  const listeners = [{ transport: "ws", port: 0, tls }, { port: 0 }];
  const { service } = await startRole(mqtt, { tls, listeners, ...more });
  const [tcp, ws, open] = service.addresses.map(({ port }) => port);
  const usernames = () =>
    (service.views?.sessions?.({}) as { username: string }[] | undefined)?.map(({ username }) => username);
  const secure = [`mqtts://127.0.0.1:${tcp}`, `wss://127.0.0.1:${ws}/mqtt`];
  return { service, usernames, secure, port: tcp!, open: `mqtt://127.0.0.1:${open}` };
}

/** The reason code that a client is answered with; 0: it is connected, until the test is over. */
async function dial(url: string, pair: Pair | undefined, options: IClientOptions = {}): Promise<number> {
  const own = pair && { cert: readFileSync(pair.cert), key: readFileSync(pair.key) };
  const base = { ca: authority!.pem, reconnectPeriod: 0, protocolVersion: 5 } as const;
  const client = mqttJs.connect(url, { ...base, ...own, ...options });
  onTestFinished(() => client.endAsync(true));
  return await new Promise<number>((resolve, reject) => {
    client.once("connect", () => resolve(0));
    client.once("error", (error) => ("code" in error ? resolve(Number(error.code)) : reject(error)));
  });
}

describe("a service whose listeners take names from certificates", () => {
  for (const [source, expected] of [
    ["cn", "ani"],
    ["san", "ani@lab.example"],
    ["dn", "CN=ani,O=Lab"],
  ] as const)
    testTls(`by ${source} has the client as ${expected}, over TLS and over WebSocket`, async () => {
      const { secure, usernames } = await start(source);
      for (const url of secure) {
        expect(await dial(url, ani)).toBe(0);
        expect(await dial(url, ani, { username: expected, password: "ignored" })).toBe(0);
        expect(await dial(url, ani, { username: "budi" })).toBe(Reason.NotAuthorized);
        // Not authorized, of 3.1.1.
        expect(await dial(url, ani, { username: "budi", protocolVersion: 4 })).toBe(5);
      }
      expect(usernames()).toEqual([expected, expected, expected, expected]);
    });

  testTls("refuses a certificate with two names, and a name without a certificate", async () => {
    const { secure, open, usernames } = await start("cn");
    for (const url of secure) expect(await dial(url, twoNames)).toBe(Reason.NotAuthorized);
    expect(await dial(open, undefined, { username: "ani" })).toBe(Reason.NotAuthorized);
    expect(await dial(open, undefined)).toBe(0);
    expect(usernames() as unknown[]).toEqual([null]);
  });

  testTls("takes no authentication method beside the certificate", async () => {
    const { secure, open } = await start("cn", { users: [budi] });
    const properties = {
      authenticationMethod: "SCRAM-SHA-256",
      authenticationData: Buffer.from("n,,n=budi,r=x"),
    };
    for (const url of secure)
      expect(await dial(url, ani, { properties })).toBe(Reason.BadAuthenticationMethod);
    expect(await dial(open, undefined, { username: "budi", password: "rahasia" })).toBe(0);
  });

  for (const version of ["-tls1_2", "-tls1_3"])
    testTls(`knows the client of a session that is resumed (${version.slice(1)})`, async () => {
      const { port, usernames } = await start("cn");
      const ticket = join(authority!.folder, `mqtt-ticket${version}`);
      const login = (client: string, ...options: string[]) =>
        opensslLogin(port, client, version, "-cert", ani!.cert, "-key", ani!.key, ...options);
      expect(await login("first", "-sess_out", ticket)).toContain("New, ");
      expect(await login("second", "-sess_in", ticket)).toContain("Reused, ");
      expect(usernames()).toEqual(["ani", "ani"]);
    });
});

/** Connects by openssl's client until the test is over. @returns what it printed until the broker has let it in */
async function opensslLogin(port: number, clientId: string, ...options: readonly string[]): Promise<string> {
  const command = ["openssl", "s_client", "-nocommands", "-connect", `127.0.0.1:${port}`, ...options];
  const client = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "ignore" });
  onTestFinished(() => client.kill());
  client.stdin.write(connect(clientId));
  client.stdin.flush();
  let said = "";
  for await (const chunk of client.stdout) {
    said += Buffer.from(chunk).toString("latin1");
    if (said.includes(connack.toString("latin1"))) return said;
  }
  throw new Error(`The broker did not let openssl's client in: ${said}`);
}
