import { describe, expect, test } from "bun:test";
import { TcpFlag } from "../../../src/protocol/packet/tcp-header.ts";
import { analyse, odditiesOf, storyOf } from "../../support/analyse.ts";
import { type TalkForm, TcpTalk } from "../../support/packets.ts";

/** With the port of the echo, whose messages end with a push. */
const talk = (form: TalkForm = {}) => new TcpTalk({ serverPort: 2222, ...form });

function told(spoken: TcpTalk) {
  const report = analyse(spoken.packets);
  const { conversation, tcp } = report.conversations[0]!;
  return { report, conversation, tcp: tcp!, story: storyOf(conversation), odd: odditiesOf(report) };
}

const ack = TcpFlag.Ack;
const push = TcpFlag.Psh | TcpFlag.Ack;

describe("a whole connection", () => {
  const spoken = talk().handshake().send("client", "halo").send("server", "Echo: halo").close();
  const { conversation, tcp, story, odd } = told(spoken);

  test("is told from its handshake to its end", () => {
    expect(story).toEqual([
      "client syn",
      "server syn-ack",
      "client established",
      'client "halo"',
      'server "Echo: halo"',
      "client fin",
      "server fin",
    ]);
    expect([tcp.state, tcp.closedBy, tcp.handshakeTime]).toEqual(["closed", "client", 2e6]);
    expect(odd).toEqual([]);
  });

  test("has its options, its sums and the time of its answer", () => {
    const options = { maxSegment: 1460, windowScale: 10, sackPermitted: true, timestamps: true };
    expect(tcp.options).toEqual({ client: options, server: options });
    expect(conversation.counts.client).toMatchObject({ packets: 6, bytes: 4 });
    expect(conversation.counts.server).toMatchObject({ packets: 4, bytes: 10 });
    expect(conversation.exchanges.times).toMatchObject({ count: 1, sum: 2e6 });
  });

  test("knows which packet acknowledged each message", () => {
    const acknowledged = conversation.steps.first.map(({ event }) =>
      event.kind === "message" ? event.acknowledgedBy : undefined,
    );
    expect(acknowledged).toEqual([undefined, undefined, undefined, 5, 7, undefined, undefined]);
  });
});

describe("the order of segments", () => {
  test("sequence numbers wrap", () => {
    const { story } = told(
      talk({ clientStart: 0xffff_fffd }).handshake().send("client", "satu").send("client", "dua").close(),
    );
    expect(story.slice(3, 5)).toEqual(['client "satu"', 'client "dua"']);
  });

  test("a segment that is sent again is a retransmission, and its bytes are counted once", () => {
    const { story, odd, conversation } = told(
      talk()
        .handshake()
        .sendOnly("client", "halo")
        .wait(200e6)
        .segment("client", { flags: push, payload: Buffer.from("halo") }, -4)
        .acknowledge("server"),
    );
    expect(story).toContain("client retransmission 4");
    expect(story.filter((line) => line.includes('"halo"'))).toHaveLength(1);
    expect(odd).toContain("retransmission 5");
    expect(conversation.counts.client.bytes).toBe(4);
  });

  test("a segment that repeats the end of the one before and goes on is read from where it is new", () => {
    const { story } = told(
      talk()
        .handshake()
        .segment("client", { flags: ack, payload: Buffer.from("halo") })
        .segment("client", { flags: push, payload: Buffer.from("lo dunia") }, 2),
    );
    expect(story).toContain('client "halo dunia"');
  });

  test("segments that overtook others are put in order", () => {
    const { story, odd } = told(
      talk({ step: 1e5 })
        .handshake()
        .segment("client", { flags: push, payload: Buffer.from("dunia") }, 5)
        .segment("client", { flags: ack, payload: Buffer.from("halo ") }, 0)
        .segment("server", { flags: ack, acknowledgement: 1011 }),
    );
    expect(story).toContain("client out-of-order 5");
    expect(story).toContain('client "halo dunia"');
    expect(odd).toEqual(["unanswered 4", "out-of-order 5"]);
  });

  test("bytes that were acknowledged and never came are a gap of the capture", () => {
    const { story, odd, tcp } = told(
      talk()
        .handshake()
        .segment("client", { flags: push, payload: Buffer.from("dunia") }, 100)
        .wait(10e6)
        .segment("server", { flags: ack, acknowledgement: 1106 })
        .acknowledge("client"),
    );
    expect(story).toContain("client gap 100");
    expect(odd).toContain("gap 5");
    expect(tcp.missing).toBe(100);
  });

  test("what comes after such a gap has the time of its own packet, because it waited for nothing", () => {
    const { conversation } = told(
      talk()
        .handshake()
        .segment("client", { flags: push, payload: Buffer.from("dunia") }, 100)
        .wait(10e6)
        .segment("server", { flags: ack, acknowledgement: 1106 })
        .acknowledge("client"),
    );
    const message = conversation.steps.first.find(({ event }) => event.kind === "message");
    expect(message).toMatchObject({ packet: 4, time: 3e6 });
  });

  test("a packet that the capture has twice is counted once and is no retransmission", () => {
    const spoken = talk().handshake().send("client", "halo");
    const twice = spoken.packets.flatMap((packet) => [packet, packet]);
    const report = analyse(twice);
    const { conversation, tcp } = report.conversations[0]!;
    expect(tcp?.repeatedSightings).toBe(5);
    expect(conversation.counts.client.packets).toBe(3);
    expect(odditiesOf(report)).toEqual(["unanswered 7"]);
  });

  test("what the capture cut off is missing, and counts as sent", () => {
    const spoken = talk().handshake().send("client", "x".repeat(500));
    const packets = spoken.packets.map(({ time, bytes }) => ({
      time: time!,
      bytes: bytes.subarray(0, 96),
      originalLength: bytes.length,
    }));
    const report = analyse(packets);
    const { conversation, tcp } = report.conversations[0]!;
    expect([conversation.counts.client.bytes, tcp!.missing]).toEqual([500, 500 - 42]);
    expect(odditiesOf(report)).toEqual(["gap 4", "cut-packets 4"]);
  });
});

describe("how it begins and ends", () => {
  test("a SYN that RST answers is refused", () => {
    const { tcp, odd } = told(
      talk().segment("client", { flags: TcpFlag.Syn, acknowledgement: 0 }).reset("server"),
    );
    expect([tcp.state, odd]).toEqual(["refused", ["refused 2"]]);
  });

  test("a SYN that nobody answers is half open, and each further one a retransmission", () => {
    const syn = { flags: TcpFlag.Syn, acknowledgement: 0 };
    const { tcp, odd } = told(talk().segment("client", syn).wait(1e9).segment("client", syn));
    expect([tcp.state, odd]).toEqual(["asking", ["half-open 1", "retransmission 2"]]);
  });

  test("what the server sent of a whole connection tells of one, and not of half of one", () => {
    const whole = talk().handshake().send("client", "halo").send("server", "Echo: halo").close();
    // Numbers of an Ethernet and an IP header before: the source port.
    const served = whole.packets.filter(({ bytes }) => bytes.readUInt16BE(34) === 2222);
    const report = analyse(served);
    expect(storyOf(report.conversations[0]!.conversation)).toContain('server "Echo: halo"');
    expect(odditiesOf(report).filter((odd) => odd.startsWith("half-open"))).toEqual([]);
    expect(odditiesOf(analyse(served.slice(0, 1)))).toEqual(["half-open 1"]);
  });

  test("RST in the middle tells who reset it", () => {
    const { tcp, odd } = told(talk().handshake().send("client", "halo").send("server", "ok").reset("server"));
    expect([tcp.state, tcp.closedBy, odd]).toEqual(["reset", "server", ["reset 8"]]);
  });

  test("RST to what comes after a FIN of its own is another oddity, and it is who sent the RST that is named", () => {
    const finished = () =>
      talk()
        .handshake()
        .segment("server", { flags: TcpFlag.Fin | ack });
    const own = told(finished().send("client", "late").reset("server"));
    expect([own.tcp.state, own.tcp.closedBy, own.tcp.resetBy]).toEqual(["reset", "server", "server"]);
    expect(own.report.findings.find(({ code }) => code === "reset")?.values.after).toBe("FIN");
    const other = told(finished().reset("client"));
    expect([other.tcp.closedBy, other.tcp.resetBy]).toEqual(["server", "client"]);
    expect(other.report.findings.find(({ code }) => code === "reset")?.values.after).toBe("");
  });

  test("the lower port is the server's where the capture begins in the middle", () => {
    const { conversation, odd } = told(talk({ clientPort: 51_000 }).send("server", "Echo: a"));
    expect(conversation.ends.server.port).toBe(2222);
    expect(odd).toEqual(["begins-in-the-middle 1"]);
  });

  test("the same ports with a new SYN are another conversation", () => {
    const first = talk().handshake().close();
    const second = new TcpTalk({ serverPort: 2222, clientStart: 77_000 }, first.packets).handshake().close();
    expect(analyse(second.packets).conversations.map(({ tcp }) => tcp?.state)).toEqual(["closed", "closed"]);
  });

  test("a closed window, and when it opens", () => {
    const { story, odd } = told(
      talk()
        .handshake()
        .segment("server", { flags: ack, window: 0 })
        .wait(50e6)
        .segment("server", { flags: ack, window: 1000 }),
    );
    expect(story.slice(3)).toEqual(["server zero-window", "server window-open"]);
    expect(odd).toEqual(["zero-window 4"]);
  });
});

test("what cannot be put in order is held within a bound", () => {
  const spoken = talk({ step: 1000 }).handshake();
  // 4 MB that follow a byte which never comes.
  for (let at = 0; at < 4000; at++)
    spoken.segment("client", { flags: ack, payload: Buffer.alloc(1000) }, 1 + at * 1000);
  const { tcp, conversation } = told(spoken);
  expect(tcp.missing).toBe(1);
  expect(conversation.counts.client.bytes).toBe(4_000_001);
});
