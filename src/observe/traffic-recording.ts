import type { ClosingSide, Conversation, Direction, TrafficEvent } from "../core/traffic.ts";
import { LinkType } from "../protocol/capture/frame.ts";
import { type PacketBlocks, packetBlockSize } from "../protocol/capture/packet-blocks.ts";
import {
  emptyBlock,
  interfaceDescription,
  interfaceStatistics,
  sectionHeader,
} from "../protocol/capture/pcapng-writer.ts";
import { endpointsOf } from "../protocol/capture/synthetic/endpoints.ts";
import { IncreasingTime } from "../protocol/capture/synthetic/increasing-time.ts";
import {
  type Datagram,
  type Segment,
  tcpPacketSize,
  udpPacketSize,
  writeTcpPacket,
  writeUdpPacket,
} from "../protocol/capture/synthetic/ip-packet.ts";
import { describeMadeUp } from "../protocol/capture/synthetic/made-up.ts";
import { TcpTalk } from "../protocol/capture/synthetic/tcp-talk.ts";
import { everyEvent, type Observer, type SampleRates } from "./observer.ts";
import type { PacketSink } from "./packet-sink.ts";

export interface RecordingOptions {
  /** The program that writes it. */
  readonly application: string;
  /** Absent: those of all services. */
  readonly services?: ReadonlySet<string> | undefined;
  /** Whether a service speaks by datagrams, which are messages and no bytes. */
  readonly hasDatagrams: (service: string) => boolean;
  /** What kind of server it is, for who reads the file. */
  readonly roleOf?: ((service: string) => string | undefined) | undefined;
  readonly sink: PacketSink;
  /** Milliseconds since 1970, with their fraction. */
  readonly now: () => number;
}

export interface RecordingCounts {
  readonly received: number;
  readonly dropped: number;
}

interface RecordedInterface {
  index: number;
  isDescribed: boolean;
  received: number;
  dropped: number;
}

/** How packets of one protocol are written. */
interface PacketKind<Packet> {
  readonly sizeOf: (packet: Packet) => number;
  readonly write: (blocks: PacketBlocks, at: number, packet: Packet) => void;
}

const tcpPacket: PacketKind<Segment> = { sizeOf: tcpPacketSize, write: writeTcpPacket };
const udpPacket: PacketKind<Datagram> = { sizeOf: udpPacketSize, write: writeUdpPacket };

/** Connections that are known at once; of what is forgotten the rest begins in the middle again. */
const maxTalks = 65_536;

const comment =
  "The bytes that distsrv's services received and sent. The headers of IP, TCP and UDP are made up, passwords and " +
  "tokens that the services know are asterisks, and what came over TLS is here without it. The traffic of Unix sockets is " +
  "not here, and is counted as left out.";

/**
 * What the services receive and send, as the blocks of a pcapng file. Each event is built for it, whatever others take
 * of it.
 */
export class TrafficRecording implements Observer {
  readonly rates: SampleRates = {};
  readonly #options: RecordingOptions;
  readonly #time = new IncreasingTime();
  readonly #interfaces = new Map<string, RecordedInterface>();
  /** By the conversation's identifier. */
  readonly #talks = new Map<string, TcpTalk>();
  #sequence = 0;
  #hasBegun = false;
  /** Packets were left out of which the file does not tell yet. */
  #isLossUntold = false;

  constructor(options: RecordingOptions) {
    this.#options = options;
  }

  /** Writes the beginning of the file, which its first packet writes otherwise. */
  begin(): void {
    this.#hasBegun ||= this.#options.sink.write(sectionHeader(this.#options.application, comment));
  }

  /** What comes from now on is in a file of its own, in which connections go on that others have begun. */
  startFile(): void {
    this.#interfaces.clear();
    this.#hasBegun = false;
    this.#isLossUntold = false;
  }

  ratesFor(service: string): SampleRates {
    const { services, hasDatagrams } = this.#options;
    if (services !== undefined && !services.has(service)) return {};
    return hasDatagrams(service)
      ? { message: everyEvent }
      : { open: everyEvent, bytes: everyEvent, "half-close": everyEvent, close: everyEvent };
  }

  observe(event: TrafficEvent): void {
    const { conversation } = event;
    if (conversation.transport === "udp") {
      this.#record(event, datagramsOf(event), udpPacket);
    } else {
      this.#record(event, this.#segmentsOf(event), tcpPacket);
    }
  }

  /** What was not built for it, because a thread was too busy. */
  sampledOut(service: string, _kind: unknown, count: number): void {
    this.#drop(this.#interface(service), count);
  }

  /** What each interface has got and lost until now: the last of them count. */
  statistics(): Uint8Array {
    const at = this.#time.next(this.#options.now());
    // What there was no room to describe may have lost packets, too.
    for (const service of this.#interfaces.keys()) this.#interface(service);
    return Buffer.concat(
      [...this.#interfaces.values()]
        .filter(({ isDescribed }) => isDescribed)
        .map(({ index, received, dropped }) => interfaceStatistics(index, at, { received, dropped })),
    );
  }

  /** Packets of this file, and those that are not in it. */
  get counts(): RecordingCounts {
    const counts = { received: 0, dropped: 0 };
    for (const { received, dropped } of this.#interfaces.values()) {
      counts.received += received;
      counts.dropped += dropped;
    }
    return counts;
  }

  /** The statistics; before there are any, a block that says nothing. */
  signOfLife(): Uint8Array {
    const blocks = this.statistics();
    return blocks.length > 0 ? blocks : emptyBlock();
  }

  /** The interface of a service, which is described before its first packet. */
  #interface(service: string): RecordedInterface {
    const found = this.#interfaces.get(service) ?? this.#add(service);
    if (found.isDescribed) return found;
    const described = {
      linkType: LinkType.Raw,
      name: service,
      // Where a reader may not show the file's own comment, and for explain.
      description: describeMadeUp(this.#options.roleOf?.(service)),
      snapLength: 0x10000,
    };
    this.begin();
    found.index = [...this.#interfaces.values()].filter(({ isDescribed }) => isDescribed).length;
    found.isDescribed = this.#hasBegun && this.#options.sink.write(interfaceDescription(described));
    return found;
  }

  #add(service: string): RecordedInterface {
    const added = { index: -1, isDescribed: false, received: 0, dropped: 0 };
    this.#interfaces.set(service, added);
    return added;
  }

  /** @param packets those of an event; undefined where they cannot be told, because an end has no address */
  #record<Packet extends Datagram>(
    event: TrafficEvent,
    packets: readonly Packet[] | undefined,
    kind: PacketKind<Packet>,
  ): void {
    if (packets?.length === 0) return;
    const from = this.#interface(event.conversation.service);
    if (packets === undefined) {
      this.#drop(from, 1);
      return;
    }
    this.#tellLoss();
    from.received += packets.length;
    // That of a thread's event is when it happened there, and not when it arrived here.
    const time = event.time ?? this.#options.now();
    if (!from.isDescribed || !this.#write(from, packets, time, kind)) this.#drop(from, packets.length);
  }

  #write<Packet extends Datagram>(
    { index }: RecordedInterface,
    packets: readonly Packet[],
    time: number,
    { sizeOf, write }: PacketKind<Packet>,
  ): boolean {
    const { sink } = this.#options;
    let bytes = 0;
    for (const packet of packets) bytes += packetBlockSize(sizeOf(packet));
    const blocks = sink.reserve(bytes);
    if (blocks === undefined) return false;
    for (const packet of packets) {
      const at = blocks.add(index, packet.way, this.#time.next(time), sizeOf(packet));
      write(blocks, at, packet);
    }
    return sink.commit(blocks, bytes);
  }

  #drop(from: RecordedInterface, count: number): void {
    from.dropped += count;
    this.#isLossUntold = true;
  }

  /** Who reads the file learns of what is missing before what comes after it. */
  #tellLoss(): void {
    if (!this.#isLossUntold) return;
    const statistics = this.statistics();
    this.#isLossUntold = statistics.length === 0 || !this.#options.sink.write(statistics);
  }

  /** Undefined where an end has no address. */
  #segmentsOf(event: TrafficEvent): Segment[] | undefined {
    const { conversation } = event;
    switch (event.kind) {
      case "open":
        this.#talks.delete(conversation.id);
        return this.#talk(conversation)?.open();
      case "bytes":
        return this.#talk(conversation)?.send(event.direction, event.bytes, event.offset);
      case "half-close": {
        const way = wayOf(event.closedBy);
        return this.#talk(conversation)?.halfClose(way, event.lengths?.[way]);
      }
      case "close": {
        const talk = this.#talk(conversation);
        this.#talks.delete(conversation.id);
        const { closedBy, isReset = false, isHalfClosed, lengths } = event;
        return talk?.close({ first: wayOf(closedBy), isReset, isHalfClosed, lengths });
      }
      case "message":
        return [];
    }
  }

  /** Undefined where an end has no address. */
  #talk({ id, local, remote }: Conversation): TcpTalk | undefined {
    const known = this.#talks.get(id);
    if (known !== undefined) return known;
    const ends = endpointsOf(local, remote);
    if (ends === undefined) return undefined;
    if (this.#talks.size >= maxTalks) {
      const [oldest] = this.#talks.keys();
      if (oldest !== undefined) this.#talks.delete(oldest);
    }
    // Far from each other, so that a port that is used again is a new connection for whoever reads the file.
    this.#sequence = (this.#sequence + 0x0100_0001) >>> 0;
    const talk = new TcpTalk(ends, this.#sequence);
    this.#talks.set(id, talk);
    return talk;
  }
}

/** In which direction the FIN or reset of a side goes. */
const wayOf = (side: ClosingSide | undefined): Direction => (side === "client" ? "in" : "out");

/** Undefined where an end has no address. */
function datagramsOf(event: TrafficEvent): Datagram[] | undefined {
  if (event.kind !== "message" || event.bytes === undefined) return [];
  const { conversation, direction, bytes } = event;
  const ends = endpointsOf(conversation.local, conversation.remote);
  if (ends === undefined) return undefined;
  const [from, to] = direction === "in" ? [ends.peer, ends.service] : [ends.service, ends.peer];
  return [{ way: direction, from, to, payload: bytes }];
}
