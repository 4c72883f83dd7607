import { describe, expect, onTestFinished } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import tls from "node:tls";
import type { DescriptorBudget } from "../../../src/core/descriptors.ts";
import { type TlsSetting, tlsField } from "../../../src/core/tls-setting.ts";
import { unobserved } from "../../../src/core/traffic.ts";
import { listenTcp, type TcpConnection, type TcpHandler } from "../../../src/net/tcp/server.ts";
import { readTlsFiles } from "../../../src/net/tcp/tls-files.ts";
import { termProblems } from "../../../src/net/tcp/tls-terms.ts";
import { Authority, openssl, type Pair, rsaKey } from "../../support/certificates.ts";
import { testWith } from "../../support/needs.ts";
import { RawClient } from "../../support/raw-client.ts";
import { rejects } from "../../support/rejects.ts";
import { until } from "../../support/until.ts";

const authority = openssl.isThere() ? new Authority() : undefined;
const ours = authority?.issue();
const testTls = testWith(openssl);

const echo: TcpHandler<undefined> = {
  open: () => undefined,
  data: (connection, chunk) => void connection.write(chunk),
};

/** With our certificate and all defaults, but for these. */
function settingOf(files: Partial<TlsSetting> = {}): TlsSetting {
  const setting = tlsField.parse({ ...ours! });
  if (setting === undefined) throw new Error("there is no setting");
  return { ...setting, ...files };
}

async function listen<S>(
  handler: TcpHandler<S>,
  files: Partial<TlsSetting> = {},
  more: {
    readonly handshakeTimeout?: number;
    readonly pauseWhenFull?: boolean;
    readonly descriptors?: DescriptorBudget;
  } = {},
) {
  const log: string[] = [];
  const note = (line: string) => void log.push(line);
  const server = await listenTcp<S>(
    {
      service: "test",
      log: { debug: note, info: note, warning: note, error: note },
      traffic: unobserved,
      thread: 0,
      joins: false,
      descriptors: more.descriptors,
    },
    {
      host: "127.0.0.1",
      port: 0,
      pauseWhenFull: more.pauseWhenFull ?? true,
      tls: {
        setting: settingOf(files),
        handshakeTimeout: more.handshakeTimeout ?? 5000,
      },
    },
    handler,
  );
  onTestFinished(() => server.stop(AbortSignal.abort()));
  return { server, port: server.address.port, log };
}

async function dial(port: number, pair?: Pair): Promise<tls.TLSSocket> {
  const files = pair && { cert: await Bun.file(pair.cert).text(), key: await Bun.file(pair.key).text() };
  const socket = tls.connect({ host: "127.0.0.1", port, ca: authority!.pem, ...files });
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", () => resolve());
    socket.once("error", reject);
  });
  return socket;
}

function collect(socket: tls.TLSSocket): { bytes(): Buffer } {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  return { bytes: () => Buffer.concat(chunks) };
}

describe("TLS", () => {
  testTls("bytes come back, and the client trusts the certificate", async () => {
    const { port, server } = await listen(echo);
    expect(server.address.transport).toBe("tls");
    const socket = await dial(port);
    expect(socket.authorized).toBe(true);
    const heard = collect(socket);
    socket.write("halo");
    await until(() => heard.bytes().toString() === "halo");
  });

  testTls(
    "twenty megabytes in odd pieces go both ways unchanged, to a reader that stops in between",
    async () => {
      const { port } = await listen(echo);
      const socket = await dial(port);
      const sent = Buffer.alloc(20_000_000);
      for (let i = 0; i < sent.length; i += 4) sent.writeUInt32LE(i, i);
      for (let at = 0, size = 1; at < sent.length; at += size, size = (size * 7 + 13) % 300_007) {
        socket.write(sent.subarray(at, at + size));
      }
      const heard = collect(socket);
      socket.pause();
      setTimeout(() => socket.resume(), 100);
      await until(() => heard.bytes().length >= sent.length);
      expect(heard.bytes().equals(sent)).toBe(true);
    },
  );

  testTls(
    "many small writes to a slow reader are bounded by nothing but the role, and all arrive in order",
    async () => {
      const { port, server } = await listen(
        {
          open: () => undefined,
          data: (connection) => {
            for (let i = 0; i < 40_000; i++) connection.write(Buffer.from(`${String(i).padStart(249)}\n`));
            connection.end();
          },
        },
        {},
        { pauseWhenFull: false },
      );
      const socket = await dial(port);
      socket.write("go");
      socket.pause();
      await until(() => [...server.connections].some(({ buffered }) => buffered > 1_000_000));
      const heard = collect(socket);
      const ended = new Promise((resolve) => socket.once("end", resolve));
      socket.resume();
      await ended;
      const lines = heard.bytes().toString().trimEnd().split("\n");
      expect(lines.map(Number)).toEqual(Array.from({ length: 40_000 }, (_, i) => i));
    },
  );

  testTls("the server's last words arrive before its end", async () => {
    const { port } = await listen({
      open: () => undefined,
      data: (connection) => {
        connection.write(Buffer.from("goodbye"));
        connection.end();
      },
    });
    const socket = await dial(port);
    const heard = collect(socket);
    const ended = new Promise((resolve) => socket.once("end", resolve));
    socket.write("x");
    await ended;
    expect(heard.bytes().toString()).toBe("goodbye");
  });

  testTls("a client that is paused from the beginning is read no further than one chunk", async () => {
    let isPaused = false;
    const open = (connection: TcpConnection<void>) => {
      connection.pause();
      isPaused = true;
    };
    const { port, server } = await listen({ open, data: () => {} });
    const socket = await dial(port);
    const received = () => server.stats().bytes_received_total ?? 0;
    socket.write(Buffer.alloc(40_000_000));
    await until(() => isPaused);
    // The handshake's last segment may contain the first bytes: they are decrypted already.
    await Bun.sleep(50); // silence is what is asserted
    expect(received()).toBeLessThan(1_000_000);
    const [connection] = server.connections;
    connection!.resume();
    await until(() => received() === 40_000_000);
  });

  testTls("a client that is paused in between is read no further than what has come", async () => {
    const { port, server } = await listen({
      open: () => undefined,
      data: (connection) => connection.pause(),
    });
    const socket = await dial(port);
    const received = () => server.stats().bytes_received_total ?? 0;
    socket.write(Buffer.alloc(40_000_000));
    await until(() => received() > 0);
    await Bun.sleep(50); // silence is what is asserted
    expect(received()).toBeLessThan(1_000_000);
    const [connection] = server.connections;
    await until(() => {
      connection!.resume();
      return received() === 40_000_000;
    });
  });

  testTls("who never finishes its handshake is closed after handshakeTimeout", async () => {
    const { port, server } = await listen(echo, {}, { handshakeTimeout: 700 });
    const served = await dial(port);
    const mute = await RawClient.connect(port);
    const halfway = await RawClient.connect(port);
    halfway.write(Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01));
    await Promise.all([mute.closed, halfway.closed]);
    await until(() => server.stats().connections === 1);
    expect(server.stats()).toMatchObject({ tls_handshakes_failed_total: 2 });
    const heard = collect(served);
    served.write("still");
    await until(() => heard.bytes().toString() === "still");
  });

  testTls("bytes that are no TLS do no harm and reach no role", async () => {
    let opened = 0;
    const { port, server, log } = await listen({ open: () => void opened++, data: () => {} });
    for (const noise of [
      "\x10\x0c\x00\x04MQTT",
      "GET / HTTP/1.1\r\n\r\n",
      crypto.getRandomValues(new Uint8Array(5000)),
    ]) {
      const client = await RawClient.connect(port);
      client.write(noise);
      await client.ended;
      client.end();
    }
    await until(() => server.stats().connections === 0);
    expect(server.stats()).toMatchObject({ tls_handshakes_failed_total: 3, connection_errors_total: 0 });
    expect(opened).toBe(0);
    expect(log[0]).toMatch(/^TLS handshake with 127\.0\.0\.1:\d+ failed: it does not speak TLS$/);
    expect(log[1]).toMatch(/^TLS handshake with 127\.0\.0\.1:\d+ failed: it speaks HTTP without TLS$/);
  });

  testTls("where a client's certificate is asked for, only one of the authority's lets it in", async () => {
    let opened = 0;
    const handler = { ...echo, open: () => void opened++ };
    const { port, server } = await listen(handler, { ca: authority!.cert, requireClientCert: true });
    const known = await dial(port, authority!.issue("client"));
    const heard = collect(known);
    known.write("known");
    await until(() => heard.bytes().toString() === "known");
    // In TLS 1.3 the client has finished before the server looks at its certificate: the end comes after.
    for (const stranger of [undefined, new Authority().issue("client")]) {
      const socket = await dial(port, stranger).catch(() => undefined);
      socket?.on("error", () => {});
      socket?.write("stranger");
      if (socket && !socket.destroyed) await new Promise((resolve) => socket.once("close", resolve));
    }
    await until(() => server.stats().tls_handshakes_failed_total === 2);
    expect(opened).toBe(1);
  });

  testTls("without a free descriptor a client is closed before its handshake", async () => {
    const descriptors = { limit: 64, shared: 0, reserved: 0, share: 0 };
    const { port, server, log } = await listen(echo, {}, { descriptors });
    const client = await RawClient.connect(port);
    await client.closed;
    expect(server.stats()).toMatchObject({ connections: 0, connections_refused_total: 1 });
    expect(log).toEqual([expect.stringContaining("nearly all of the 64 file descriptors")]);
  });
});

describe("what TLS lets in", () => {
  const rsa = authority?.issue("localhost", 60, { key: rsaKey });

  /** The version and the suite that openssl's client gets when it offers these; undefined: nothing. */
  async function agreed(port: number, ...offer: readonly string[]): Promise<string | undefined> {
    const command = ["openssl", "s_client", "-connect", `127.0.0.1:${port}`, ...offer];
    const client = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "ignore" });
    const said = await new Response(client.stdout).text();
    const [, suite] = /^New, \S+, Cipher is (\S+)$/m.exec(said) ?? [];
    return suite === "(NONE)" ? undefined : suite;
  }

  const safe12 = [
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-CHACHA20-POLY1305",
  ];
  const safe13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
  const weak = [
    ...["AES128-SHA", "AES256-SHA", "AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA256"],
    ...["ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA", "ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA384"],
    ...[
      "DHE-RSA-AES128-GCM-SHA256",
      "DHE-RSA-AES256-SHA",
      "DES-CBC3-SHA",
      "AECDH-AES128-SHA",
      "ADH-AES128-SHA",
    ],
    ...["CAMELLIA128-SHA", "NULL-SHA", "ECDHE-RSA-NULL-SHA", "PSK-AES128-CBC-SHA"],
  ];
  const anyLevel = (suite: string) => ["-tls1_2", "-cipher", `${suite}:@SECLEVEL=0`];

  testTls(
    "suites of TLS 1.2 with forward secrecy and authenticated encryption, and those of 1.3",
    async () => {
      const { port } = await listen(echo, rsa);
      for (const suite of safe12) expect(await agreed(port, ...anyLevel(suite))).toBe(suite);
      for (const suite of safe13) expect(await agreed(port, "-tls1_3", "-ciphersuites", suite)).toBe(suite);
      const refused = await Promise.all(
        weak.map(async (suite) => [suite, await agreed(port, ...anyLevel(suite))]),
      );
      expect(refused).toEqual(weak.map((suite) => [suite, undefined]));
      for (const version of ["-tls1", "-tls1_1"])
        expect(await agreed(port, version, "-cipher", "ALL:@SECLEVEL=0")).toBeUndefined();
    },
  );

  testTls("no CBC and no static RSA with a key of elliptic curves either", async () => {
    const { port } = await listen(echo);
    const suite = "ECDHE-ECDSA-AES128-GCM-SHA256";
    expect(await agreed(port, ...anyLevel(suite))).toBe(suite);
    expect(await agreed(port, ...anyLevel("ECDHE-ECDSA-AES128-SHA"))).toBeUndefined();
  });

  testTls("of the suites that both know, the first one of the server's list", async () => {
    const { port } = await listen(echo, rsa);
    expect(await agreed(port, "-tls1_2", "-cipher", safe12.toReversed().join(":"))).toBe(safe12[0]);
  });

  testTls("nothing below minVersion", async () => {
    const { port, log } = await listen(echo, { ...rsa, minVersion: "1.3" });
    expect(await agreed(port, "-tls1_2")).toBeUndefined();
    expect(await agreed(port, "-tls1_3")).toBe("TLS_AES_256_GCM_SHA384");
    await until(() => log.some((line) => line.includes("no version of TLS that is allowed here")));
  });

  testTls("the suites that ciphers names alone, with a warning of those that are weak", async () => {
    const { port, log } = await listen(echo, {
      ...rsa,
      ciphers: ["ECDHE-RSA-AES256-GCM-SHA384", "AES128-SHA"],
    });
    expect(log).toEqual([
      "tls.ciphers allows AES128-SHA, which lack forward secrecy or authenticated encryption",
    ]);
    expect(await agreed(port, ...anyLevel("AES128-SHA"))).toBe("AES128-SHA");
    expect(await agreed(port, ...anyLevel("ECDHE-RSA-AES128-GCM-SHA256"))).toBeUndefined();
    await until(() =>
      log.some((line) => line.includes("no cipher suite that is allowed here (tls.ciphers)")),
    );
  });
});

/** Whether the listener answers who shows this certificate. */
async function isLetIn(port: number, pair: Pair | undefined): Promise<boolean> {
  const socket = await dial(port, pair).catch(() => undefined);
  if (socket === undefined) return false;
  socket.on("error", () => {});
  const heard = collect(socket);
  socket.write("halo");
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await Promise.race([closed, until(() => heard.bytes().length > 0)]);
  return heard.bytes().toString() === "halo";
}

describe("certificates that are revoked", () => {
  const [known, revoked] = authority ? [authority.issue("ani"), authority.issue("budi")] : [];
  const members = { ca: authority?.cert, requireClientCert: true };

  testTls("are not let in, and the log says whose it was", async () => {
    const crl = [authority!.revoke([revoked!])];
    const { port, log, server } = await listen(echo, { ...members, crl });
    expect(await isLetIn(port, known)).toBe(true);
    expect(await isLetIn(port, revoked)).toBe(false);
    await until(() => server.stats().tls_handshakes_failed_total === 1);
    expect(log).toEqual([
      expect.stringMatching(
        /^TLS handshake with 127\.0\.0\.1:\d+ failed: its certificate \(CN=budi; serial number [0-9A-F]+\) is revoked$/,
      ),
    ]);
  });

  testTls("are found in whichever list of whichever file they are", async () => {
    const stranger = new Authority("another authority");
    const both = join(authority!.folder, "both.pem");
    writeFileSync(
      both,
      [stranger.revoke([]), authority!.revoke([revoked!])].map((file) => readFileSync(file, "utf8")).join(""),
    );
    for (const crl of [[both], [stranger.revoke([]), authority!.revoke([revoked!])]]) {
      const { port } = await listen(echo, { ...members, crl });
      expect(await isLetIn(port, known)).toBe(true);
      expect(await isLetIn(port, revoked)).toBe(false);
    }
  });

  testTls("keep all others outside whose list is forged, missing, or out of date", async () => {
    const namesake = new Authority();
    const past = ["-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200201000000Z"];
    const future = ["-crl_lastupdate", "20400101000000Z", "-crl_nextupdate", "20410201000000Z"];
    const lists = [
      [namesake.revoke([]), "is not signed by its authority"],
      [authority!.revoke([], ...past), "list in tls.crl has expired"],
      [authority!.revoke([], ...future), "list in tls.crl is not valid yet"],
    ] as const;
    for (const [list, why] of lists) {
      const { port, log } = await listen(echo, { ...members, crl: [list] });
      expect(await isLetIn(port, known)).toBe(false);
      await until(() => log.some((line) => line.includes(why)));
    }
  });

  testTls("are not let in either with a ticket from before they were revoked", async () => {
    const { port, server } = await listen(echo, { ...members, crl: [authority!.revoke([])] });
    const resumed = async (version: string) => {
      const file = join(authority!.folder, `session${version}`);
      const shown = ["-cert", revoked!.cert, "-key", revoked!.key, version];
      const first = await opensslClient(port, "-sess_out", file, ...shown);
      return { first, again: () => opensslClient(port, "-sess_in", file, ...shown) };
    };
    const tickets = [await resumed("-tls1_2"), await resumed("-tls1_3")];
    for (const { first, again } of tickets) {
      expect(first).toMatch(/^New, .*heard halo/ms);
      expect(await again()).toMatch(/^Reused, .*heard halo/ms);
    }
    expect(await server.renewTls(settingOf({ ...members, crl: [authority!.revoke([revoked!])] }))).toBe(true);
    for (const { again } of tickets) expect(await again()).not.toContain("heard halo");
    expect(await isLetIn(port, revoked)).toBe(false);
    expect(await isLetIn(port, known)).toBe(true);
  });
});

/** What openssl's client prints when it says something, and waits for the answer or the end. */
async function opensslClient(port: number, ...options: readonly string[]): Promise<string> {
  const command = ["openssl", "s_client", "-connect", `127.0.0.1:${port}`, ...options];
  const client = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "ignore" });
  let said = "";
  client.stdin.write("heard halo\n");
  client.stdin.flush();
  for await (const chunk of client.stdout) {
    said += Buffer.from(chunk).toString();
    if (said.includes("heard halo")) client.stdin.end();
  }
  return said;
}

describe("renewed certificates", () => {
  testTls("are shown to new clients, while old ones stay connected", async () => {
    const [first, second] = [authority!.issue("first"), authority!.issue("second")];
    const { port, server } = await listen(echo, first);
    const old = await dial(port);
    expect(old.getPeerCertificate().subject.CN).toBe("first");
    expect(await server.renewTls(settingOf(first))).toBe(false);
    expect(await server.renewTls(settingOf(second))).toBe(true);
    const young = await dial(port);
    expect(young.getPeerCertificate().subject.CN).toBe("second");
    for (const socket of [old, young]) {
      const heard = collect(socket);
      socket.write("both");
      await until(() => heard.bytes().toString() === "both");
    }
  });

  testTls("that cannot be used leave everything as it is", async () => {
    const { port, server } = await listen(echo, authority!.issue("first"));
    const other = settingOf({ ...authority!.issue("second"), key: ours!.key });
    expect(server.renewTls(other)).rejects.toThrow("is not the key of the certificate");
    const socket = await dial(port);
    expect(socket.getPeerCertificate().subject.CN).toBe("first");
  });

  testTls("may come with versions, suites, and a demand for certificates of clients", async () => {
    const { port, server } = await listen(echo);
    const next = settingOf({ minVersion: "1.3", ca: authority!.cert, requireClientCert: true });
    expect(await server.renewTls(next)).toBe(true);
    expect(await isLetIn(port, undefined)).toBe(false);
    const client = await dial(port, authority!.issue("client"));
    expect(client.getProtocol()).toBe("TLSv1.3");
    const heard = collect(client);
    client.write("halo");
    await until(() => heard.bytes().toString() === "halo");
  });
});

describe("what is wrong with certificates", () => {
  const codes = (files: Partial<TlsSetting>, now = Date.now()) =>
    termProblems(readTlsFiles(settingOf(files)).terms, now).map(({ code }) => code);

  testTls("is a problem of the service, and a warning at its start", async () => {
    const { server, log } = await listen(echo, authority!.issue("localhost", 10));
    expect(server.problems()).toMatchObject([{ code: "tls-certificate-expires", values: { days: 9 } }]);
    expect(log).toEqual([
      expect.stringMatching(/^The certificate of CN=localhost in .* expires on .*, in 9 days$/),
    ]);
  });

  testTls("is said fourteen days before the end, at the end, and before the beginning", () => {
    const pair = authority!.issue("localhost", 20);
    const day = 86_400_000;
    const now = Date.now();
    expect(codes(pair, now)).toEqual([]);
    expect(codes(pair, now + 5 * day)).toEqual([]);
    expect(codes(pair, now + 7 * day)).toEqual(["tls-certificate-expires"]);
    expect(codes(pair, now + 21 * day)).toEqual(["tls-certificate-expired"]);
    expect(codes(pair, now - day)).toEqual(["tls-certificate-early"]);
  });

  testTls("is found in authorities and revocation lists, too", () => {
    const members = { ca: authority!.cert, requireClientCert: true, crl: [authority!.revoke([])] };
    const day = 86_400_000;
    const now = Date.now();
    expect(codes(members, now)).toEqual([]);
    expect(codes(members, now + 29.5 * day)).toEqual(["tls-crl-expires"]);
    expect(codes(members, now + 31 * day)).toEqual(["tls-crl-expired"]);
    expect(codes(members, now + 61 * day)).toEqual([
      ...["tls-certificate-expired", "tls-certificate-expired", "tls-crl-expired"],
    ]);
  });
});

describe("the files of TLS", () => {
  const complaint = (files: Partial<TlsSetting>) => {
    try {
      readTlsFiles(settingOf(files));
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };

  testTls("that can be used are not complained of", () => {
    expect(complaint({})).toBeUndefined();
    expect(complaint({ ca: authority!.cert, requireClientCert: true })).toBeUndefined();
    expect(complaint({ crl: [authority!.revoke([])] })).toBeUndefined();
  });

  testTls("that cannot be used are named, with what is wrong", () => {
    const other = authority!.issue();
    expect(complaint({ cert: "/nowhere/server.crt" })).toBe(
      "Cannot use /nowhere/server.crt as tls.cert: ENOENT: no such file or directory",
    );
    expect(complaint({ cert: ours!.key })).toContain(
      `${ours!.key} as tls.cert: it holds no certificate in PEM`,
    );
    expect(complaint({ key: ours!.cert })).toContain(
      `${ours!.cert} as tls.key: it holds no private key in PEM`,
    );
    expect(complaint({ key: other.key })).toBe(
      `Cannot use ${other.key} as tls.key: it is not the key of the certificate in ${ours!.cert}`,
    );
    expect(complaint({ ca: ours!.key })).toContain("as tls.ca: it holds no certificate");
    expect(complaint({ crl: [ours!.cert] })).toContain("as tls.crl: it holds no revocation list in PEM");
    const broken = join(authority!.folder, "broken.pem");
    writeFileSync(broken, "-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n");
    expect(complaint({ crl: [broken] })).toContain("as tls.crl: a revocation list in it cannot be read");
  });

  testTls(
    "are read before the port is taken, and a mistake of theirs is the reason of the failure",
    async () => {
      await rejects(
        listen(echo, { key: authority!.issue().key }),
        /^Cannot start "test" on TCP 127\.0\.0\.1:0 with TLS$/,
      );
    },
  );
});
