import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Conversation, Direction, TrafficEvent } from "../../src/core/traffic.ts";
import { keepingSink } from "../../src/observe/packet-sink.ts";
import { TrafficRecording } from "../../src/observe/traffic-recording.ts";
import { analyseFile, odditiesOf, storyOf } from "../support/analyse.ts";
import { needs, testWith } from "../support/needs.ts";
import { scratchFolder } from "../support/scratch.ts";

const conversation: Conversation = {
  id: "echo#1",
  service: "echo",
  transport: "tcp",
  local: "127.0.0.1:2222",
  remote: "127.0.0.1:40000",
};

/** A recording whose clock is a second further with each event. */
function recording() {
  const blocks: Uint8Array[] = [];
  let seconds = 1_700_000_000;
  const recording = new TrafficRecording({
    application: "test",
    hasDatagrams: (service) => service === "udp",
    sink: keepingSink((written) => blocks.push(written) > 0),
    now: () => seconds++ * 1000,
  });
  const bytes = (direction: Direction, text: string, offset: number): TrafficEvent => ({
    ...{ kind: "bytes", conversation, direction, bytes: Buffer.from(text), offset },
  });
  return {
    recording,
    bytes,
    record: (...events: readonly TrafficEvent[]) => {
      for (const event of events) recording.observe(event);
    },
    file: () => Buffer.concat([...blocks, recording.statistics()]),
  };
}

/** The second chunk of the client, and the last one of the service, were lost on the way to the recording. */
function withLosses(): Buffer {
  const { record, bytes, file } = recording();
  record({ kind: "open", conversation }, bytes("in", "satu", 0), bytes("out", "Echo: satu", 0));
  record(bytes("in", "tiga", 8), bytes("out", "Echo: tiga", 20));
  const ended = { conversation, closedBy: "client", lengths: { in: 12, out: 35 } } as const;
  record({ kind: "half-close", ...ended }, { kind: "close", ...ended });
  return file();
}

test("bytes that are missing are a gap, where they were, and at the end", () => {
  const report = analyseFile(withLosses());
  const [tcp] = report.conversations;
  expect(storyOf(tcp!.conversation).filter((line) => !line.includes("ack"))).toEqual([
    "client syn",
    "client established",
    'client "satu"',
    'server "Echo: satu"',
    "client gap 4",
    'client "tiga"',
    "server gap 10",
    'server "Echo: tiga"',
    "client fin",
    "server fin",
    "server gap 5",
  ]);
});

testWith(needs.tshark)(
  "tshark says where segments are missing, and finds nothing else but that they were acknowledged",
  () => {
    const file = join(scratchFolder("losses"), "lab.pcapng");
    writeFileSync(file, withLosses());
    const shown = (filter: string) =>
      Bun.spawnSync(["tshark", "-n", "-r", file, "-Y", filter, "-T", "fields", "-e", "tcp.payload"])
        .stdout.toString()
        .split("\n")
        .slice(0, -1)
        .map((payload) => Buffer.from(payload, "hex").toString());
    expect(shown("tcp.analysis.lost_segment")).toEqual(["tiga", "Echo: tiga", ""]);
    const known = "tcp.analysis.lost_segment || tcp.analysis.ack_lost_segment";
    expect(shown(`tcp.analysis.flags && !(${known})`)).toEqual([]);
  },
);

test("a half-close is there when it happens, and what the other side still sends behind it", () => {
  const { record, bytes, file } = recording();
  const ended = { conversation, closedBy: "client" } as const;
  record({ kind: "open", conversation }, bytes("in", "satu", 0));
  record({ kind: "half-close", ...ended, lengths: { in: 4, out: 0 } });
  record(bytes("out", "Echo: satu", 0));
  record({ kind: "close", ...ended, lengths: { in: 4, out: 10 } });
  const report = analyseFile(file());
  expect(storyOf(report.conversations[0]!.conversation)).toEqual([
    "client syn",
    "server syn-ack",
    "client established",
    'client "satu"',
    "client fin",
    'server "Echo: satu"',
    "server fin",
  ]);
  expect(odditiesOf(report)).toEqual([]);
});
