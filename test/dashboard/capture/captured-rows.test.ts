import { describe, expect, test } from "bun:test";
import type {
  CapturedConversation,
  CapturedCourse,
  CapturedSegment,
  CapturedStep,
  CapturePicture,
} from "../../../src/dashboard/capture/messages.ts";
import { language } from "../../../src/dashboard/page/text/language.ts";
import { flagText } from "../../../src/dashboard/page/wire/capture/captured-events.ts";
import { rowOfPacket, rowsOfCapture } from "../../../src/dashboard/page/wire/capture/captured-rows.ts";
import { excerpt } from "../../../src/dashboard/page/wire/excerpt.ts";
import { asMarkdown } from "../../../src/dashboard/page/wire/export-markdown.ts";
import { asMermaid } from "../../../src/dashboard/page/wire/export-mermaid.ts";
import { asPictures } from "../../../src/dashboard/page/wire/export-svg.ts";
import { allTraffic } from "../../../src/dashboard/page/wire/filter.ts";
import {
  connectionLabel,
  describeEvent,
  gapLabel,
  messageLabel,
} from "../../../src/dashboard/page/wire/labels.ts";
import type { RowList } from "../../../src/dashboard/page/wire/rows.ts";
import { timeIn } from "../../../src/dashboard/page/wire/times.ts";

const begin = Date.UTC(2026, 10, 27);

const conversation = (rest: Partial<CapturedConversation> = {}): CapturedConversation => ({
  ...{ number: 1, service: "mqtt", transport: "tcp", protocol: "MQTT" },
  ...{ client: "10.0.0.1:50000", server: "10.0.0.2:1883", packets: 8, wireBytes: 500 },
  state: { en: "closed", id: "ditutup" },
  end: { by: "client", isReset: false, packet: 6 },
  isRefused: false,
  ...rest,
});

const picture = (...conversations: CapturedConversation[]): CapturePicture => ({
  ...{ packets: 8, wireBytes: 500, begin, damage: undefined },
  conversations: conversations.length === 0 ? [conversation()] : conversations,
  ...{ omittedConversations: 0, findings: [], omittedFindings: 0 },
});

const segment = (packet: number, side: "client" | "server", flags: number, length = 0): CapturedSegment => ({
  ...{ packet, side, flags, length, time: packet / 1000, sequence: 0, acknowledgement: 1, window: 65_536 },
});

const message = (packet: number, side: "client" | "server", text: string, fields = {}): CapturedStep => ({
  ...{ packet, side, time: packet / 1000, is: "message", text, fields, length: 4 },
  ...{ bytes: undefined, acknowledgedBy: undefined, answerTime: undefined, answerTo: undefined },
});

const [fin, syn, psh, ack] = [1, 2, 8, 16];

const whole: CapturedCourse = {
  number: 1,
  segments: {
    first: [
      segment(1, "client", syn),
      segment(2, "server", syn | ack),
      segment(3, "client", ack),
      segment(4, "client", psh | ack, 27),
      segment(5, "client", fin | ack),
      segment(6, "server", fin | ack),
      segment(7, "client", ack),
    ],
    omitted: 0,
    last: [],
  },
  steps: {
    first: [
      message(4, "client", "CONNECT sensor-7", { packet: "CONNECT", client: "sensor-7" }),
      message(4, "client", "PINGREQ", { packet: "PINGREQ" }),
    ],
    omitted: 0,
    last: [],
  },
};

const course = (number: number, rest: Partial<CapturedCourse>): CapturedCourse => ({
  number,
  segments: { first: [], omitted: 0, last: [] },
  steps: { first: [], omitted: 0, last: [] },
  ...rest,
});

const linesOf = ({ rows }: RowList): string[] =>
  rows.map((row) => {
    if (row.is === "gap") return gapLabel(row);
    const { event, peer } = row;
    const label =
      event.kind === "open" || event.kind === "close" ? connectionLabel(event) : messageLabel(event);
    return `${peer.label} ${event.direction === "out" ? "<" : ">"} ${label}`;
  });

describe("a capture as rows", () => {
  test("looks as the live traffic does: what opens, what is said, what closes", () => {
    const { list, connections } = rowsOfCapture(picture(), [whole], allTraffic, false);
    expect(linesOf(list)).toEqual([
      "sensor-7 > #1 opens",
      "sensor-7 > #4 CONNECT sensor-7",
      "sensor-7 > #4 PINGREQ",
      "sensor-7 > #7 closes: FIN",
    ]);
    expect(connections.get("mqtt#1")).toMatchObject({ closedBy: "client", isReset: false });
    expect(connections.get("mqtt#1")?.toService.messages).toBe(2);
    // One peer, from its open to its close: what TCP does after the FIN belongs to it.
    expect(list.lanes.lanes("mqtt").map(({ peers }) => peers.length)).toEqual([1]);
  });

  test("has TCP's own arrows where they are wanted, each packet's before its messages", () => {
    const { list } = rowsOfCapture(picture(), [whole], allTraffic, true);
    expect(linesOf(list)).toEqual([
      "sensor-7 > #1 opens",
      "sensor-7 > #1 SYN seq 0 win 65536",
      "sensor-7 < #2 SYN, ACK seq 0 ack 1 win 65536",
      "sensor-7 > #3 ACK seq 0 ack 1 win 65536",
      "sensor-7 > #4 PSH, ACK seq 0 ack 1 win 65536 27 B",
      "sensor-7 > #4 CONNECT sensor-7",
      "sensor-7 > #4 PINGREQ",
      "sensor-7 > #5 FIN, ACK seq 0 ack 1 win 65536",
      "sensor-7 < #6 FIN, ACK seq 0 ack 1 win 65536",
      "sensor-7 > #7 ACK seq 0 ack 1 win 65536",
      "sensor-7 > #7 closes: FIN",
    ]);
    expect(list.lanes.lanes("mqtt").map(({ peers }) => peers.length)).toEqual([1]);
  });

  test("says of a segment what TCP did with it, in the language of the page", () => {
    const segments = { first: [segment(1, "client", psh | ack, 4)], omitted: 0, last: [] };
    const step = { packet: 1, time: 0, side: "client" } as const;
    const steps = {
      first: [
        { ...step, is: "retransmission", length: 4 },
        { ...step, is: "zero-window", length: undefined },
      ] as const,
      ...{ omitted: 0, last: [] },
    };
    const labels = () =>
      linesOf(rowsOfCapture(picture(), [course(1, { segments, steps })], allTraffic, true).list)[0];
    expect(labels()).toEndWith("4 B · sent again · window closed");
    language.set("id");
    try {
      expect(labels()).toEndWith("4 B · dikirim lagi · window tertutup");
    } finally {
      language.set("en");
    }
  });

  test("names the flags in the order of every other tool", () => {
    expect(flagText(255)).toBe("FIN, SYN, RST, PSH, ACK, URG, ECE, CWR");
    expect(flagText(0)).toBe("");
  });

  test("tells a refused connection from an open one", () => {
    const refused = conversation({ isRefused: true, end: { by: "server", isReset: true, packet: 2 } });
    const segments = {
      first: [segment(1, "client", syn), segment(2, "server", 4 | ack)],
      omitted: 0,
      last: [],
    };
    const { list } = rowsOfCapture(picture(refused), [course(1, { segments })], allTraffic, false);
    expect(linesOf(list)).toEqual([
      "10.0.0.1:50000 > #1 asks for a connection",
      "10.0.0.1:50000 > #2 refuses the connection",
    ]);
  });

  test("does not claim an open that the capture does not have", () => {
    const segments = { first: [segment(4, "server", psh | ack, 3)], omitted: 0, last: [] };
    const { list } = rowsOfCapture(
      picture(conversation({ end: undefined })),
      [course(1, { segments })],
      allTraffic,
      true,
    );
    expect(linesOf(list)).toEqual(["10.0.0.1:50000 < #4 PSH, ACK seq 0 ack 1 win 65536 3 B"]);
  });

  test("says where a long conversation was shortened", () => {
    const steps = { first: [message(1, "client", "a")], omitted: 300, last: [message(400, "client", "z")] };
    const segments = {
      first: [segment(1, "client", psh)],
      omitted: 500,
      last: [segment(400, "client", psh)],
    };
    const shown = (showsTcp: boolean) =>
      linesOf(
        rowsOfCapture(
          picture(conversation({ end: undefined })),
          [course(1, { steps, segments })],
          allTraffic,
          showsTcp,
        ).list,
      );
    expect(shown(false)).toEqual([
      "10.0.0.1:50000 > #1 a",
      "300 of mqtt left out",
      "10.0.0.1:50000 > #400 z",
    ]);
    expect(shown(true)[2]).toBe("800 of mqtt left out");
  });

  test("mixes conversations by their packets, and gives servers of one name lanes of their own", () => {
    const two = [
      conversation({ end: undefined }),
      conversation({ number: 2, client: "10.0.0.3:50001", server: "10.0.0.9:1883", end: undefined }),
      conversation({ number: 3, service: "udp", transport: "udp", server: "10.0.0.2:12345", end: undefined }),
    ];
    const said = (number: number, ...packets: number[]) =>
      course(number, {
        steps: {
          first: packets.map((packet) => message(packet, "client", `m${packet}`)),
          omitted: 0,
          last: [],
        },
      });
    const { list } = rowsOfCapture(
      picture(...two),
      [said(3, 2), said(1, 1, 4), said(2, 3), said(77, 9)],
      allTraffic,
      false,
    );
    expect(
      list.rows.map((row) => row.is === "event" && [row.event.service, row.event.captured?.packet]),
    ).toEqual([
      ["mqtt 10.0.0.2:1883", 1],
      ["udp", 2],
      ["mqtt 10.0.0.9:1883", 3],
      ["mqtt 10.0.0.2:1883", 4],
    ]);
  });

  test("passes the page's filter", () => {
    const filter = { ...allTraffic, text: "pingreq" };
    expect(linesOf(rowsOfCapture(picture(), [whole], filter, true).list)).toEqual(["sensor-7 > #4 PINGREQ"]);
    const other = { ...allTraffic, services: ["echo"] };
    expect(rowsOfCapture(picture(), [whole], other, true).list.rows).toEqual([]);
  });

  test("finds the row of a packet, or the next one", () => {
    const { list } = rowsOfCapture(picture(), [whole], allTraffic, false);
    expect(rowOfPacket(list, 4)).toBe(2);
    expect(rowOfPacket(list, 2)).toBe(1);
    expect(rowOfPacket(list, 99)).toBe(3);
    expect(rowOfPacket(rowsOfCapture(picture(), [], allTraffic, false).list, 1)).toBeUndefined();
  });

  test("has times to the microsecond", () => {
    const { list } = rowsOfCapture(picture(), [whole], allTraffic, true);
    const events = list.rows.filter((row) => row.is === "event");
    expect(events.slice(0, 3).map(timeIn("start", list.rows, list.start ?? 0))).toEqual([
      "+0.000000 s",
      "+0.000000 s",
      "+0.000001 s",
    ]);
    expect(events.slice(3, 5).map(timeIn("last", list.rows, 0))).toEqual(["+0.000001 s", "+0.000001 s"]);
  });

  test("is exported as the live traffic is, with the numbers of the packets, and no markup of a peer's", () => {
    const hostile = course(1, {
      segments: { first: [segment(1, "client", psh, 4)], omitted: 0, last: [] },
      steps: { first: [message(1, "client", '<script>alert("x")</script>')], omitted: 0, last: [] },
    });
    const open = conversation({ end: undefined });
    const { list } = rowsOfCapture(picture(open), [hostile], allTraffic, true);
    const part = excerpt("Capture", list.rows);
    const mermaid = asMermaid(part, ["mqtt"]);
    expect(mermaid).toContain("c1-->>s2:");
    expect(mermaid).toMatch(/c1->>s2: .*#35;1 #60;script#62;alert/);
    expect(asMarkdown(part)).toContain('\\<script\\>alert("x")\\</script\\>');
    const { svg } = asPictures(part, ["mqtt"])[0]!;
    expect(svg).toContain('stroke-dasharray="6 4"');
    expect(svg).toContain(">TCP segment<");
    expect(svg).not.toContain("<script");
  });

  test("has a sentence for each row, for who does not see the arrows", () => {
    const { list } = rowsOfCapture(picture(), [whole], allTraffic, true);
    const sentences = list.rows.flatMap((row) =>
      row.is === "event" ? describeEvent(row.event, row.peer.label) : [],
    );
    expect(sentences.slice(0, 3)).toEqual([
      "sensor-7 and mqtt: #1 opens",
      "sensor-7 to mqtt: #1 SYN seq 0 win 65536",
      "mqtt to sensor-7: #2 SYN, ACK seq 0 ack 1 win 65536",
    ]);
  });
});
