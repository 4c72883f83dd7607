import { describe, expect, test } from "bun:test";
import { PayloadLog } from "../../../src/dashboard/capture/payloads.ts";
import { coursesOf, pictureOf } from "../../../src/dashboard/capture/picture.ts";
import { SegmentLogs } from "../../../src/dashboard/capture/segments.ts";
import { CaptureAnalysis } from "../../../src/protocol/analysis/analysis.ts";
import { labServices } from "../../../src/protocol/analysis/service-ports.ts";
import { TcpFlag } from "../../../src/protocol/packet/tcp-header.ts";
import { connack, connect, packet, publish } from "../../support/mqtt-packets.ts";
import { pcap, TcpTalk } from "../../support/packets.ts";

function look({ packets }: TcpTalk) {
  const segments = new SegmentLogs();
  const payloads = new PayloadLog();
  const analysis = new CaptureAnalysis({
    services: labServices,
    onData: (conversation, side, bytes, place) => payloads.add(conversation, side, bytes, place),
    onSegment: (tcp, side, header, place) => segments.add(tcp, side, header, place),
  });
  analysis.read(pcap(packets));
  const report = analysis.end();
  return { picture: pictureOf(report), courses: coursesOf(report, [1, 99], { segments, payloads }) };
}

describe("what the page gets of a capture", () => {
  test("is plain data, which passes from a thread to another unchanged", () => {
    const { picture, courses } = look(
      new TcpTalk({ serverPort: 2222 }).handshake().send("client", "halo").close(),
    );
    expect(structuredClone(picture)).toEqual(picture);
    expect(structuredClone(courses)).toEqual(courses);
    expect(picture.conversations).toEqual([
      {
        ...{ number: 1, service: "echo", transport: "tcp", protocol: "echo" },
        ...{ client: "10.0.0.1:50000", server: "10.0.0.2:2222", packets: 8, wireBytes: 476 },
        state: { en: "closed", id: "ditutup" },
        end: { by: "client", isReset: false, packet: 7 },
        isRefused: false,
      },
    ]);
    expect(picture.begin).toBe(1000);
  });

  test("has the segments with numbers that begin at 0 and windows in bytes", () => {
    const talk = new TcpTalk({ clientStart: 0xffff_fffe, serverPort: 2222 });
    const { courses } = look(talk.handshake().send("client", "halo").close());
    const shown = courses[0]!.segments.first.map(
      ({ side, flags, sequence, acknowledgement, length, window }) => [
        side,
        ...[flags, sequence, acknowledgement, length, window],
      ],
    );
    const { Syn, Ack, Psh, Fin } = TcpFlag;
    // The options have a window scale of 10.
    const [window, scaled] = [shown[0]![5] as number, (shown[0]![5] as number) * 1024];
    expect(window).toBeGreaterThan(0);
    expect(shown).toEqual([
      ["client", Syn, 0, 0, 0, window],
      ["server", Syn | Ack, 0, 1, 0, window],
      ["client", Ack, 1, 1, 0, scaled],
      ["client", Psh | Ack, 1, 1, 4, scaled],
      ["server", Ack, 1, 5, 0, scaled],
      ["client", Fin | Ack, 5, 1, 0, scaled],
      ["server", Fin | Ack, 1, 6, 0, scaled],
      ["client", Ack, 6, 2, 0, scaled],
    ]);
  });

  test("counts from 1 where the capture has no SYN, and does not scale windows of which it knows no scale", () => {
    const { courses } = look(new TcpTalk({ serverPort: 2222 }).send("client", "halo"));
    expect(courses[0]!.segments.first).toMatchObject([
      { sequence: 1, acknowledgement: 1, length: 4 },
      { sequence: 1, acknowledgement: 5, length: 0 },
    ]);
    const [first, second] = courses[0]!.segments.first;
    expect(first!.window).toBe(second!.window);
    expect(first!.window).toBeLessThan(65_536);
  });

  test("has each message with its packet, and what TCP does beside its flags", () => {
    const talk = new TcpTalk({ serverPort: 2222 }).handshake();
    talk.segment("client", { flags: TcpFlag.Psh | TcpFlag.Ack, payload: Buffer.from("halo") });
    const { courses, picture } = look(talk.send("client", "halo").reset("server"));
    expect(courses[0]!.steps.first).toMatchObject([
      { is: "message", packet: 4, side: "client", text: '"halo"', length: 4 },
      { is: "retransmission", packet: 5, side: "client", length: 4 },
    ]);
    expect(picture.conversations[0]!.end).toEqual({ by: "server", isReset: true, packet: 7 });
    expect(picture.findings.map(({ code, packets }) => [code, packets])).toContainEqual(["reset", [7]]);
    const sentence = picture.findings.find(({ code }) => code === "retransmission")?.sentence;
    expect(sentence?.en).not.toBe(sentence?.id);
  });

  test("keeps the beginning and the end of a long connection, and counts what is between", () => {
    const talk = new TcpTalk({ serverPort: 2222 }).handshake();
    for (let count = 0; count < 300; count++) talk.send("client", "halo");
    const { segments } = look(talk.close()).courses[0]!;
    expect(segments.first.length + segments.omitted + segments.last.length).toBe(606);
    expect(segments.omitted).toBe(366);
    expect(segments.last.at(-1)).toMatchObject({ packet: 606, flags: TcpFlag.Ack });
  });

  test("says nothing of a conversation that is not there", () => {
    const { courses } = look(new TcpTalk().handshake());
    expect(courses.map(({ number }) => number)).toEqual([1]);
  });

  /** The texts of the messages with their bytes, as latin1. */
  const bytesIn = (talk: TcpTalk) =>
    look(talk).courses[0]!.steps.first.flatMap((step) =>
      step.is === "message"
        ? [step.bytes === undefined ? undefined : Buffer.from(step.bytes, "base64").toString("latin1")]
        : [],
    );

  test("has the bytes of a message, also where one packet has several", () => {
    const [first, second] = [publish("a", "1"), publish("b", "22")];
    const talk = new TcpTalk().handshake().send("client", connect("ani")).send("server", connack);
    talk.send("client", Buffer.concat([first, second]));
    expect(bytesIn(talk)).toEqual(
      [connect("ani"), connack, first, second].map((bytes) => bytes.toString("latin1")),
    );
  });

  test("has no bytes where it is not certain which ones they are", () => {
    const whole = publish("a", "12345");
    const talk = new TcpTalk().handshake().send("client", connect("ani")).send("server", connack);
    // One message in two packets, and the second packet has a beginning of another one.
    talk.send("client", whole.subarray(0, 4));
    talk.send("client", Buffer.concat([whole.subarray(4), whole.subarray(0, 3)]));
    expect(bytesIn(talk).slice(2)).toEqual([undefined]);
  });

  test("has no passwords in the bytes: neither MQTT's nor HTTP's", () => {
    const login = packet(0x10, "MQTT", [4, 0xc2, 0, 60], "ani", "ani", "rahasia");
    const [mqtt = ""] = bytesIn(new TcpTalk().handshake().send("client", login));
    expect(mqtt).toBe(login.toString("latin1").replace("rahasia", "*******"));
    const request =
      "GET /add?a=1&token=rahasia HTTP/1.1\r\nHost: x\r\nAuthorization: Basic cmFoYXNpYQ==\r\n\r\n";
    const [http = ""] = bytesIn(new TcpTalk({ serverPort: 5151 }).handshake().send("client", request));
    expect(http).toHaveLength(request.length);
    expect(http).toStartWith("GET /add?a=1&token=******* HTTP/1.1\r\nHost: x\r\n");
    expect(http).not.toMatch(/rahasia|cmFo/);
    // Of what cannot be understood nobody knows what is secret.
    const [broken] = bytesIn(new TcpTalk().handshake().send("client", login.subarray(0, login.length - 3)));
    expect(broken).toBeUndefined();
  });

  test("bounds what it keeps of a large message", () => {
    const text = "x".repeat(9000);
    const [shown = ""] = bytesIn(new TcpTalk({ serverPort: 2222 }).handshake().send("client", text));
    expect(shown).toBe(text.slice(0, 4096));
  });
});
