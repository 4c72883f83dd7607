import { describe, expect, onTestFinished, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { capture } from "../../../src/cli/commands/capture.ts";
import { analyseFile, odditiesOf, storyOf } from "../../support/analyse.ts";
import { needs, testWith } from "../../support/needs.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { until } from "../../support/until.ts";
import { type RunCliOptions, runCli, startCli } from "../support/run-cli.ts";

const live = testWith(needs.packetSocket);
const folder = scratchFolder("capture");

/** An echo on a port of its own, and the options that name it. */
async function echo(hostname = "127.0.0.1") {
  const server = Bun.listen({
    hostname,
    port: 0,
    socket: {
      data: (socket, data) => void socket.write(`Echo: ${data.toString()}`),
      end: (socket) => void socket.end(),
    },
  });
  onTestFinished(() => server.stop(true));
  const options: RunCliOptions = {
    readServices: async () => [{ service: "gema", role: "echo", host: hostname, port: server.port }],
  };
  const args = ["capture", "-i", "lo", "--config", "lab.yaml", "--service", "gema"];
  return { port: server.port, options, args, talk: () => ask(hostname, server.port) };
}

/** One question, its answer, and the end of the connection. */
async function ask(hostname: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  await Bun.connect({
    hostname,
    port,
    socket: {
      open: (socket) => void socket.write("halo"),
      data: (socket) => void socket.end(),
      close: () => resolve(),
      error: (_socket, error) => reject(error),
    },
  });
  await promise;
}

test("a capture that cannot start leaves the one that is there as it was", async () => {
  const file = join(folder, "kept.pcapng");
  const before = readFileSync(new URL("../../captures/lab.pcap", import.meta.url));
  writeFileSync(file, before);
  const { exit, stderr } = await runCli(capture, ["capture", "-i", "no-such-interface", "-w", file]);
  expect([exit, stderr]).not.toEqual([0, ""]);
  expect(readFileSync(file).equals(before)).toBe(true);
});

async function capturing(args: readonly string[], options: RunCliOptions) {
  const cli = startCli(capture, args, options);
  onTestFinished(() => cli.interrupt());
  await until(() => cli.stderr.includes("Capturing on"));
  return cli;
}

describe("on the loopback", () => {
  live("lines come with what happens, in order, until Ctrl-C", async () => {
    const { args, options, talk, port } = await echo();
    const cli = await capturing(args, options);
    await talk();
    await until(() => (cli.stdout.match(/FIN: sends nothing more/g) ?? []).length === 2);
    cli.interrupt();
    expect(await cli.exit).toBe(0);
    const lines = cli.stdout.split("\n").map((line) => line.replace(/^.*? {2}gema {2}/, ""));
    expect(lines[0]).toStartWith("SYN: asks for a connection");
    expect(lines[3]).toBe('"halo"');
    expect(lines[4]).toMatch(/^"Echo: halo" {2}\(.* after packet 4\)$/);
    expect(cli.stdout).toContain(`→ 127.0.0.1:${port}  gema  "halo"`);
    expect(cli.stderr).toMatch(/\n\d+ packets, 0 lost\n/);
  });

  live("the file has every packet, and explains itself; --count ends it", async () => {
    const { args, options, talk, port } = await echo();
    const path = join(folder, "echo.pcapng");
    // Handshake, question, answer with their ACKs, and the first FIN.
    const cli = await capturing([...args, "-w", path, "--count", "8"], options);
    await talk();
    expect(await cli.exit).toBe(0);
    expect(cli.stderr).toContain(
      `8 packets, 0 lost; written to ${path}; their story: distcli explain ${path}, or as a document: distcli report ${path} -o report.html`,
    );
    const report = analyseFile(readFileSync(path));
    expect([report.packets, report.interfaces]).toEqual([
      8,
      [{ linkType: 1, name: "lo", snapLength: 262_144 }],
    ]);
    expect(report.about).toEqual({ format: "pcapng", application: "distcli" });
    const [tracked] = report.conversations;
    expect(tracked!.conversation.ends.server).toEqual({ address: "127.0.0.1", port });
    expect(storyOf(tracked!.conversation).slice(0, 5)).toEqual([
      "client syn",
      "server syn-ack",
      "client established",
      'client "halo"',
      'server "Echo: halo"',
    ]);
    expect(odditiesOf(report)).toEqual([]);
  });

  live("--lua writes the script of all services beside the file, and says how it is used", async () => {
    const { args, options, talk, port } = await echo();
    const [path, script] = [join(folder, "with-script.pcapng"), join(folder, "with-script.lua")];
    const cli = await capturing([...args, "-w", path, "--lua", "--count", "4"], options);
    await talk();
    expect(await cli.exit).toBe(0);
    expect(cli.stderr).toEndWith(`; in Wireshark: wireshark -X lua_script:${script} ${path}\n`);
    const text = readFileSync(script, "utf8");
    expect(text).toContain(`{ name = "gema", role = "echo", port = ${port}, transport = "tcp" },`);
    expect(text).toContain('{ name = "mqtt", role = "mqtt", port = 1883, transport = "tcp" },');
  });

  live("-w - is the capture and nothing else, over IPv6 too", async () => {
    const { args, options, talk } = await echo("::1");
    const cli = await capturing([...args, "-w", "-", "--count", "5"], options);
    await talk();
    expect(await cli.exit).toBe(0);
    const report = analyseFile(cli.stdoutBytes);
    expect(report.packets).toBe(5);
    expect(report.conversations[0]!.conversation.ends.server.address).toBe("::1");
  });

  live("--json prints an object for each thing", async () => {
    const { args, options, talk } = await echo();
    const cli = startCli(capture, [...args, "--json", "--count", "6"], options);
    onTestFinished(() => cli.interrupt());
    // With --json nothing says that it has begun, so the client asks until its packets come.
    const running = cli.exit.then(() => true);
    while (!(await Promise.race([running, talk().then(() => false)])));
    const objects = cli.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(objects.length).toBeGreaterThan(2);
    for (const object of objects) expect(object.service).toBe("gema");
  });
});

describe("wrong usage", () => {
  test.each<[string[], string]>([
    [["--service", "mqt"], "There is no service mqt: did you mean mqtt?"],
    [["--service", "echo,xyzzy"], "There is no service xyzzy: there are mqtt, echo,"],
    [["--count", "0"], "It must be a whole number, 1 or more."],
    [["--seconds", "0"], "It must be longer than nothing"],
    [["--lua"], "--lua writes a script beside a capture file: name one by -w, or use distcli wireshark"],
    [["--lua", "-w", "-"], "--lua writes a script beside a capture file"],
    [["-p", "70000"], "A port is a number from 1 to 65535."],
    [
      ["-w", join(folder, "no", "such", "folder")],
      `Cannot write to ${folder}/no/such/folder: there is no folder ${folder}/no/such: make it, or name a file in another one`,
    ],
    [
      Array.from({ length: 101 }, (_, index) => ["-p", `${index + 1}`]).flat(),
      "A capture looks for 100 ports at most",
    ],
  ])("number %# is refused", async (args, message) => {
    const { exit, stderr } = await runCli(capture, ["capture", ...args]);
    expect(exit).toBe(2);
    expect(stderr).toContain(message);
  });

  test("a script of somebody else stays, and so does the capture beside it", async () => {
    const [path, script] = [join(folder, "mine.pcapng"), join(folder, "mine.lua")];
    writeFileSync(path, "a capture");
    writeFileSync(script, "-- mine\n");
    const { exit, stderr } = await runCli(capture, ["capture", "-w", path, "--lua"]);
    expect([exit, stderr]).toEqual([
      2,
      expect.stringContaining(`${script} exists already, and is not as distcli`),
    ]);
    expect([path, script].map((file) => readFileSync(file, "utf8"))).toEqual(["a capture", "-- mine\n"]);
  });

  test("a file that is no capture stays, and no script is written beside it", async () => {
    const path = join(folder, "notes.txt");
    writeFileSync(path, "notes");
    const { exit, stderr } = await runCli(capture, ["capture", "-w", path, "--lua"]);
    expect([exit, stderr]).toEqual([2, expect.stringContaining("a file that is no capture has this name")]);
    expect([readFileSync(path, "utf8"), existsSync(`${path}.lua`)]).toEqual(["notes", false]);
  });

  live("an interface that does not exist is named", async () => {
    const { exit, stderr } = await runCli(capture, ["capture", "-i", "nope0"]);
    expect([exit, stderr]).toEqual([2, expect.stringContaining("There is no interface nope0: there are")]);
  });
});
