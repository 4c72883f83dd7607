import type {
  CapturedConversation,
  CapturedCourse,
  CapturedSegment,
  CapturedStep,
  CapturePicture,
  TransportStep,
} from "../../../capture/messages.ts";
import type { Fields, LostEvents, TrafficEvent } from "../../api/types.ts";
import { integer } from "../../text/format.ts";
import { texts } from "../../text/language.ts";

const words = texts({
  en: {
    asks: "asks for a connection",
    refused: "refuses the connection",
    transport: {
      retransmission: "sent again",
      "out-of-order": "overtaken on its way",
      gap: "bytes before it are not in the capture",
      "zero-window": "window closed",
      "window-open": "window open again",
      "keep-alive": "keep-alive",
    },
  },
  id: {
    asks: "meminta koneksi",
    refused: "menolak koneksi",
    transport: {
      retransmission: "dikirim lagi",
      "out-of-order": "tersusul di perjalanan",
      gap: "byte sebelumnya tidak ada dalam tangkapan",
      "zero-window": "window tertutup",
      "window-open": "window terbuka lagi",
      "keep-alive": "keep-alive",
    },
  },
});

/** What a row of the diagram is made of. */
export type CapturedItem = { readonly event: TrafficEvent } | { readonly gap: LostEvents };

/** What conversations said, in the order of the packets, as if the server had reported it. */
export function itemsOf(picture: CapturePicture, courses: readonly CapturedCourse[]): CapturedItem[] {
  const names = laneNames(picture.conversations);
  const placed = courses.flatMap((course) => {
    const conversation = picture.conversations[course.number - 1];
    return conversation === undefined ? [] : placedItems(conversation, course, picture.begin, names);
  });
  placed.sort((one, other) => one.packet - other.packet || one.rank - other.rank);
  return placed.map(({ item }) => item);
}

/** The services, as the diagram calls them: where a name has several servers, with their addresses. */
export function laneNames(
  conversations: readonly CapturedConversation[],
): (of: CapturedConversation) => string {
  const servers = new Map<string, Set<string>>();
  for (const { service, server } of conversations) {
    const known = servers.get(service) ?? new Set();
    servers.set(service, known.add(server));
  }
  return ({ service, server }) => (servers.get(service)?.size === 1 ? service : `${service} ${server}`);
}

interface Placed {
  readonly packet: number;
  /** Among those of one packet. */
  readonly rank: number;
  readonly item: CapturedItem;
}

const ranks = { open: 0, segment: 1, message: 2, gap: 900, close: 999 } as const;

function placedItems(
  conversation: CapturedConversation,
  course: CapturedCourse,
  begin: number,
  names: (of: CapturedConversation) => string,
): Placed[] {
  const maker = new EventMaker(conversation, begin, names(conversation), nameOfClient(course));
  const { steps, segments } = course;
  const messages = [...steps.first, ...steps.last].filter((step) => step.is === "message");
  const notes = notesOf([...steps.first, ...steps.last]);
  const all = [...segments.first, ...segments.last];
  const placed: Placed[] = [
    ...all.map((segment) => maker.segment(segment, notes.get(keyOf(segment)) ?? [])),
    ...messages.map((step, index) => maker.message(step, index)),
    ...maker.gap("segment", segments.omitted, segments.first.at(-1)),
    ...maker.gap("message", steps.omitted, steps.first.at(-1)),
  ];
  const first = all[0];
  if (first !== undefined && isSyn(first)) placed.push(maker.open(first));
  const last = all.at(-1);
  if (conversation.end !== undefined && last !== undefined) placed.push(maker.close(last));
  return placed;
}

/** The client's name, which MQTT has in CONNECT. */
function nameOfClient({ steps }: CapturedCourse): string | undefined {
  for (const step of steps.first) {
    const name = step.is === "message" ? step.fields.client : undefined;
    if (typeof name === "string" && name !== "") return name;
  }
  return undefined;
}

const keyOf = ({ packet, side }: CapturedStep | CapturedSegment): string => `${packet} ${side}`;

/** What is to be remarked on a segment, in the language of the page. */
function notesOf(steps: readonly CapturedStep[]): Map<string, string[]> {
  const notes = new Map<string, string[]>();
  for (const step of steps) {
    if (step.is === "message") continue;
    const known = notes.get(keyOf(step)) ?? [];
    known.push(noteOf(step.is));
    notes.set(keyOf(step), known);
  }
  return notes;
}

const noteOf = (step: TransportStep): string => words.transport[step];

/** The order in which every tool names them. */
const flagNames = [
  [1, "FIN"],
  [2, "SYN"],
  [4, "RST"],
  [8, "PSH"],
  [16, "ACK"],
  [32, "URG"],
  [64, "ECE"],
  [128, "CWR"],
] as const;

export const flagText = (flags: number): string =>
  flagNames.flatMap(([bit, name]) => ((flags & bit) === 0 ? [] : name)).join(", ");

const isSyn = ({ flags }: CapturedSegment): boolean => (flags & 0x12) === 2;

/** As the server calls it of live traffic. */
function transportOf({ transport, protocol }: CapturedConversation): string {
  switch (protocol) {
    case "HTTP":
    case "SOAP":
    case "JSON-RPC":
      return "http";
    case "WebSocket":
      return "ws";
    case "ZMTP":
      return "zmq";
    default:
      return transport;
  }
}

/** Makes the events of one conversation. */
class EventMaker {
  readonly #conversation: CapturedConversation;
  readonly #begin: number;
  readonly #service: string;
  readonly #client: Fields;

  constructor(
    conversation: CapturedConversation,
    begin: number,
    service: string,
    client: string | undefined,
  ) {
    this.#conversation = conversation;
    this.#begin = begin;
    this.#service = service;
    this.#client = client === undefined ? {} : { client };
  }

  open(at: CapturedSegment): Placed {
    const { isRefused } = this.#conversation;
    return this.#placed(at, ranks.open, {
      kind: "open",
      fields: this.#client,
      ...(isRefused && { text: words.asks }),
    });
  }

  /** @param at the last segment: what follows the FIN belongs to the connection, too */
  close(at: CapturedSegment): Placed {
    const { end, isRefused } = this.#conversation;
    return this.#placed(at, ranks.close, {
      kind: "close",
      fields: this.#client,
      reason: end?.isReset === true ? "RST" : "FIN",
      isReset: end?.isReset === true,
      ...(end !== undefined && { closedBy: end.by === "client" ? "client" : "service" }),
      ...(isRefused && { text: words.refused }),
    });
  }

  segment(segment: CapturedSegment, notes: readonly string[]): Placed {
    const { flags, sequence, acknowledgement, window, length } = segment;
    const hasAck = (flags & 16) !== 0;
    const numbers = [
      flagText(flags),
      `seq ${sequence}`,
      ...(hasAck ? [`ack ${acknowledgement}`] : []),
      `win ${window}`,
      ...(length > 0 ? [`${integer(length)} B`] : []),
    ].join(" ");
    return this.#placed(segment, ranks.segment, {
      kind: "segment",
      direction: segment.side === "client" ? "in" : "out",
      text: [numbers, ...notes].join(" · "),
      size: length,
      fields: {
        ...{ flags: flagText(flags), sequence, ...(hasAck && { acknowledgement }), window, length },
        ...this.#client,
      },
    });
  }

  message(step: Extract<CapturedStep, { is: "message" }>, index: number): Placed {
    const { side, text, fields, length, bytes, answerTime, acknowledgedBy, answerTo } = step;
    // Those of one packet stay in their order.
    const rank = ranks.message + Math.min(index / 1000, 890);
    return this.#placed(
      step,
      rank,
      {
        kind: "message",
        direction: side === "client" ? "in" : "out",
        text,
        size: length,
        ...(bytes !== undefined && { bytes }),
        number: index + 1,
        fields: { ...fields, ...this.#client },
        ...(answerTime !== undefined && { duration: answerTime }),
      },
      { acknowledgedBy, answerTo },
    );
  }

  /** What of a long conversation was not kept. @param at the last one before it */
  gap(kind: "segment" | "message", count: number, at: { readonly packet: number } | undefined): Placed[] {
    if (count === 0) return [];
    const item = { gap: { service: this.#service, kind, count } };
    return [{ packet: at?.packet ?? 0, rank: ranks.gap, item }];
  }

  #placed(
    { packet, time }: { readonly packet: number; readonly time: number },
    rank: number,
    event: Pick<TrafficEvent, "kind"> & Partial<TrafficEvent>,
    more: { readonly acknowledgedBy?: number | undefined; readonly answerTo?: number | undefined } = {},
  ): Placed {
    const { number, client, server } = this.#conversation;
    const whole: TrafficEvent = {
      seq: packet * 1000 + rank,
      time: this.#begin + time,
      service: this.#service,
      conversation: `${this.#service}#${number}`,
      transport: transportOf(this.#conversation),
      local: server,
      remote: client,
      ...event,
      captured: { packet, ...more },
    };
    return { packet, rank, item: { event: whole } };
  }
}
