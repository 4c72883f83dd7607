import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { explain } from "../../../src/cli/commands/explain.ts";
import type { TrafficEvent } from "../../../src/core/traffic.ts";
import { keepingSink } from "../../../src/observe/packet-sink.ts";
import { TrafficRecording } from "../../../src/observe/traffic-recording.ts";
import { mermaidLibrary, readMermaid } from "../../support/mermaid.ts";
import { connack, connect, packet, publish, subscribe } from "../../support/mqtt-packets.ts";
import { testWith } from "../../support/needs.ts";
import { udp as datagram, ethernet, ipv4, pcap, TcpTalk } from "../../support/packets.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { type RunCliOptions, runCli } from "../support/run-cli.ts";

type RecordedEvent = TrafficEvent extends infer Event
  ? Event extends TrafficEvent
    ? Omit<Event, "conversation">
    : never
  : never;

const lab = fileURLToPath(new URL("../../captures/lab.pcap", import.meta.url));
const run = (args: readonly string[], options: RunCliOptions = {}) =>
  runCli(explain, ["explain", ...args], options);

const jsonLines = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** A client whose PUBLISH with QoS 1 is not acknowledged, beside one with QoS 0 and one that is. */
const talk = new TcpTalk()
  .handshake()
  .send("client", connect("ani"))
  .send("server", connack)
  .send("client", subscribe("sister/temp"))
  .send("server", Buffer.from([0x90, 3, 0, 1, 0]))
  .send("client", publish("sister/temp", "28"))
  .sendOnly("client", packet(0x32, "sister/temp", [0, 7], Buffer.from("29")))
  .send("server", Buffer.from([0x40, 2, 0, 7]))
  .send("client", packet(0x32, "sister/temp", [0, 8], Buffer.from("30")))
  .close("server");
const mqtt = Uint8Array.from(pcap(talk.packets));

interface RecordedService {
  readonly service: string;
  readonly role?: string;
  readonly port?: number;
}

/** What the services of a distsrv have received and sent, as it records it itself. */
const recorded = record([
  { kind: "open" },
  { kind: "bytes", direction: "in", bytes: Buffer.concat([connect("ani"), publish("sister/temp", "28")]) },
  { kind: "bytes", direction: "out", bytes: connack },
  { kind: "close", closedBy: "client" },
]);

function record(events: readonly RecordedEvent[], of: RecordedService = { service: "mqtt" }): Uint8Array {
  const blocks: Uint8Array[] = [];
  const recording = new TrafficRecording({
    application: "distsrv",
    hasDatagrams: () => false,
    roleOf: () => of.role,
    now: () => 1_000_000,
    sink: keepingSink((block) => blocks.push(block) > 0),
  });
  const ends = { local: `127.0.0.1:${of.port ?? 1883}`, remote: "127.0.0.1:40000" };
  const conversation = { id: "mqtt#1", service: of.service, transport: "tcp", ...ends } as const;
  for (const event of events) recording.observe({ ...event, conversation } as TrafficEvent);
  return Uint8Array.from(Buffer.concat(blocks));
}

describe("the report", () => {
  test("tells the handshake, each message with its packet and TCP's ACK, and who closed", async () => {
    const { exit, stdout } = await run([lab, "--conversation", "5"]);
    expect(exit).toBe(0);
    const lines = stdout.split("\n").map((line) => line.replace(/ {2,}/g, "  ").trim());
    for (const line of [
      "What lab.pcap shows",
      "204 packets, 28 kB, in 7.6 s from 2026-11-27 23:41:02 UTC; 18 conversations.",
      "- The server refused the connection to port 4999 with RST. (conversation 17, packet 202)",
      "Conversation 5: echo, 127.0.0.1:46462 → 127.0.0.1:2222",
      "59  0.909443  →  SYN: asks for a connection (MSS 65495, window × 1024, SACK, timestamps)",
      '62  0.911787  →  "halo dunia"  63',
      '64  0.913537  ←  "Echo: halo dunia"  (1.8 ms after packet 62)  65',
      "66  0.916019  →  FIN: sends nothing more",
    ])
      expect(lines).toContain(line);
    expect(stdout).not.toContain("Conversation 4:");
    expect(stdout).toContain("The client closed first; then the other side did.");
  });

  test("says what TCP's ACK proves of QoS 0, and what PUBACK does, by packets of this capture", async () => {
    const { stdout } = await run(["-"], { stdin: mqtt });
    expect(stdout).toContain(
      "- Packet 12 is a PUBLISH with QoS 0. Packet 13 acknowledges its bytes, but that is TCP: MQTT has no acknowledgement for QoS 0, and nothing in the capture says that the server accepted the message.",
    );
    expect(stdout).toContain("- Packet 14 is a PUBLISH with QoS 1. Packet 15 is the PUBACK");
    expect(stdout).toContain("- PUBLISH id 8 has no acknowledgement; the capture goes on for 4 ms after it.");
  });

  test("says of QoS 2 which packets take the message, and which let its identifier go", async () => {
    const exactlyOnce = new TcpTalk()
      .handshake()
      .send("client", connect("ani"))
      .send("server", connack)
      .sendOnly("client", packet(0x34, "sister/temp", [0, 9], Buffer.from("31")))
      .sendOnly("server", Buffer.from([0x50, 2, 0, 9]))
      .sendOnly("client", Buffer.from([0x62, 2, 0, 9]))
      .sendOnly("server", Buffer.from([0x70, 2, 0, 9]))
      .close();
    const { stdout } = await run(["-"], { stdin: Uint8Array.from(pcap(exactlyOnce.packets)) });
    expect(stdout).toContain(
      "- Packet 8 is a PUBLISH with QoS 2. Packet 9 is the PUBREC, in which the server itself says that it has the message; with packet 10 (PUBREL) and packet 11 (PUBCOMP) both sides let go of its identifier, so that it is not taken twice.",
    );
  });

  test("says of a recording in which the server closes unasked that it does not show whose FIN was sent first", async () => {
    const unasked = record([
      { kind: "open" },
      { kind: "bytes", direction: "in", bytes: connect("ani") },
      { kind: "close", closedBy: "service" },
    ]);
    const sentence = "The server closed before it had read the client's FIN";
    expect((await run(["-"], { stdin: unasked })).stdout).toContain(sentence);
    expect((await run(["-"], { stdin: recorded })).stdout).toContain("The client closed first");
    // On a real network whoever is first is first.
    expect((await run(["-"], { stdin: mqtt })).stdout).not.toContain(sentence);
  });

  test("takes made-up headers for no evidence, and says so", async () => {
    const { stdout } = await run(["-"], { stdin: recorded });
    expect(stdout).toContain("the headers of IP, TCP and UDP around them were made up by the program");
    expect(stdout).toMatch(/SYN: asks for a connection *\n/);
    expect(stdout).toContain("ACK: the connection is open\n");
    expect(stdout).toContain('PUBLISH sister/temp "28"');
    for (const claim of ["after the SYN", "handshake took", "What a TCP ACK proves", "that is TCP"])
      expect(stdout).not.toContain(claim);
    // Columns that nothing can stand in.
    for (const title of ["TCP ACK", "handshake  "]) {
      expect(stdout).not.toContain(title);
      expect((await run(["-"], { stdin: mqtt })).stdout).toContain(title);
    }
    const json = jsonLines((await run(["-", "--json"], { stdin: recorded })).stdout);
    expect(json[0]).toMatchObject({ kind: "capture", hasMadeUpHeaders: true });
  });

  test("knows a service by the name that a recording gives to its interface, on whatever port", async () => {
    const events = [
      { kind: "bytes", direction: "out", bytes: Buffer.from("Echo: halo"), offset: 100 },
      { kind: "bytes", direction: "in", bytes: Buffer.from("GET / HTTP/1.1\r\n\r\n"), offset: 50 },
      { kind: "close", closedBy: "client" },
    ] as const;
    const told = async (of: RecordedService) => (await run(["-"], { stdin: record(events, of) })).stdout;
    const mine = await told({ service: "kelas-a", role: "echo", port: 50_001 });
    // The service is who has the higher port, and what it is sent is no HTTP.
    expect(mine).toContain("Conversation 1: kelas-a (echo), 127.0.0.1:40000 → 127.0.0.1:50001");
    expect(mine).toContain(
      "It has what the service kelas-a (echo) received and sent. The messages are real;",
    );
    expect(mine).toContain('"GET / HTTP/1.1');
    // One that says no role: the lab's service of this name, on a port that is another one's.
    const named = await told({ service: "raw-echo", port: 1883 });
    expect(named).toContain("Conversation 1: raw-echo (echo), ");
    expect(named).toContain('"GET / HTTP/1.1');
    const json = jsonLines(
      (await run(["-", "--json"], { stdin: record(events, { service: "\u001b[2J" }) })).stdout,
    );
    expect(JSON.stringify(json)).not.toContain('"service":"\\u001b');
  });

  test("names the packets of a message that came in several, by the first of which its answer is timed", async () => {
    const http = new TcpTalk({ serverPort: 5151 })
      .handshake()
      .send("client", "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n")
      .send("client", "aaaaaaaaaa")
      .send("server", "HTTP/1.1 204 No Content\r\n\r\n");
    const { stdout } = await run(["-"], { stdin: pcap(http.packets) });
    const lines = stdout.split("\n").map((line) => line.replace(/ {2,}/g, "  ").trim());
    expect(lines).toContain("4–6  0.005000  →  POST /  aaaaaaaaaa  7");
    expect(lines).toContain("8  0.007000  ←  204 No Content  (4 ms after packet 4)  9");
  });

  test("says of few answers no percentage that only the slowest has, and of no payload no bytes", async () => {
    const talk = new TcpTalk({ serverPort: 2222 }).handshake().send("client", "a").send("server", "Echo: a");
    talk.send("client", "b").send("server", "Echo: b");
    const told = async (...args: string[]) =>
      (await run(["-", ...args], { stdin: pcap(talk.packets) })).stdout;
    expect(await told()).toContain(
      "2 messages were answered: half of them within 2 ms, the slowest after 2 ms.",
    );
    expect(await told("--lang", "id")).toContain(
      "2 pesan dijawab: separuhnya dalam 2 ms, yang terlama setelah 2 ms.",
    );
    const silent = new TcpTalk({ serverPort: 3131 }).handshake().send("client", "halo").close();
    const { stdout } = await run(["-"], { stdin: pcap(silent.packets) });
    expect(stdout).toMatch(/The server sent \d packets of \d+ B together, without payload\./);
  });

  test("has no zero time: a single packet is at a time, and what the clock does not tell apart took less", async () => {
    const [syn] = new TcpTalk().handshake().packets;
    const alone = (await run(["-"], { stdin: pcap([syn!]) })).stdout;
    expect(alone).toMatch(/^1 packet, \d+ B, at 1970-01-01 00:00:01 UTC; 1 conversation\./m);
    expect(alone).toContain("The SYN to port 1883 has no answer; the capture ends right after it.");
    expect(alone).not.toMatch(/\b0 µs|0\.00 ms/);
    const atOnce = new TcpTalk({ serverPort: 2222, step: 0 })
      .handshake()
      .send("client", "a")
      .send("server", "Echo: a");
    const { stdout } = await run(["-"], { stdin: pcap(atOnce.packets) });
    expect(stdout).toContain("The three-way handshake took < 1 µs.");
    expect(stdout).toContain("(< 1 µs after packet 4)");
    expect(stdout).not.toMatch(/\b0 µs|0\.00 ms/);
  });

  test("says nothing of acknowledgements where the capture has no such PUBLISH", async () => {
    const echo = new TcpTalk({ serverPort: 2222 }).handshake().send("client", "a").send("server", "b");
    const { stdout } = await run(["-"], { stdin: pcap(echo.packets) });
    expect(stdout).not.toContain("What a TCP ACK proves");
    expect(stdout).toContain("Nothing that this program looks for.");
    expect(stdout).toContain("Neither side had closed it when the capture ended.");
  });

  test("an empty capture has no packets", async () => {
    const { exit, stdout } = await run(["-"], { stdin: pcap([]) });
    expect(exit).toBe(0);
    expect(stdout).toContain("The capture has no packets.");
  });
});

describe("languages", () => {
  test("LANG chooses Indonesian, --lang is before it", async () => {
    const env = { LANG: "id_ID.UTF-8" };
    expect((await run([lab], { env })).stdout).toStartWith("Isi lab.pcap\n");
    expect((await run([lab, "--lang", "en"], { env })).stdout).toStartWith("What lab.pcap shows\n");
    expect((await run([lab], { env: { LANG: "it_IT.UTF-8" } })).stdout).toStartWith("What lab.pcap");
  });

  test("no English sentence stands in the Indonesian report", async () => {
    const { stdout } = await run(["-", "--lang", "id"], { stdin: mqtt });
    expect(stdout).toContain("Server menutup lebih dulu, lalu pihak lain.");
    expect(stdout).not.toMatch(/\b(the|packet|conversation|nothing|which|answered)\b/i);
  });
});

describe("forms", () => {
  test("Markdown: what a peer sent is text and no markup", async () => {
    const evil = new TcpTalk({ serverPort: 2222 }).handshake().send("client", "|<img src=x>[a](http://x)`*");
    const { stdout } = await run(["-", "--markdown"], { stdin: pcap(evil.packets) });
    expect(stdout).toContain("| ---: | ---: | --- | --- | ---: |");
    expect(stdout).toContain("\\|\\<img src=x\\>\\[a\\](http://x)\\`\\*");
  });

  test("HTML: a page of its own, with everything escaped", async () => {
    const evil = new TcpTalk({ serverPort: 2222 }).handshake().send("client", "<script>alert(1)</script>");
    const { stdout } = await run(["-", "--html", "--lang", "id"], { stdin: pcap(evil.packets) });
    expect(stdout).toStartWith('<!doctype html>\n<html lang="id">');
    expect(stdout).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(stdout).not.toContain("<script");
  });

  test("Mermaid: arrows in the order of packets, and no line that Mermaid reads otherwise", async () => {
    const evil = new TcpTalk({ serverPort: 2222 }).handshake().send("client", "a; b\n%% #c");
    const { stdout } = await run(["-", "--mermaid"], { stdin: pcap(evil.packets) });
    expect(stdout.split("\n")).toEqual([
      "sequenceDiagram",
      "  participant p1 as 10.0.0.1:50000",
      "  participant p2 as echo 10.0.0.2:2222",
      "  p1-->>p2: 1. SYN: asks for a connection (MSS 1460, window × 1024, SACK, timestamps)",
      "  p2-->>p1: 2. SYN, ACK: accepts it (MSS 1460, window × 1024, SACK, timestamps)",
      "  p1-->>p2: 3. ACK: the connection is open, 2 ms after the SYN",
      "  p1->>p2: 4. #34;a#59; b\\n#37;#37; #35;c#34;",
      "",
    ]);
  });

  testWith(mermaidLibrary)("Mermaid itself reads every text as it was", async () => {
    const evil = new TcpTalk({ serverPort: 2222 }).handshake().send("client", "a; b\n%% #c");
    const { stdout } = await run(["-", "--mermaid"], { stdin: pcap(evil.packets) });
    const { participants, lines } = await readMermaid(stdout);
    expect(participants).toEqual(["10.0.0.1:50000", "echo 10.0.0.2:2222"]);
    expect(lines.at(-1)?.text).toBe('4. "a; b\\n%% #c"');
  });

  test("ShiViz: clocks that order what the capture orders, and receipts only where it shows them", async () => {
    const udp = (from: number, to: number, payload: string, time: number) => ({
      time,
      bytes: ethernet(ipv4(datagram(Buffer.from(payload), from, to), { protocol: 17 })),
    });
    const { packets } = new TcpTalk({ serverPort: 2222 })
      .handshake()
      .send("client", "satu")
      .send("server", "Echo: satu");
    const { stdout } = await run(["-", "--shiviz"], {
      stdin: pcap([...packets, udp(50_000, 12_345, "lost", 9e6)]),
    });
    const [client, server] = ["10.0.0.1:50000", "echo@10.0.0.2:2222"];
    // A port of UDP is not that of TCP, and yet the same name: the clock goes on.
    expect(stdout.trim().split("\n")).toEqual([
      `${client} {"${client}":1}`,
      '4. "satu"',
      `${server} {"${client}":1,"${server}":1}`,
      '5. received: "satu"',
      `${server} {"${client}":1,"${server}":2}`,
      '6. "Echo: satu"',
      `${client} {"${client}":2,"${server}":2}`,
      '7. received: "Echo: satu"',
      `${client} {"${client}":3,"${server}":2}`,
      '8. "lost"',
    ]);
  });

  test("two forms at once are refused", async () => {
    const { exit, stderr } = await run([lab, "--html", "--shiviz"]);
    expect([exit, stderr]).toEqual([
      2,
      expect.stringContaining("'--html' cannot be used with option '--shiviz'"),
    ]);
  });

  test("JSON: an object a line, each with its kind", async () => {
    const { stdout } = await run([lab, "--json"]);
    const objects = jsonLines(stdout);
    const count = (kind: string) => objects.filter((object) => object.kind === kind).length;
    expect(objects[0]).toMatchObject({ kind: "capture", format: "pcap", packets: 204, conversations: 18 });
    expect([count("finding"), count("host"), count("conversation"), count("service")]).toEqual([
      3, 1, 18, 13,
    ]);
    const puback = objects
      .filter((object) => object.kind === "conversation")
      .flatMap(({ steps }) => steps as Record<string, unknown>[])
      .find(({ text }) => text === "PUBACK id 1");
    expect(puback).toMatchObject({ packet: 54, side: "server", protocol: "MQTT", answerTo: 53 });
  });

  test("--follow prints both streams, in JSON every byte of them", async () => {
    const { stdout } = await run([lab, "--follow", "5"]);
    expect(stdout).toBe(
      "62  0.911787  → client, 10 B\n    halo dunia\n64  0.913537  ← server, 16 B\n    Echo: halo dunia\n",
    );
    const pieces = jsonLines((await run([lab, "--follow", "14", "--json"])).stdout);
    const greeting = pieces.filter(({ side }) => side === "client").map(({ base64 }) => `${base64}`);
    const bytes = Buffer.concat(greeting.map((text) => Buffer.from(text, "base64")));
    expect(bytes.subarray(0, 10).toString("hex")).toBe("ff00000000000000017f");
    expect(bytes.toString("latin1")).toContain("Hello");
  });
});

describe("files", () => {
  const folder = scratchFolder("explain");

  test.each([
    ["gzip", Bun.gzipSync(mqtt)],
    ["zstd", Bun.zstdCompressSync(mqtt)],
  ])("packed by %s they are unpacked, also from a pipe", async (name, packed) => {
    const path = join(folder, `capture.${name}`);
    writeFileSync(path, packed);
    const plain = (await run(["-", "--json"], { stdin: mqtt })).stdout;
    expect((await run([path, "--json"])).stdout).toBe(plain);
    expect((await run(["-", "--json"], { stdin: new Uint8Array(packed) })).stdout).toBe(plain);
  });

  test("a packed file that is cut off is told as far as it goes", async () => {
    const packed = Bun.gzipSync(await Bun.file(lab).bytes());
    const { exit, stdout } = await run(["-"], { stdin: packed.subarray(0, packed.length / 2) });
    expect(exit).toBe(0);
    expect(stdout).toMatch(/- The capture cannot be read to its end: .* is of the \d+ packets before that\./);
    expect(stdout).toContain("Conversation 1: mqtt");
  });

  test("what is no capture, no file or a folder is an error that names it", async () => {
    const other = join(folder, "notes.txt");
    writeFileSync(other, "halo dunia");
    expect(await run([other])).toMatchObject({
      exit: 2,
      stderr: `distcli: Cannot explain ${other}: This is no capture: it begins with 68616c6f, and pcap begins with a1b2c3d4 (in either order), pcapng with 0a0d0d0a, at byte 0 of the capture\n`,
    });
    expect((await run([join(folder, "none.pcap")])).stderr).toContain(
      `Cannot read ${folder}/none.pcap: there is no such file`,
    );
    expect((await run([folder])).stderr).toContain(`Cannot read ${folder}: it is a folder`);
  });
});

test("a conversation that is not there is a usage error that says which are", async () => {
  for (const option of ["--conversation", "--follow"])
    expect(await run([lab, option, "99"])).toMatchObject({
      exit: 2,
      stderr: "distcli: There is no conversation 99 with data: the capture has conversations 1 to 18\n",
    });
});

test("--config names the services on ports of their own", async () => {
  const talk = new TcpTalk({ serverPort: 7001 }).handshake().send("client", "TIME\r\n").send("server", "JAM");
  const { stdout } = await run(["-", "--config", "lab.yaml"], {
    stdin: pcap(talk.packets),
    readServices: async () => [{ service: "jam", role: "time", host: "10.0.0.2", port: 7001 }],
  });
  expect(stdout).toContain("Conversation 1: jam (TIME), 10.0.0.1:50000 → 10.0.0.2:7001");
});

test("a long conversation is shortened, and --conversation tells more of it", async () => {
  const long = new TcpTalk({ serverPort: 2222 }).handshake();
  for (let count = 0; count < 60; count++) long.send("client", `satu ${count}`).send("server", "ok");
  const { stdout } = await run(["-"], { stdin: pcap(long.packets) });
  expect(stdout).toContain("… 73 steps left out …");
  expect(stdout).not.toContain('"satu 30"');
  const { stdout: whole } = await run(["-", "-c", "1"], { stdin: pcap(long.packets) });
  expect(whole).toContain('"satu 30"');
  expect(whole).not.toContain("left out");
});
