import { describe, expect, onTestFinished } from "bun:test";
import tls from "node:tls";
import type { DescriptorBudget } from "../../../src/core/descriptors.ts";
import { unobserved } from "../../../src/core/traffic.ts";
import { listenTcp, type TcpHandler } from "../../../src/net/tcp/server.ts";
import { readTlsFiles, type TlsFiles } from "../../../src/net/tcp/tls-files.ts";
import { Authority, openssl, type Pair } from "../../support/certificates.ts";
import { testWith } from "../../support/needs.ts";
import { RawClient } from "../../support/raw-client.ts";
import { until } from "../../support/until.ts";

const authority = openssl.isThere() ? new Authority() : undefined;
const ours = authority?.issue();
const testTls = testWith(openssl);

const echo: TcpHandler<undefined> = {
  open: () => undefined,
  data: (connection, chunk) => void connection.write(chunk),
};

async function listen<S>(
  handler: TcpHandler<S>,
  files: Partial<TlsFiles> = {},
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
        files: { ...ours!, requestClientCertificate: false, ...files },
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
    const { port, server } = await listen({ open: (connection) => connection.pause(), data: () => {} });
    const socket = await dial(port);
    const received = () => server.stats().bytes_received_total ?? 0;
    socket.write(Buffer.alloc(40_000_000));
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
    const { port, server } = await listen(echo, {}, { handshakeTimeout: 100 });
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
    const { port, server } = await listen({ open: () => void opened++, data: () => {} });
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
  });

  testTls("where a client's certificate is asked for, only one of the authority's lets it in", async () => {
    let opened = 0;
    const handler = { ...echo, open: () => void opened++ };
    const { port, server } = await listen(handler, { ca: authority!.cert, requestClientCertificate: true });
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

  testTls("an expired certificate is reported in the log", async () => {
    const { log } = await listen(echo, authority!.issue("localhost", 0));
    expect(log.some((line) => line.includes("has expired on"))).toBe(true);
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

describe("the files of TLS", () => {
  const complaint = (files: Partial<TlsFiles>) => {
    try {
      readTlsFiles({ ...ours!, requestClientCertificate: false, ...files });
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };

  testTls("that can be used are not complained of", () => {
    expect(complaint({})).toBeUndefined();
    expect(complaint({ ca: authority!.cert, requestClientCertificate: true })).toBeUndefined();
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
  });

  testTls("are read before the port is taken, and a mistake of theirs is the reason of the failure", () => {
    expect(listen(echo, { key: authority!.issue().key })).rejects.toThrow(
      /^Cannot start "test" on TCP 127\.0\.0\.1:0 with TLS$/,
    );
  });
});
