// What Wireshark shows of a lab with the script that distcli writes for it.
import { describe, expect, onTestFinished } from "bun:test";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { wiresharkScript } from "../../src/cli/capture/wireshark-lua.ts";
import { record } from "../../src/cli/commands/record.ts";
import { type ListeningService, labServices } from "../../src/protocol/analysis/service-ports.ts";
import { CaptureReader } from "../../src/protocol/capture/capture-reader.ts";
import type { CapturedFrame } from "../../src/protocol/capture/frame.ts";
import type { Step, StepEvent } from "../../src/protocol/conversation/step.ts";
import { TcpFlag } from "../../src/protocol/packet/tcp-header.ts";
import { printable } from "../../src/protocol/text/printable.ts";
import { startCli } from "../cli/support/run-cli.ts";
import { analyseFile } from "../support/analyse.ts";
import { startLab } from "../support/lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { ethernet, ipv4, type Packet, pcap, TcpTalk, udp } from "../support/packets.ts";
import { Random } from "../support/random.ts";
import { RawClient } from "../support/raw-client.ts";
import { scratchFolder } from "../support/scratch.ts";
import { until } from "../support/until.ts";
import { frame } from "../support/web-socket-frames.ts";
import { greeting, message, readyCommand } from "../support/zmtp.ts";

const test = testWith(needs.tsharkLua);
const folder = scratchFolder("wireshark-lua");
const lab = fileURLToPath(new URL("../captures/lab.pcap", import.meta.url));

/** As in a Wireshark that knows no ZMTP, whatever the one here knows. */
const withoutZmtp = (services: readonly ListeningService[]): string =>
  wiresharkScript(services).replace('built_in("zmtp")', 'built_in("no-zmtp")');

function written(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const labScript = written("lab.lua", withoutZmtp(labServices));

/** What tshark prints. No script may have made a mistake, neither when it was loaded nor with a packet. */
function run(scripts: readonly string[], file: string, ...args: string[]): string {
  const loaded = scripts.flatMap((script) => ["-X", `lua_script:${script}`]);
  const { stdout, stderr, exitCode } = Bun.spawnSync(["tshark", "-n", ...loaded, "-r", file, ...args], {
    stdin: "ignore",
  });
  const complaints = stderr
    .toString()
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("Running as user"));
  expect(complaints).toEqual([]);
  expect(exitCode).toBe(0);
  return stdout.toString();
}

/** Between the values that a packet has of one field. */
const between = "\x1f";

/** Of two backslashes one: some versions print each of them twice. */
const single = (text: string): string => text.replaceAll("\\\\", "\\");

/** The fields of the packets that match, a row for each. */
function rows(
  scripts: readonly string[],
  file: string,
  filter: string,
  fields: readonly string[],
): string[][] {
  const wanted = fields.flatMap((field) => ["-e", field]);
  // In two passes, so that a part of a message knows the packet that completes it.
  const form = ["-2", "-Y", filter, "-T", "fields", "-E", `aggregator=${between}`, ...wanted];
  return single(run(scripts, file, ...form))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"));
}

/** Everything that is shown of each packet. */
const details = (scripts: readonly string[], file: string, ...args: string[]): string =>
  run(scripts, file, "-V", ...args);

let captures = 0;
const capture = (packets: readonly Packet[]): string => written(`capture-${captures++}.pcap`, pcap(packets));

const columns = ["_ws.col.Protocol", "_ws.col.Info"];

/** Protocol and Info of the packets that our dissectors had. */
const shown = (talk: TcpTalk, services = labServices): string[] =>
  rows([scriptOf(services)], capture(talk.packets), "distsrv.service", columns).map((row) => row.join(": "));

function scriptOf(services: readonly ListeningService[]): string {
  return services === labServices ? labScript : written(`script-${captures++}.lua`, withoutZmtp(services));
}

const talkTo = (serverPort: number): TcpTalk => new TcpTalk({ serverPort }).handshake();

/** Bytes that are not pushed: more of the message follows. */
const part = (payload: Buffer | string) => ({ flags: TcpFlag.Ack, payload: Buffer.from(payload) });
const pushed = (payload: Buffer | string) => ({
  flags: TcpFlag.Ack | TcpFlag.Psh,
  payload: Buffer.from(payload),
});

describe("a capture of the whole lab", () => {
  type Message = Step & { readonly event: StepEvent & { kind: "message" } };
  const steps = analyseFile(readFileSync(lab)).conversations.flatMap(({ conversation }) =>
    [...conversation.steps.first, ...conversation.steps.last]
      .filter((step): step is Message => step.event.kind === "message")
      .map(({ packet, side, event }) => ({ service: conversation.serviceName, packet, side, event })),
  );
  const inOrder = <T extends { packet: number }>(all: readonly T[]): T[] =>
    all.toSorted((one, other) => one.packet - other.packet);

  test("each service is dissected under its protocol", () => {
    const all = rows([labScript], lab, "tcp.len > 0 || udp", [
      "tcp.port",
      "udp.port",
      "frame.protocols",
      "tcp.reassembled_in",
    ]);
    const protocols = new Map<number, Set<string>>();
    for (const [tcpPorts = "", udpPorts = "", layers = "", reassembledIn = ""] of all) {
      // A part of a message is shown with the packet that completes it.
      if (reassembledIn !== "") continue;
      const ports = (tcpPorts || udpPorts).split(between).map(Number);
      const port = labServices.find((service) => ports.includes(service.port))!.port;
      const key = udpPorts === "" ? port : -port;
      const [, protocol = "none"] = /:(?:tcp|udp):([\w.-]+)/.exec(layers) ?? [];
      protocols.set(key, (protocols.get(key) ?? new Set()).add(protocol));
    }
    const found = [...protocols].map(([port, names]) => [port, [...names].join(" ")] as const);
    expect(Object.fromEntries(found)).toEqual({
      1883: "mqtt",
      2222: "distsrv.echo",
      3131: "distsrv.oneway",
      4000: "http",
      4141: "distsrv.upcall",
      5151: "http",
      5555: "distsrv.zmtp",
      8000: "http",
      9999: "distsrv.zmtp",
      12345: "distsrv.zmtp",
      [-12345]: "distsrv.udp",
      45000: "distsrv.time",
    });
  });

  test("the texts are those that distcli explain tells, in the same packets and directions", () => {
    const ours = inOrder(
      steps.filter(({ event }) =>
        ["echo", "upcall", "TIME", "one-way", "UDP"].includes(event.message.protocol),
      ),
    );
    const fields = ["frame.number", "distsrv.service", "distsrv.text"];
    expect(rows([labScript], lab, "distsrv.text && !distsrv.zmtp", fields)).toEqual(
      ours.map(({ packet, service, event }) => [`${packet}`, service, String(event.message.fields.message)]),
    );
    expect(ours.length).toBeGreaterThan(10);
    const numbers = (filter: string) => rows([labScript], lab, filter, ["frame.number"]).flat().map(Number);
    const asked = ours.filter(({ event }) => ["echo", "TIME", "UDP"].includes(event.message.protocol));
    const from = (side: string) => asked.filter((each) => each.side === side).map(({ packet }) => packet);
    expect(numbers("distsrv.request && !distsrv.zmtp && !distsrv.upcall")).toEqual(from("client"));
    expect(numbers("distsrv.response && !distsrv.zmtp")).toEqual(from("server"));
    expect(numbers('distsrv.text contains "halo dunia" && distsrv.response')).toHaveLength(1);
  });

  test("ZMTP is what distcli explain tells, in the same packets", () => {
    const ours = inOrder(steps.filter(({ event }) => event.message.protocol === "ZMTP"));
    expect(ours.length).toBeGreaterThan(15);
    expect(rows([labScript], lab, "distsrv.zmtp", ["frame.number", ...columns])).toEqual(
      ours.map(({ packet, event }) => [`${packet}`, "ZMTP", event.message.text]),
    );
    const types = rows([labScript], lab, "distsrv.zmtp.socket_type", ["distsrv.zmtp.socket_type"]).flat();
    expect(types.toSorted()).toEqual(["PUB", "PULL", "PUSH", "REP", "REQ", "SUB"]);
  });

  test("a Wireshark with a dissector of ZMTP uses its own", () => {
    const own = written(
      "own-zmtp.lua",
      `local zmtp = Proto("lab-zmtp", "A ZMTP of its own")
       function zmtp.dissector(tvb, pinfo, tree) tree:add(zmtp, tvb()) return tvb:len() end`,
    );
    const script = written(
      "prefers-own.lua",
      wiresharkScript(labServices).replace('built_in("zmtp")', 'built_in("lab-zmtp")'),
    );
    const ports = rows([own, script], lab, "lab-zmtp", ["tcp.port"]).flat().join(between).split(between);
    for (const port of ["5555", "9999", "12345"]) expect(ports).toContain(port);
    expect(rows([own, script], lab, "distsrv.zmtp", ["frame.number"])).toEqual([]);
  });

  test("the script as it is written dissects ZMTP, by whichever dissector is there", () => {
    const script = written("as-written.lua", wiresharkScript(labServices));
    const protocols = rows([script], lab, 'tcp.port == 5555 && tcp.payload contains "Hello"', [
      "_ws.col.Protocol",
    ]);
    expect(protocols.flat().map((name) => name.toUpperCase())).toEqual(["ZMTP"]);
  });
});

test("a recording of services on other ports is dissected with the script beside it", async () => {
  const yaml = `
admin: { port: 0 }
services:
  gema: { role: echo, port: 0 }
  jam: { role: time, port: 0 }
  hitung: { role: rest, port: 0 }
`;
  const running = await startLab(yaml, { cleanUp: onTestFinished });
  const file = join(folder, "recorded.pcapng");
  const cli = startCli(record, ["record", "-p", `${running.adminPort}`, "-w", file, "--lua"]);
  onTestFinished(() => cli.interrupt());
  await until(() => existsSync(file) && statSync(file).size > 0);
  const echo = await RawClient.connect(running.port("gema"));
  echo.write("halo dunia");
  expect((await echo.bytes(16)).toString()).toBe("Echo: halo dunia");
  const time = await RawClient.connect(running.port("jam"));
  time.write("TIME\r\n");
  const answer = (await time.bytes(14)).toString().trimEnd();
  await (await fetch(`http://127.0.0.1:${running.port("hitung")}/add?a=5&b=9`)).text();
  await until(() => readFileSync(file).includes(answer) && readFileSync(file).includes('{"result":14}'));
  cli.interrupt();
  expect(await cli.exit).toBe(0);
  const script = join(folder, "recorded.lua");
  expect(rows([script], file, "distsrv.text", ["distsrv.service", ...columns])).toEqual([
    ["gema", "Echo", "Request: halo dunia"],
    ["gema", "Echo", "Reply: Echo: halo dunia"],
    ["jam", "TIME", single("Request: TIME\\r\\n")],
    ["jam", "TIME", single(`Reply: ${answer}\\r\\n`)],
  ]);
  expect(rows([script], file, "http.request", ["http.request.uri"]).flat()).toEqual(["/add?a=5&b=9"]);
});

describe("messages in several segments", () => {
  test("what is not pushed yet is a part of the message", () => {
    const talk = talkTo(2222)
      .segment("client", part("halo "), 0)
      .segment("client", part("dunia "), 5)
      .segment("client", pushed("semua"), 11);
    expect(shown(talk)).toEqual(["Echo: Request: halo dunia semua"]);
    const last = talkTo(3131)
      .segment("client", part("sampai "), 0)
      .segment("client", { flags: TcpFlag.Ack | TcpFlag.Fin, payload: Buffer.from("jumpa") }, 7);
    expect(shown(last)).toEqual(["One-way: Message: sampai jumpa"]);
  });

  test("lines of TIME: two in a segment, one in three, and words without an end", () => {
    const talk = talkTo(45_000)
      .send("client", "TIME\r\nTIME\n")
      .send("server", "JAM 10:00:00\r\nJAM 10:00:00\n")
      .send("client", "TI")
      .send("client", "ME\r")
      .send("client", "\n")
      .send("client", "TIME")
      .send("client", "QU")
      .send("client", "IT");
    expect(shown(talk)).toEqual([
      "TIME: Request: TIME\\r\\n  |  Request: TIME\\n",
      "TIME: Reply: JAM 10:00:00\\r\\n  |  Reply: JAM 10:00:00\\n",
      "TIME: Request: TIME\\r\\n",
      "TIME: Request: TIME",
      "TIME: Request: QUIT",
    ]);
    const many = shown(talkTo(45_000).send("client", "TIME\n".repeat(250)));
    expect(many).toEqual([`TIME: ${Array(10).fill("Request: TIME\\n").join("  |  ")}, and 240 more`]);
  });

  test("ZMTP cut at every byte, with subscriptions of 3.0 and messages of several parts", () => {
    const long = "x".repeat(300);
    const client = [greeting, readyCommand("SUB"), message("\x01suhu"), message("\x00suhu")];
    const server = [greeting, readyCommand("PUB"), message("suhu", "28"), message(long)];
    const talk = talkTo(12_345);
    for (const byte of Buffer.concat(client)) talk.send("client", Buffer.from([byte]));
    for (const byte of Buffer.concat(server)) talk.send("server", Buffer.from([byte]));
    expect(shown(talk)).toEqual([
      "ZMTP: greeting, ZMTP 3.0, NULL",
      "ZMTP: READY, socket type SUB",
      'ZMTP: SUBSCRIBE "suhu"',
      'ZMTP: CANCEL "suhu"',
      "ZMTP: greeting, ZMTP 3.0, NULL",
      "ZMTP: READY, socket type PUB",
      "ZMTP: message  suhu | 28",
      `ZMTP: message  ${"x".repeat(120)}… (300 bytes)`,
    ]);
  });

  test("a message of long parts in many segments, and one of very many parts", () => {
    const parts = ["suhu", "x".repeat(3000), "y".repeat(200)];
    const all = message(...parts);
    const talk = talkTo(12_345);
    for (let at = 0; at < all.length; at += 700) talk.send("server", all.subarray(at, at + 700));
    talk.send("server", message(...Array.from({ length: 1500 }, (_, index) => `${index}`)));
    const texts = shown(talk);
    expect(texts[0]).toBe(
      `ZMTP: message  suhu | ${"x".repeat(120)}… (3000 bytes) | ${"y".repeat(120)}… (200 bytes)`,
    );
    expect(texts[1]).toStartWith("ZMTP: message  0 | 1 | 2 | 3 | 4, and 995 more  |  message  1000 | 1001 |");
    expect(texts).toHaveLength(2);
  });

  test("everything of a side in one segment", () => {
    const talk = talkTo(5555).send(
      "client",
      Buffer.concat([greeting, readyCommand("REQ"), message("", "Hello")]),
    );
    expect(shown(talk)).toEqual([
      "ZMTP: greeting, ZMTP 3.0, NULL  |  READY, socket type REQ  |  message  Hello",
    ]);
  });

  test("what follows a message that was put together is beside it, and not run into it", () => {
    const side = Buffer.concat([greeting, readyCommand("REQ"), message("", "Hello"), message("", "again")]);
    const cutAt = (at: number) =>
      shown(talkTo(5555).send("client", side.subarray(0, at)).send("client", side.subarray(at)));
    expect(cutAt(11)).toEqual([
      "ZMTP: greeting, ZMTP 3.0, NULL  |  READY, socket type REQ  |  message  Hello  |  message  again",
    ]);
    expect(cutAt(70)).toEqual([
      "ZMTP: greeting, ZMTP 3.0, NULL",
      "ZMTP: READY, socket type REQ  |  message  Hello  |  message  again",
    ]);
    // The same texts in the packet before are not taken for its own.
    const two = talkTo(5555).send("client", message("", "a")).send("client", message("", "a"));
    expect(shown(two)).toEqual(["ZMTP: message  a", "ZMTP: message  a"]);
  });

  test("a capture that begins in the middle of a ZMTP frame is data, and no other protocol", () => {
    const talk = talkTo(5555)
      .send("server", "CNXN and more, as ADB begins")
      .send("server", message("", "World"));
    expect(rows([labScript], capture(talk.packets), "tcp.len > 0", ["frame.protocols"]).flat()).toEqual([
      "eth:ethertype:ip:tcp:distsrv.zmtp:data",
      "eth:ethertype:ip:tcp:distsrv.zmtp",
    ]);
  });

  test("pickled integers, as Python and as zmq-push write them", () => {
    const pickles = ["80044b5f2e", "80044d39302e", "80044affffffff2e", "80054a40420f002e", "80044b5f5f2e"];
    const talk = talkTo(9999);
    for (const hex of pickles) talk.send("server", message(Buffer.from(hex, "hex")));
    const texts = shown(talk).map((line) => line.replace("ZMTP: message  ", ""));
    expect(texts.slice(0, 4)).toEqual(["95 (pickle)", "12345 (pickle)", "-1 (pickle)", "1000000 (pickle)"]);
    expect(texts[4]).not.toContain("pickle");
  });
});

describe("texts", () => {
  const samples = [
    "halo dunia",
    "suhu 28°C, 東京, 🌡",
    "a\tb\r\nc\\d\"e'",
    "\x00nul\x1b[31mmerah\x07",
    "kiri\u202ekanan\u200b\u2066\ufeff\u061c\u0085",
    Buffer.from([0x61, 0xff, 0x62, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80, 0x63]),
    Buffer.from([0xe2, 0x82]),
    "%s%n%d",
  ].map((text) => Buffer.from(text));

  test("are printed as distcli prints them", () => {
    const talk = talkTo(10_000);
    for (const sample of samples) talk.send("client", sample);
    const texts = rows([labScript], capture(talk.packets), "distsrv.echo", ["distsrv.text"]).flat();
    // Where UTF-8 is broken off, a decoder may show one sign for several bytes.
    const merged = (text: string) => text.replace(/\ufffd+/g, "\ufffd");
    expect(texts.map(merged)).toEqual(samples.map((sample) => merged(single(printable(sample, 2048)))));
  });

  test("bytes that are no text are shown as numbers, long ones are cut", () => {
    const talk = talkTo(32_444)
      .send("client", Buffer.from("89504e470d0a1a0a0000000d49484452000000", "hex"))
      .send("client", "é".repeat(1000))
      .send("server", "y".repeat(3000));
    expect(shown(talk)).toEqual([
      "Echo: Request: 19 B: 89 50 4e 47 0d 0a 1a 0a 00 00 00 0d 49 48 44 52 …",
      `Echo: Request: ${"é".repeat(120)}… (2000 bytes)`,
      `Echo: Reply: ${"y".repeat(120)}… (3000 bytes)`,
    ]);
  });
});

describe("other services than the lab's", () => {
  test("names that would end the string, the line or the script are names", () => {
    const hostile = [
      '"',
      "\\",
      '"},}; os.exit(3) --',
      "]]\n--[[",
      "a\0b",
      "\u202eterbalik",
      "a\r\nb",
      "\\065",
      "%d é",
    ];
    const services = hostile.map((name, index) => ({ name, role: "echo", port: 7001 + index }));
    const talks = services.reduce(
      (packets, { port }, index) =>
        new TcpTalk({ serverPort: port, clientPort: 50_000 + index }, packets).send("client", "halo").packets,
      [] as Packet[],
    );
    const names = rows([scriptOf(services)], capture(talks), "distsrv.echo", ["distsrv.service"]).flat();
    expect(names).toEqual(hostile.map((name) => single(printable(name))));
  });

  test("a role that nobody knows takes nothing away", () => {
    const services = [{ name: "x", role: 'os.exit(1) -- "', port: 1883 }];
    expect(rows([scriptOf(services)], lab, "mqtt", ["tcp.port"]).length).toBeGreaterThan(10);
  });

  test("Decode As has them for any port, whose lower side is the server", () => {
    const file = capture(talkTo(7777).send("client", "halo").send("server", "Echo: halo").packets);
    const script = scriptOf([]);
    const form = ["-d", "tcp.port==7777,distsrv.echo", "-Y", "distsrv.echo", "-T", "fields"];
    const fields = ["distsrv.service", ...columns].flatMap((field) => ["-e", field]);
    expect(run([script], file, ...form, ...fields)).toBe(
      "port 7777\tEcho\tRequest: halo\nport 7777\tEcho\tReply: Echo: halo\n",
    );
  });

  test("a second script adds its services to the first", () => {
    const second = scriptOf([{ name: "gema", role: "echo", port: 7007 }]);
    const packets = new TcpTalk({ serverPort: 7007 }).handshake().send("client", "satu").packets;
    new TcpTalk({ serverPort: 2222, clientPort: 50_001 }, packets).handshake().send("client", "dua");
    const names = rows([labScript, second], capture(packets), "distsrv.echo", ["distsrv.service"]);
    expect(names.flat()).toEqual(["gema", "echo"]);
  });

  test("what is in TLS is TLS", () => {
    const services = [
      { name: "aman", role: "mqtt", port: 7883, transport: "tls" as const },
      { name: "web-aman", role: "mqtt", port: 7443, transport: "wss" as const },
    ];
    // An alert of TLS 1.2: handshake_failure.
    const alert = Buffer.from("15030300020228", "hex");
    const packets: Packet[] = [];
    for (const [index, { port }] of services.entries())
      new TcpTalk({ serverPort: port, clientPort: 50_001 + index }, packets)
        .handshake()
        .send("server", alert);
    const alerts = rows([scriptOf(services)], capture(packets), "tls.alert_message", ["tcp.srcport"]);
    expect(alerts.flat()).toEqual(["7883", "7443"]);
  });
});

describe("MQTT over WebSocket", () => {
  const script = () => scriptOf([{ name: "mqtt", role: "mqtt", port: 7083, transport: "ws" }]);
  const head = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: mqtt\r\n";
  const request = `GET /mqtt HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${head}\r\n`;
  const accepted = `HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n${head}\r\n`;
  const upgraded = () => talkTo(7083).send("client", request).send("server", accepted);

  const connect = Buffer.from("100f00044d5154540402003c0003616e69", "hex");
  const connack = Buffer.from("20020000", "hex");
  const publish = (payload: string) =>
    Buffer.concat([Buffer.from([0x30, 6 + payload.length]), Buffer.from("\0\x04suhu"), Buffer.from(payload)]);
  const fields = ["mqtt.msgtype", "mqtt.clientid", "mqtt.msg"];
  const packetsOf = (talk: TcpTalk) => rows([script()], capture(talk.packets), "mqtt", fields);
  const hex = (text: string) => Buffer.from(text).toString("hex");

  test("a packet in a message, several in one, and several messages in a segment", () => {
    const talk = upgraded()
      .send("client", frame(connect))
      .send("server", frame(connack, { masked: false }))
      .send("client", frame(Buffer.concat([publish("28"), publish("29")])))
      .send("client", Buffer.concat([frame(publish("30")), frame(publish("31"))]));
    expect(packetsOf(talk)).toEqual([
      ["1", "ani", ""],
      ["2", "", ""],
      [`3${between}3`, "", `${hex("28")}${between}${hex("29")}`],
      [`3${between}3`, "", `${hex("30")}${between}${hex("31")}`],
    ]);
  });

  test("packets in pieces, as MQTT.js sends them, both sides at once", () => {
    const talk = upgraded();
    for (const byte of connect) talk.send("client", frame(Buffer.from([byte])));
    for (const byte of connack) talk.send("server", frame(Buffer.from([byte]), { masked: false }));
    const both = Buffer.concat([publish("28"), publish("29")]);
    talk.send("client", frame(both.subarray(0, 5)));
    talk.send("server", frame(publish("x".repeat(90)).subarray(0, 50), { masked: false }));
    // The end of the first and the beginning of the second; then the rest of that.
    talk.send("client", Buffer.concat([frame(both.subarray(5, 13)), frame(both.subarray(13))]));
    talk.send("server", frame(publish("x".repeat(90)).subarray(50), { masked: false }));
    expect(packetsOf(talk)).toEqual([
      ["1", "ani", ""],
      ["2", "", ""],
      [`3${between}3`, "", `${hex("28")}${between}${hex("29")}`],
      ["3", "", hex("x".repeat(90))],
    ]);
    const infos = rows([script()], capture(talk.packets), "websocket && !mqtt", ["_ws.col.Info"]).flat();
    expect(infos.length).toBe(16 + 3 + 2);
    for (const info of infos) expect(info).toEndWith(", a part of an MQTT packet");
  });

  test("what is no MQTT, or cut, is no mistake of the script", () => {
    const random = new Random(11);
    const packets: Packet[] = [];
    for (let count = 0; count < 60; count++) {
      const talk = new TcpTalk({ serverPort: 7083, clientPort: 50_000 + count }, packets).handshake();
      talk.send("client", request).send("server", accepted).send("client", frame(connect));
      for (let number = 0; number < 5; number++) {
        const bytes = Buffer.from(random.bytes(1 + random.below(40)));
        // A plausible length now and then.
        if (random.below(2) === 0 && bytes.length > 1) bytes[1] = random.below(bytes.length);
        talk.send(
          random.pick(["client", "server"] as const),
          frame(bytes, { masked: random.below(2) === 0 }),
        );
      }
    }
    for (const packet of upgraded().send("client", frame(publish("28"))).packets)
      packets.push({ ...packet, bytes: packet.bytes.subarray(0, 66), originalLength: packet.bytes.length });
    const file = capture(packets);
    expect(details([script()], file)).not.toContain("Lua Error");
    expect(details([script()], file, "-2")).not.toContain("Lua Error");
  });
});

describe("no packet makes the script fail", () => {
  test("a mistake in a script would be seen here", () => {
    const broken = written(
      "broken.lua",
      wiresharkScript(labServices).replace(
        "local info, text = text_in(tvb, at, length)",
        "local info = nil .. text",
      ),
    );
    expect(details([broken], lab)).toContain("Lua Error");
    const unreadable = written("unreadable.lua", "local services = {");
    expect(() => details([unreadable], lab)).toThrow();
  });

  /** The packets of the lab with data in them. */
  function framesOfLab(): CapturedFrame[] {
    const frames: CapturedFrame[] = [];
    const reader = new CaptureReader({
      frame: (each) => void frames.push({ ...each, bytes: Buffer.from(each.bytes) }),
      drops: () => {},
    });
    reader.read(readFileSync(lab));
    return frames;
  }

  test("packets of the lab that are cut after every byte", () => {
    const packets: Packet[] = [];
    for (const { bytes } of framesOfLab().filter(({ bytes }) => bytes.length < 300))
      for (let length = 34; length < bytes.length; length++)
        packets.push({
          time: packets.length * 1e6,
          bytes: bytes.subarray(0, length),
          originalLength: bytes.length,
        });
    expect(packets.length).toBeGreaterThan(5000);
    // They repeat each other's bytes, and what seems to be sent again is not dissected.
    const text = details([labScript], capture(packets), "-o", "tcp.analyze_sequence_numbers:FALSE");
    expect(text).not.toContain("Lua Error");
    for (const shown of ["greeting, cut", "frame, cut", "Echo, Request: ha… (10 bytes)", "Hello… (43 bytes)"])
      expect(text).toContain(shown);
  });

  test("messages that are longer than what was kept of them say so", () => {
    const kept = (talk: TcpTalk, length: number) =>
      talk.packets.map(({ bytes, time }) => ({
        time,
        bytes: bytes.subarray(0, length),
        originalLength: bytes.length,
      }));
    const echo = talkTo(2222).send("client", "halo dunia");
    const file = capture(kept(echo, 58));
    expect(rows([labScript], file, "distsrv.echo", columns)).toEqual([["Echo", "Request: halo… (10 bytes)"]]);
    const zmq = talkTo(5555).send("server", message("", "World"));
    expect(rows([labScript], capture(kept(zmq, 60)), "distsrv.zmtp", columns)).toEqual([
      ["ZMTP", "message  Wo… (5 bytes)"],
    ]);
  });

  const seed = Number(process.env.DISTSRV_FUZZ_SEED ?? 7);

  test(`random bytes in both directions of every service (seed ${seed})`, () => {
    const random = new Random(seed);
    const packets: Packet[] = [];
    const beginnings = [
      greeting,
      readyCommand("REQ"),
      message("", "Hello"),
      message("\x01"),
      Buffer.alloc(0),
    ];
    for (const { port, role } of labServices.filter(({ role }) => role !== "udp"))
      for (let count = 0; count < 25; count++) {
        const talk = new TcpTalk({ serverPort: port, clientPort: 50_000 + count }, packets).handshake();
        for (let number = 0; number < 6; number++) {
          const bytes = Buffer.from(random.bytes(1 + random.below(120)));
          const start = role.startsWith("zmq-") ? random.pick(beginnings) : Buffer.alloc(0);
          // Small first bytes are flags of ZMTP.
          if (random.below(2) === 0) bytes[0] = random.below(8);
          const from = random.pick(["client", "server"] as const);
          const all = Buffer.concat([start.subarray(0, random.below(start.length + 1)), bytes]);
          if (random.below(4) === 0) talk.segment(from, part(all));
          else talk.send(from, all);
        }
        talk.close();
      }
    for (let count = 0; count < 200; count++)
      packets.push({
        time: packets.length * 1e6,
        bytes: ethernet(ipv4(udp(Buffer.from(random.bytes(1 + random.below(100)))), { protocol: 17 })),
      });
    const file = capture(packets);
    const text = details([labScript], file);
    expect(text).not.toContain("Lua Error");
    expect(text.match(/^UDP service, Request: /gm)).toHaveLength(200);
  });
});
