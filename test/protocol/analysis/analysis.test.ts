import { describe, expect, test } from "bun:test";
import { CaptureError } from "../../../src/protocol/capture/capture-error.ts";
import { analyse, analyseFile, odditiesOf, storyOf } from "../../support/analyse.ts";
import { ethernet, type Packet, pcap, TcpTalk } from "../../support/packets.ts";
import { Random } from "../../support/random.ts";

const lab = await Bun.file(new URL("../../captures/lab.pcap", import.meta.url)).bytes();

describe("a capture of the whole lab", () => {
  const report = analyseFile(lab);

  test("every service is found, with its protocol and its end", () => {
    const all = report.conversations.map(
      ({ conversation, tcp }) => `${conversation.serviceName} ${conversation.protocol} ${tcp?.state}`,
    );
    expect(all).toEqual([
      ...Array<string>(4).fill("mqtt MQTT closed"),
      "echo echo closed",
      "time TIME closed",
      "upcall upcall closed",
      "oneway one-way closed",
      "udp UDP undefined",
      "rest HTTP closed",
      "rest HTTP closed",
      "soap SOAP closed",
      "jsonrpc JSON-RPC closed",
      "zmq-rep ZMTP closed",
      "zmq-push ZMTP closed",
      "zmq-pub ZMTP closed",
      "tcp/4999 undefined refused",
      "tcp/4999 undefined refused",
    ]);
  });

  test("what is odd is only what was odd", () => {
    expect(odditiesOf(report)).toEqual(["refused 202", "refused 204", "error-answer 118"]);
  });

  test("a port that refused is no service", () => {
    const [host] = report.hosts;
    expect([...host!.serves]).toContain("echo (2222)");
    expect([...host!.serves].join()).not.toContain("4999");
    expect([...host!.clientNames]).toEqual(["pelanggan", "penerbit", "penerbit5", "slip"]);
  });

  test("QoS 2 in its four packets, and SOAP with its values", () => {
    const story = report.conversations.flatMap(({ conversation }) => storyOf(conversation));
    for (const line of ["PUBREC id 1", "PUBREL id 1", "PUBCOMP id 1", "SOAP 1.1 add(a=10, b=5)"])
      expect(story.some((step) => step.includes(line))).toBeTrue();
  });
});

describe("damage", () => {
  test("what comes before it is told, and the place is a finding", () => {
    const report = analyseFile(lab.subarray(0, 20_001));
    expect(report.findings[0]).toMatchObject({ code: "damaged-capture" });
    expect(report.findings[0]?.values.reason).toMatch(/^The file ends \d+ bytes before .* at byte \d+/);
    expect(report.conversations.length).toBeGreaterThan(5);
  });

  test("what is no capture is an error", () => {
    expect(() => analyseFile(Buffer.from("MThd and more"))).toThrow(CaptureError);
  });

  const rounds = Number(process.env.DISTSRV_FUZZ_WAVES ?? 150);
  const seed = Number(process.env.DISTSRV_FUZZ_SEED ?? 7);
  test(`bytes that are changed anywhere, headers as well as messages, never end it (seed ${seed})`, () => {
    const random = new Random(seed);
    const clean = analyseFile(lab).packets;
    for (let round = 0; round < rounds; round++) {
      const file = Buffer.from(lab);
      // Behind the file's header, so that it stays a capture.
      for (let change = 0; change <= random.below(40); change++)
        file[24 + random.below(file.length - 24)] = random.below(256);
      const report = analyseFile(file);
      expect(report.packets).toBeLessThanOrEqual(clean);
      expect(Number.isFinite(report.duration)).toBeTrue();
    }
  });

  test("packets in any order, twice or not at all never end it", () => {
    const random = new Random(seed);
    const packets: Packet[] = [];
    analyseFrames(lab, (time, bytes) => packets.push({ time, bytes }));
    for (let round = 0; round < rounds / 10; round++) {
      const shuffled = packets.map(() => random.pick(packets));
      expect(analyse(shuffled).packets).toBe(packets.length);
    }
  });
});

/** The frames of a little-endian pcap file in microseconds. */
function analyseFrames(file: Uint8Array, each: (time: number, bytes: Buffer) => void): void {
  const bytes = Buffer.from(file);
  for (let at = 24; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 8);
    each(bytes.readUInt32LE(at + 4) * 1000, bytes.subarray(at + 16, at + 16 + length));
    at += 16 + length;
  }
}

describe("below TCP", () => {
  test("ARP: who asks, who answers, and whom nobody knows", () => {
    const arp = (operation: string, sender: string, target: string) => ({
      bytes: ethernet(Buffer.from(`000108000604${operation}${sender}${target}`, "hex"), 0x0806),
    });
    const report = analyse([
      arp("0001", "0242ac101065ac101065", "000000000000ac101066"),
      arp("0002", "0242ac101066ac101066", "0242ac101065ac101065"),
      arp("0001", "0242ac101065ac101065", "000000000000ac101067"),
    ]);
    expect(report.events.map(({ text }) => text)).toEqual([
      "who has 172.16.16.102? tell 172.16.16.101",
      "172.16.16.102 is at 02:42:ac:10:10:66",
      "who has 172.16.16.103? tell 172.16.16.101",
    ]);
    expect(odditiesOf(report)).toEqual(["unanswered 3"]);
    expect(report.hosts.map(({ address, macs }) => [address, ...macs])).toContainEqual([
      "172.16.16.102",
      "02:42:ac:10:10:66",
    ]);
  });

  test("frames of a link that is not known are counted, and said once", () => {
    const report = analyseFile(
      pcap([{ bytes: Buffer.alloc(20) }, { bytes: Buffer.alloc(20) }], { linkType: 147 }),
    );
    expect(report.findings).toMatchObject([{ code: "unknown-link", count: 2, values: { linkType: 147 } }]);
  });
});

test("an answer that is much slower than the others is named", () => {
  const talk = new TcpTalk({ serverPort: 2222 }).handshake();
  for (let count = 0; count < 20; count++) talk.send("client", "a").send("server", "Echo: a");
  talk.send("client", "slow").wait(500e6).send("server", "Echo: slow");
  expect(odditiesOf(analyse(talk.packets))).toEqual([`slow-answer ${talk.packets.length - 1}`]);
});

test("more conversations than there is room for are counted", () => {
  const packets: Packet[] = [];
  for (let port = 0; port < 20_005; port++)
    new TcpTalk({ clientPort: 30_000 + port, serverPort: 2222 }, packets).segment("client", {
      flags: 2,
      acknowledgement: 0,
    });
  const report = analyse(packets);
  expect(report.conversations).toHaveLength(20_000);
  expect(report.omittedConversations).toBe(5);
  expect(report.findings.at(-1)).toMatchObject({ code: "too-many-conversations", values: { packets: 5 } });
  expect([report.findings.length, report.omittedFindings]).toEqual([5001, 15_000]);
});
