// What our reader says of captures, beside what tshark says of the same files.
import { describe, expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SegmentLogs } from "../../src/dashboard/capture/segments.ts";
import { CaptureAnalysis, type CaptureReport } from "../../src/protocol/analysis/analysis.ts";
import { labServices } from "../../src/protocol/analysis/service-ports.ts";
import { CaptureReader } from "../../src/protocol/capture/capture-reader.ts";
import {
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  sectionHeader,
} from "../../src/protocol/capture/pcapng-writer.ts";
import type { Step, StepEvent } from "../../src/protocol/conversation/step.ts";
import { TcpFlag } from "../../src/protocol/packet/tcp-header.ts";
import { analyseFile } from "../support/analyse.ts";
import { needs, testWith } from "../support/needs.ts";
import { ethernet, ipv4, type Packet, pcap, TcpTalk, udp } from "../support/packets.ts";
import { scratchFolder } from "../support/scratch.ts";

const test = testWith(needs.tshark);
const folder = scratchFolder("tshark");
const lab = fileURLToPath(new URL("../captures/lab.pcap", import.meta.url));

function run(command: readonly string[]): string {
  const { stdout, stderr, exitCode } = Bun.spawnSync([...command], { stdin: "ignore" });
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr.toString()}`);
  return stdout.toString();
}

const decodeAs = [5151, 8000, 4000].flatMap((port) => ["-d", `tcp.port==${port},http`]);

/** The fields of the packets that match, a row for each. */
function tshark(file: string, filter: string, fields: readonly string[], ...more: string[]): string[][] {
  const wanted = fields.flatMap((field) => ["-e", field]);
  const text = run([
    "tshark",
    "-n",
    "-r",
    file,
    ...decodeAs,
    ...more,
    "-Y",
    filter,
    "-T",
    "fields",
    ...wanted,
  ]);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"));
}

type Message = Step & { readonly event: StepEvent & { kind: "message" } };

const messages = (report: CaptureReport, protocols: readonly string[]): Message[] =>
  report.conversations
    .flatMap(({ conversation }) => [...conversation.steps.first, ...conversation.steps.last])
    .filter((step): step is Message => step.event.kind === "message")
    .filter(({ event }) => protocols.includes(event.message.protocol))
    .sort((one, other) => one.packet - other.packet);

const text = (value: unknown): string => (value === undefined ? "" : String(value));

function written(name: string, file: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, file);
  return path;
}

/** Of each TCP packet what the dashboard shows: flags, numbers from the start of the connection, window, length. */
function segmentsIn(file: Uint8Array): string[][] {
  const segments = new SegmentLogs();
  const analysis = new CaptureAnalysis({
    services: labServices,
    onSegment: (tcp, side, header, place) => segments.add(tcp, side, header, place),
  });
  analysis.read(file);
  const { conversations } = analysis.end();
  const all = conversations.flatMap(({ conversation }) => {
    const log = segments.get(conversation);
    return log === undefined ? [] : [...log.first, ...log.last];
  });
  return all
    .sort((one, other) => one.packet - other.packet)
    .map(({ packet, flags, sequence, acknowledgement, window, length }) => [
      ...[packet, `0x${flags.toString(16).padStart(4, "0")}`, sequence, acknowledgement, window, length].map(
        String,
      ),
    ]);
}

const segmentFields = ["frame.number", "tcp.flags", "tcp.seq", "tcp.ack", "tcp.window_size", "tcp.len"];

describe("a capture of the whole lab", () => {
  const report = analyseFile(readFileSync(lab));

  test("every TCP segment has tshark's flags, relative numbers, window and length", () => {
    expect(segmentsIn(readFileSync(lab))).toEqual(tshark(lab, "tcp", segmentFields));
  });

  test("every packet has tshark's time, length and kind of link", () => {
    const ours: string[][] = [];
    const reader = new CaptureReader({
      frame: ({ number, seconds, nanoseconds, originalLength, bytes }) =>
        void ours.push([
          `${number}`,
          `${seconds}.${String(nanoseconds).padStart(9, "0")}`,
          `${originalLength}`,
          `${bytes.length}`,
        ]),
    });
    reader.read(readFileSync(lab));
    reader.end();
    const fields = ["frame.number", "frame.time_epoch", "frame.len", "frame.cap_len"];
    expect(ours).toEqual(tshark(lab, "frame", fields));
  });

  test("each conversation has tshark's packets and bytes, in both directions", () => {
    const sums = new Map<string, [number, number]>();
    const rows = tshark(lab, "tcp", ["tcp.stream", "tcp.srcport", "tcp.dstport", "frame.len", "tcp.len"]);
    for (const [stream, source, target, length] of rows) {
      const key = `${stream} ${source} ${target}`;
      const [packets, bytes] = sums.get(key) ?? [0, 0];
      sums.set(key, [packets + 1, bytes + Number(length)]);
    }
    const tcp = report.conversations.filter((tracked) => tracked.tcp !== undefined);
    const ours = tcp.flatMap(({ conversation: { ends, counts } }, index) => [
      [
        `${index} ${ends.client.port} ${ends.server.port}`,
        [counts.client.packets, counts.client.wireBytes],
      ] as const,
      [
        `${index} ${ends.server.port} ${ends.client.port}`,
        [counts.server.packets, counts.server.wireBytes],
      ] as const,
    ]);
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(sums));
  });

  test("the handshakes' round trips are tshark's", () => {
    const rows = tshark(lab, "tcp.flags.syn==0 && tcp.flags.reset==0 && tcp.analysis.initial_rtt", [
      "tcp.stream",
      "tcp.analysis.initial_rtt",
    ]);
    const theirs = new Map(rows.map(([stream, time]) => [Number(stream), Number(time)]));
    const tcp = report.conversations.filter((tracked) => tracked.tcp !== undefined);
    const ours = tcp.flatMap((tracked, index) =>
      tracked.tcp?.handshakeTime === undefined ? [] : [[index, tracked.tcp.handshakeTime / 1e9] as const],
    );
    expect(new Map(ours)).toEqual(theirs);
  });

  test("MQTT: the same packets in the same frames, with the same fields", () => {
    const types: Readonly<Record<string, string>> = {
      CONNECT: "1",
      CONNACK: "2",
      PUBLISH: "3",
      PUBACK: "4",
      PUBREC: "5",
      PUBREL: "6",
      PUBCOMP: "7",
      SUBSCRIBE: "8",
      SUBACK: "9",
      DISCONNECT: "14",
    };
    const fields = ["frame.number", "mqtt.msgtype", "mqtt.topic", "mqtt.clientid", "mqtt.qos", "mqtt.msgid"];
    const ours = messages(report, ["MQTT"]).map(({ packet, event }) => {
      const { packet: type, topic, filters, client, qos, packetId } = event.message.fields;
      const name = text(topic) || text(filters).replace(/ qos \d$/, "");
      return [
        `${packet}`,
        types[text(type)],
        name,
        text(client),
        type === "PUBLISH" ? text(qos) : "",
        text(packetId),
      ];
    });
    expect(ours).toEqual(tshark(lab, "mqtt", fields));
  });

  test("HTTP: the same requests and replies in the same frames, also those that carry SOAP and JSON-RPC", () => {
    const fields = [
      "frame.number",
      "http.request.method",
      "http.request.uri",
      "http.response.code",
      "http.content_length",
    ];
    const ours = messages(report, ["HTTP", "SOAP", "JSON-RPC"]).map(({ packet, event }) => {
      const { method, target, status, bodyLength } = event.message.fields;
      return [`${packet}`, text(method), text(target), text(status), text(bodyLength)];
    });
    expect(ours).toEqual(tshark(lab, "http", fields));
  });

  for (const format of ["pcapng", "nsecpcap", "modpcap"]) {
    test(`as ${format} it says the same`, () => {
      const converted = join(folder, `lab.${format}`);
      run(["editcap", "-F", format, lab, converted]);
      const again = analyseFile(readFileSync(converted));
      expect(again.services.map(({ name, packets, bytes }) => [name, packets, bytes])).toEqual(
        report.services.map(({ name, packets, bytes }) => [name, packets, bytes]),
      );
      expect(again.findings).toEqual(report.findings);
    });
  }
});

describe("what goes wrong in TCP", () => {
  const push = TcpFlag.Psh | TcpFlag.Ack;
  const talk = new TcpTalk({ serverPort: 2222, step: 1e5 })
    .handshake()
    .send("client", "halo")
    .send("server", "Echo: halo")
    .sendOnly("client", "satu")
    .wait(300e6)
    .segment("client", { flags: push, payload: Buffer.from("satu") }, -4)
    .acknowledge("server")
    .segment("client", { flags: push, payload: Buffer.from("tiga") }, 4)
    .segment("client", { flags: push, payload: Buffer.from("dua ") }, 0)
    .segment("server", { flags: TcpFlag.Ack, window: 0 })
    .wait(50e6)
    .segment("server", { flags: TcpFlag.Ack, window: 1000 })
    .reset("server");
  const file = pcap(talk.packets);
  const found = (code: string): string[] =>
    analyseFile(file)
      .findings.filter((finding) => finding.code === code)
      .flatMap(({ packets }) => packets.map(String));

  test("retransmissions, overtaken segments, closed windows and resets are tshark's", () => {
    const path = written("odd.pcap", file);
    const theirs = (filter: string) => tshark(path, filter, ["frame.number"]).map(([number]) => number!);
    expect(found("retransmission")).toEqual(theirs("tcp.analysis.retransmission"));
    expect(found("retransmission")).toHaveLength(1);
    expect(found("out-of-order")).toEqual(theirs("tcp.analysis.out_of_order"));
    expect(found("out-of-order")).toHaveLength(1);
    expect(found("zero-window")).toEqual(theirs("tcp.window_size_value==0 && tcp.flags.reset==0"));
    expect(found("reset")).toEqual(theirs("tcp.flags.reset==1"));
  });
});

test("IP fragments under a VLAN become the datagram that tshark puts together", () => {
  const datagram = udp(Buffer.from("x".repeat(2500)), 50_000, 12_345);
  const packets: Packet[] = [1480, 0].map((at) => ({
    bytes: ethernet(
      ipv4(datagram.subarray(at, at + 1480), {
        protocol: 17,
        identification: 7,
        fragmentAt: at,
        hasMoreFragments: at === 0,
      }),
      0x0800,
      [[0x8100, 101]],
    ),
  }));
  const file = pcap(packets);
  const [row] = tshark(written("fragments.pcap", file), "udp", ["udp.srcport", "udp.length", "vlan.id"]);
  expect(row).toEqual(["50000", "2508", "101"]);
  const { conversation } = analyseFile(file).conversations[0]!;
  expect([conversation.ends.client.port, conversation.counts.client.bytes]).toEqual([50_000, 2500]);
});

test("pcapng as we write it: names, nanoseconds, direction, comments and drops are what tshark reads", () => {
  const at = { seconds: 1_795_822_862, nanoseconds: 123_456_789 };
  const talk = new TcpTalk().handshake();
  const path = written(
    "ours.pcapng",
    Buffer.concat([
      sectionHeader("distcli", "the lab"),
      interfaceDescription({ linkType: 1, name: "br-lab", description: "the bridge", snapLength: 0 }),
      ...talk.packets.map(({ bytes }, index) =>
        enhancedPacket({
          ...at,
          interface: 0,
          bytes,
          originalLength: bytes.length,
          way: index % 2 === 0 ? "in" : "out",
          comment: index === 1 ? "jawaban" : undefined,
        }),
      ),
      interfaceStatistics(0, at, { received: 3, dropped: 2 }),
    ]),
  );
  const fields = [
    "frame.time_epoch",
    "frame.interface_name",
    "frame.interface_description",
    "frame.packet_flags_direction",
    "frame.comment",
    "tcp.flags.syn",
  ];
  expect(tshark(path, "frame", fields)).toEqual([
    ["1795822862.123456789", "br-lab", "the bridge", "0x00000001", "", "1"],
    ["1795822862.123456789", "br-lab", "the bridge", "0x00000002", "jawaban", "1"],
    ["1795822862.123456789", "br-lab", "the bridge", "0x00000001", "", "0"],
  ]);
  expect(run(["capinfos", "-M", path])).toContain("Capture application: distcli");
});
