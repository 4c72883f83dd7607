import { describe, expect, onTestFinished, test } from "bun:test";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { record } from "../../../src/cli/commands/record.ts";
import {
  interfaceDescription,
  interfaceStatistics,
  sectionHeader,
} from "../../../src/protocol/capture/pcapng-writer.ts";
import { analyseFile } from "../../support/analyse.ts";
import { startLab } from "../../support/lab.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { until } from "../../support/until.ts";
import { runCli, SlowReader, startCli } from "../support/run-cli.ts";

const folder = scratchFolder("record");
const token = "0123456789abcdef";
const operator = "operate-0123456789abcdef";
const lab = await startLab(`
admin: { port: 0, token: ${token}, users: [{ name: siti, role: operate, token: ${operator} }] }
services:
  echo: { port: 0 }
`);
const args = (...more: string[]) => ["record", "-p", String(lab.adminPort), ...more];
const as = (DISTSRV_TOKEN: string) => ({ env: { DISTSRV_TOKEN } });

test("--count ends it with a whole file that only its owner may read", async () => {
  const file = join(folder, "lab.pcapng");
  const cli = startCli(record, args("-w", file, "--service", "echo", "--count", "4"), as(token));
  onTestFinished(() => cli.interrupt());
  await until(() => existsSync(file) && statSync(file).size > 0);
  const { promise, resolve } = Promise.withResolvers<void>();
  await Bun.connect({
    hostname: "127.0.0.1",
    port: lab.port("echo"),
    socket: {
      open: (socket) => void socket.write("halo\n"),
      data: (socket) => void socket.end(),
      close: () => resolve(),
    },
  });
  await promise;
  expect(await cli.exit).toBe(0);
  expect(cli.stderr).toEndWith(
    `\n4 packets in ${file}; their story: distcli explain ${file}, or as a document: distcli report ${file} -o report.html\n`,
  );
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const { conversations } = analyseFile(readFileSync(file));
  expect(conversations.length).toBe(1);
});

test("-w - names no file that a command could read", async () => {
  const cli = startCli(record, args("-w", "-", "--service", "echo", "--count", "1"), as(token));
  onTestFinished(() => cli.interrupt());
  await until(() => cli.stdoutBytes.length > 0);
  const client = connect(lab.port("echo"), "127.0.0.1");
  onTestFinished(() => void client.destroy());
  expect(await cli.exit).toBe(0);
  expect(cli.stderr).toEndWith("\n1 packet\n");
  // Else its end would be in the next recording.
  client.resume().end();
  await once(client, "close");
});

test("--seconds ends it, too, without any traffic", async () => {
  const { exit, stderr } = await runCli(
    record,
    args("-w", join(folder, "none.pcapng"), "--seconds", "0.2"),
    as(token),
  );
  expect([exit, stderr]).toEqual([0, expect.stringMatching(/\n0 packets in \S+none\.pcapng\n$/)]);
});

test("--lua writes the script of the services that run beside the file", async () => {
  const [file, script] = [join(folder, "script.pcapng"), join(folder, "script.lua")];
  const { exit, stderr } = await runCli(record, args("-w", file, "--lua", "--seconds", "0.01"), as(token));
  expect([exit, stderr]).toEqual([
    0,
    expect.stringMatching(/; in Wireshark: wireshark -X lua_script:\S+script\.lua \S+script\.pcapng\n$/),
  ]);
  const rows = readFileSync(script, "utf8").match(/^ {2}\{ name = .*$/gm);
  expect(rows).toEqual([
    `  { name = "echo", role = "echo", port = ${lab.port("echo")}, transport = "tcp" },`,
  ]);
  expect(statSync(file).size).toBeGreaterThan(0);
});

test("a script of somebody else stays, and nothing is recorded", async () => {
  const [file, script] = [join(folder, "mine.pcapng"), join(folder, "mine.lua")];
  writeFileSync(script, "-- mine\n");
  const { exit, stderr } = await runCli(record, args("-w", file, "--lua"), as(token));
  expect([exit, stderr]).toEqual([
    2,
    expect.stringContaining(`${script} exists already, and is not as distcli`),
  ]);
  expect([existsSync(file), readFileSync(script, "utf8")]).toEqual([false, "-- mine\n"]);
  const { stderr: why } = await runCli(record, args("-w", "-", "--lua"), as(token));
  expect(why).toContain("name one by -w, or use distcli wireshark");
});

test("a file that is no capture stays, and no script is written beside it", async () => {
  const file = join(folder, "notes.txt");
  writeFileSync(file, "notes");
  const { exit, stderr } = await runCli(record, args("-w", file, "--lua"), as(token));
  expect([exit, stderr]).toEqual([2, expect.stringContaining("a file that is no capture has this name")]);
  expect([readFileSync(file, "utf8"), existsSync(`${file}.lua`)]).toEqual(["notes", false]);
});

test("who may not record gets no file", async () => {
  const file = join(folder, "refused.pcapng");
  const refused = await runCli(record, args("-w", file), as(operator));
  expect(refused.exit).toBe(1);
  expect(refused.stderr).toContain("it takes the role admin, and siti has operate");
  const unknown = await runCli(record, args("-w", file, "--service", "ecco"), as(token));
  expect(unknown.stderr).toContain('There is no service "ecco"');
  expect(existsSync(file)).toBe(false);
});

test("readers that have gone leave their places to others, also without any traffic", async () => {
  const head = `GET /api/record HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  /** @returns the status, and how to go with a FIN and no reset: all that has come is read. */
  const ask = async () => {
    const socket = connect(lab.adminPort, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.write(head);
    const [answer] = (await once(socket, "data")) as [Buffer];
    return { status: answer.toString("latin1").slice(9, 12), leave: () => socket.destroy() };
  };
  const readers = [await ask(), await ask(), await ask(), await ask()];
  expect(readers.map(({ status }) => status)).toEqual(["200", "200", "200", "200"]);
  const isFull = async () => {
    const { status, leave } = await ask();
    leave();
    return status === "503";
  };
  expect(await isFull()).toBe(true);
  for (const { leave } of readers) leave();
  await until(async () => !(await isFull()));
});

test("a connection that ends in the middle of a block leaves the blocks before it", async () => {
  const whole = Buffer.concat([
    sectionHeader("test"),
    interfaceDescription({ linkType: 101, name: "echo", snapLength: 65_536 }),
  ]);
  using short = Bun.serve({
    port: 0,
    fetch: () =>
      new Response(Buffer.concat([whole, whole.subarray(0, 20)]), {
        headers: { "content-type": "application/octet-stream" },
      }),
  });
  const file = join(folder, "short.pcapng");
  const { exit, stderr } = await runCli(record, ["record", "-p", String(short.port), "-w", file]);
  expect(exit).toBe(1);
  expect(stderr).toContain("was cut short after 0 packets: it ended in the middle of a packet");
  expect(readFileSync(file).equals(whole)).toBe(true);
});

describe("Ctrl-C", () => {
  const begin = Buffer.concat([
    sectionHeader("test"),
    interfaceDescription({ linkType: 101, name: "echo", snapLength: 65_536 }),
  ]);
  const last = interfaceStatistics(0, { seconds: 1, nanoseconds: 0 }, { received: 9, dropped: 7 });

  /** A server that says at the end what it has left out, if it is asked for it. */
  async function interrupted(answerEnd: (url: URL) => Response | Promise<Response>) {
    const asked = Promise.withResolvers<void>();
    const server = Bun.serve({
      port: 0,
      fetch: ({ method, url }) => {
        if (method === "DELETE") {
          asked.resolve();
          return answerEnd(new URL(url));
        }
        const body = async function* () {
          yield begin;
          await asked.promise;
          yield last;
        };
        const type = { "content-type": "application/octet-stream" };
        return new Response(body(), { headers: { ...type, "distsrv-recording": "a b" } });
      },
    });
    onTestFinished(() => server.stop(true));
    const file = join(scratchFolder("ctrl-c"), "lab.pcapng");
    const cli = startCli(record, ["record", "-p", String(server.port), "-w", file]);
    await until(() => existsSync(file) && statSync(file).size > 0);
    cli.interrupt();
    expect(await cli.exit).toBe(0);
    return { stderr: cli.stderr, bytes: readFileSync(file) };
  }

  test("asks the server for the end, and has what it has left out until then", async () => {
    const names: (string | null)[] = [];
    const { stderr, bytes } = await interrupted((url) => {
      names.push(url.searchParams.get("recording"));
      return Response.json({ ended: "a b" });
    });
    expect(names).toEqual(["a b"]);
    expect(stderr).toEndWith("lab.pcapng, 7 left out\n");
    expect(bytes.equals(Buffer.concat([begin, last]))).toBe(true);
  });

  test("keeps what has come where the server does not answer, or knows nothing of it", async () => {
    const silent = await interrupted(() => new Promise<Response>(() => {}));
    expect(silent.stderr).toContain("0 packets in ");
    expect(silent.bytes.subarray(0, begin.length).equals(begin)).toBe(true);
    const refused = await interrupted(() => new Response("", { status: 404 }));
    expect(refused.stderr).toEndWith("lab.pcapng, 7 left out\n");
  });

  test("leaves a whole file of a server that runs", async () => {
    const cli = startCli(record, args("-w", "-"), as(token));
    await until(() => cli.stdoutBytes.length > 0);
    cli.interrupt();
    expect(await cli.exit).toBe(0);
    expect(cli.stderr).toEndWith("\n0 packets\n");
    expect(() => analyseFile(cli.stdoutBytes)).not.toThrow();
  });
});

describe("-w - into a pipe that is full", () => {
  const first = Buffer.concat([
    sectionHeader("test"),
    interfaceDescription({ linkType: 101, name: "echo", snapLength: 65_536 }),
  ]);
  const second = interfaceDescription({ linkType: 101, name: "mqtt", snapLength: 65_536 });

  /** A server whose second block follows when the first one has been written. */
  async function recording() {
    const firstWritten = Promise.withResolvers<void>();
    const server = Bun.serve({
      port: 0,
      fetch: ({ url }) => {
        if (url.endsWith("/other")) return new Response("");
        const body = async function* () {
          yield first;
          await firstWritten.promise;
          yield second;
        };
        return new Response(body(), { headers: { "content-type": "application/octet-stream" } });
      },
    });
    onTestFinished(() => server.stop(true));
    const reader = new SlowReader();
    const cli = startCli(record, ["record", "-p", String(server.port), "-w", "-"], { reader });
    onTestFinished(() => cli.interrupt());
    await until(() => cli.stdoutBytes.length > 0);
    firstWritten.resolve();
    // What the server sends afterwards arrives, too.
    for (let count = 0; count < 5; count++) await fetch(new URL("/other", server.url));
    return { cli, reader };
  }

  test("it waits, and goes on when its reader does", async () => {
    const { cli, reader } = await recording();
    expect(cli.stdoutBytes.equals(first)).toBe(true);
    reader.take();
    await until(() => cli.stdoutBytes.equals(Buffer.concat([first, second])));
    reader.take();
    expect(await cli.exit).toBe(0);
  });

  test("Ctrl-C ends it while it waits", async () => {
    const { cli } = await recording();
    cli.interrupt();
    expect(await cli.exit).toBe(0);
    expect(cli.stdoutBytes.equals(first)).toBe(true);
  });
});
