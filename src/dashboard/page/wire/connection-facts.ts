import type { StreamPlace, TrafficEvent } from "../api/types.ts";
import { bytes, clock, duration, integer, thousandths } from "../text/format.ts";
import { texts } from "../text/language.ts";
import type { Connection } from "./connections.ts";
import { othersLabel, type Peer } from "./lanes.ts";
import { threadOf } from "./thread-of.ts";

const words = texts({
  en: {
    http: "HTTP over TCP",
    ws: "WebSocket over TCP",
    zmq: "ZMTP over TCP",
    name: "name",
    client: "client",
    from: "from",
    to: "to",
    over: "over",
    thread: "thread",
    place: "place",
    packet: "packet",
    acknowledgement: "TCP's ACK",
    inPacket: (packet: number) => `in packet ${packet}`,
    answers: "answers",
    packetOf: (packet: number) => `packet ${packet}`,
    message: (number: string) => `message ${number} of this connection`,
    datagram: (number: string) => `datagram ${number} of this exchange`,
    bytes: (first: string, last: string) => `bytes ${first} to ${last}`,
    bytesFrom: (first: string) => `bytes from ${first} on`,
    segments: "in more than one segment",
    sharesSegment: "in one segment with what came before",
    opened: "opened",
    before: "before this page saw it",
    openedAt: (time: string) => `by the client, ${time}`,
    lasted: "lasted",
    soFar: (time: string) => `${time} up to its last message`,
    closed: "closed",
    notYet: "not yet",
    closers: {
      client: { fin: "by the client with FIN", reset: "by the client with a reset" },
      service: { fin: "by the service with FIN", reset: "by the service with a reset" },
    },
    toService: "to the service",
    fromService: "from the service",
    amount: (volume: string, count: number) =>
      `${volume} in ${count === 1 ? "1 message" : `${integer(count)} messages`}`,
  },
  id: {
    http: "HTTP di atas TCP",
    ws: "WebSocket di atas TCP",
    zmq: "ZMTP di atas TCP",
    name: "nama",
    client: "klien",
    from: "dari",
    to: "ke",
    over: "melalui",
    thread: "thread",
    place: "letak",
    packet: "paket",
    acknowledgement: "ACK TCP",
    inPacket: (packet) => `di paket ${packet}`,
    answers: "menjawab",
    packetOf: (packet) => `paket ${packet}`,
    message: (number) => `pesan ke-${number} pada koneksi ini`,
    datagram: (number) => `datagram ke-${number} pada pertukaran ini`,
    bytes: (first, last) => `byte ${first} hingga ${last}`,
    bytesFrom: (first) => `byte mulai ${first}`,
    segments: "dalam lebih dari satu segmen",
    sharesSegment: "dalam satu segmen dengan yang sebelumnya",
    opened: "dibuka",
    before: "sebelum halaman ini melihatnya",
    openedAt: (time) => `oleh klien, ${time}`,
    lasted: "lamanya",
    soFar: (time) => `${time} sampai pesan terakhirnya`,
    closed: "ditutup",
    notYet: "belum",
    closers: {
      client: { fin: "oleh klien dengan FIN", reset: "oleh klien dengan reset" },
      service: { fin: "oleh layanan dengan FIN", reset: "oleh layanan dengan reset" },
    },
    toService: "ke layanan",
    fromService: "dari layanan",
    amount: (volume, count) => `${volume} dalam ${integer(count)} pesan`,
  },
});

export type Fact = readonly [name: string, value: string];

const transportName = (transport: string): string =>
  ({ tcp: "TCP", udp: "UDP", http: words.http, ws: words.ws, zmq: words.zmq })[transport] ?? transport;

/** Who talks with whom, since when, how much, and how it ended. */
export function connectionFacts(event: TrafficEvent, peer: Peer, connection: Connection | undefined): Fact[] {
  const thread = threadOf(event);
  const facts: readonly (readonly [string, string | undefined])[] = [
    [words.name, event.conversation],
    [words.client, peer.label === event.remote || peer.label === othersLabel ? undefined : peer.label],
    [words.from, event.remote || undefined],
    [words.to, `${event.local}, ${event.service}`],
    [words.over, transportName(event.transport)],
    [words.thread, thread === undefined ? undefined : String(thread)],
    [words.place, placeWords(event)],
    ...packetFacts(event),
    ...(connection === undefined || event.transport === "udp" ? [] : courseOf(connection)),
    ...(connection === undefined ? [] : amounts(connection)),
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

/** Of a message in a capture. */
function packetFacts({ captured }: TrafficEvent): (readonly [string, string | undefined])[] {
  if (captured === undefined) return [];
  const { packet, acknowledgedBy, answerTo } = captured;
  return [
    [words.packet, String(packet)],
    [words.acknowledgement, acknowledgedBy === undefined ? undefined : words.inPacket(acknowledgedBy)],
    [words.answers, answerTo === undefined ? undefined : words.packetOf(answerTo)],
  ];
}

/** `bytes 120 to 164, message 5 of this connection` */
function placeWords({ number, stream, transport }: TrafficEvent): string | undefined {
  const count =
    number === undefined ? [] : [words[transport === "udp" ? "datagram" : "message"](integer(number))];
  const facts = [...(stream === undefined ? [] : bytesWords(stream)), ...count];
  return facts.length === 0 ? undefined : facts.join(", ");
}

function bytesWords({ offset, length, chunk }: StreamPlace): string[] {
  const bytes =
    length === undefined
      ? words.bytesFrom(integer(offset))
      : words.bytes(integer(offset), integer(offset + length - 1));
  if (chunk === undefined || chunk === offset) return [bytes];
  return [bytes, offset < chunk ? words.segments : words.sharesSegment];
}

/** `mqtt#2, 142 B → 1.99 kB ←` */
export function connectionSummary(
  { conversation }: TrafficEvent,
  connection: Connection | undefined,
): string {
  if (connection === undefined) return conversation;
  const { toService, fromService } = connection;
  return `${conversation}, ${bytes(toService.bytes)} → ${bytes(fromService.bytes)} ←`;
}

function courseOf(connection: Connection): (readonly [string, string | undefined])[] {
  const { opened, closed, last } = connection;
  const end = closed ?? last;
  return [
    [words.opened, opened === undefined ? words.before : words.openedAt(clock(opened))],
    [words.lasted, opened === undefined ? undefined : lasted(end - opened, closed === undefined)],
    [words.closed, closed === undefined ? words.notYet : closing(connection, closed)],
  ];
}

function lasted(ms: number, isOpen: boolean): string {
  const time = ms < 10_000 ? `${thousandths(ms / 1000)} s` : duration(ms / 1000);
  return isOpen ? words.soFar(time) : time;
}

function closing({ closedBy, isReset, reason }: Connection, time: number): string {
  const who = closedBy === undefined ? "" : `${words.closers[closedBy][isReset ? "reset" : "fin"]}, `;
  return `${who}${clock(time)}${reason === undefined || reason === "" ? "" : `: ${reason}`}`;
}

function amounts({ toService, fromService }: Connection): Fact[] {
  return [
    [words.toService, words.amount(bytes(toService.bytes), toService.messages)],
    [words.fromService, words.amount(bytes(fromService.bytes), fromService.messages)],
  ];
}
