import type { Way } from "../capture/frame.ts";
import type { InterfaceService } from "../capture/synthetic/made-up.ts";
import {
  type CaptureContext,
  Conversation,
  type Endpoint,
  type HeadersOrigin,
} from "../conversation/conversation.ts";
import type { FindingList } from "../conversation/finding.ts";
import { otherSide, type Place, type Side } from "../conversation/place.ts";
import { TcpConversation } from "../conversation/tcp-conversation.ts";
import { chooseDissector } from "../dissect/choose.ts";
import type { PacketView } from "../packet/packet-view.ts";
import { TcpFlag, type TcpHeader } from "../packet/tcp-header.ts";
import type { HostList } from "./host-list.ts";
import { MqttPicture } from "./mqtt-picture.ts";
import { type ListeningService, ServicePorts } from "./service-ports.ts";

export interface ConversationOptions {
  readonly services: readonly ListeningService[];
  readonly onData?: CaptureContext["onData"];
  readonly onStep?: CaptureContext["onStep"];
  /** Each TCP segment, after its steps. The header is valid until this returns. */
  readonly onSegment?:
    | ((tcp: TcpConversation, side: Side, header: TcpHeader, place: Place) => void)
    | undefined;
}

/** A conversation, and its connection where it is one of TCP. */
export interface Tracked {
  readonly conversation: Conversation;
  readonly tcp: TcpConversation | undefined;
}

/** The first packet of a conversation. */
interface Beginning {
  readonly view: PacketView;
  readonly key: string;
  readonly source: number;
  readonly target: number;
  readonly place: Place;
  readonly writer: InterfaceService | undefined;
  readonly way: Way | undefined;
}

/** A direction of it: what a packet's addresses and ports lead to. */
interface Direction {
  readonly tracked: Tracked;
  readonly side: Side;
  /** The sender's hardware address has been noted. */
  isSeen: boolean;
}

const maxConversations = 20_000;
/** Steps of all conversations together. */
const maxSteps = 200_000;
/** The same ports again after so long are another exchange; UDP itself has no end. */
const maxUdpSilence = 120e9;

/** The conversations of a capture: finds the one that a packet belongs to. */
export class Conversations {
  readonly #all: Tracked[] = [];
  readonly #directions = new Map<string, Direction>();
  readonly #ports: ServicePorts;
  readonly #findings: FindingList;
  readonly #hosts: HostList;
  readonly #mqtt: MqttPicture;
  readonly #context: CaptureContext;
  readonly #onSegment: ConversationOptions["onSegment"];
  /** Conversations for which there was no room. */
  omitted = 0;
  clientNames: ReadonlyMap<number, string> = new Map();

  constructor(
    options: ConversationOptions,
    findings: FindingList,
    hosts: HostList,
    headers: HeadersOrigin = { areMadeUp: false },
  ) {
    this.#ports = new ServicePorts(options.services);
    this.#findings = findings;
    this.#hosts = hosts;
    this.#mqtt = new MqttPicture(findings);
    this.#onSegment = options.onSegment;
    this.#context = {
      findings,
      budget: { left: maxSteps },
      held: { bytes: 0 },
      headers,
      mqttWitness: (conversation) => this.#mqtt.witness(conversation),
      dissector: (conversation, side, first) => this.#dissector(conversation, side, first),
      onData: options.onData,
      onStep: options.onStep,
    };
  }

  get all(): readonly Tracked[] {
    return this.#all;
  }

  /**
   * @param writer the service that has written its own packets, on whatever port
   * @param way of the packet, as the writer saw it
   */
  add(view: PacketView, place: Place, wireBytes: number, writer?: InterfaceService, way?: Way): void {
    const isTcp = view.kind === "tcp";
    const source = isTcp ? view.tcp.sourcePort : view.sourcePort;
    const target = isTcp ? view.tcp.targetPort : view.targetPort;
    const key = `${isTcp ? "t" : "u"}${source} ${target} ${view.addressKey()}`;
    let direction = this.#directions.get(key);
    if (direction === undefined || isAnother(direction, view, place)) {
      direction = this.#begin({ view, key, source, target, place, writer, way });
      if (direction === undefined) return;
    }
    if (!direction.isSeen) {
      direction.isSeen = true;
      this.#hosts.noteMac(view.source, view.sourceMac);
    }
    const { tracked, side } = direction;
    if (tracked.tcp !== undefined) {
      const { tcp, transport } = view;
      const payload = transport.subarray(tcp.payloadAt, tcp.payloadAt + Math.min(tcp.captured, tcp.length));
      const isNew = tracked.tcp.add(tcp, payload, side, place, wireBytes, view.ip.identification);
      if (isNew) this.#onSegment?.(tracked.tcp, side, tcp, place);
      return;
    }
    tracked.conversation.count(side, place, wireBytes);
    tracked.conversation.counts[side].bytes += view.payloadLength;
    if (view.payloadLength > 0) tracked.conversation.data(side, view.payload, place, true);
  }

  /** The capture is over. */
  end(place: Place): void {
    for (const { tcp } of this.#all) tcp?.end(place);
    this.#mqtt.end(place);
    this.clientNames = this.#mqtt.clientNames();
    for (const tracked of this.#all) this.#judge(tracked, place);
    if (this.omitted > 0) {
      const values = { limit: maxConversations, packets: this.omitted };
      this.#findings.add("too-many-conversations", undefined, undefined, values);
    }
  }

  #begin({ view, key, source, target, place, writer, way }: Beginning): Direction | undefined {
    if (this.#all.length === maxConversations) {
      this.omitted++;
      return undefined;
    }
    const transport = view.kind === "tcp" ? "tcp" : "udp";
    const side = (writer && way && sideOnTheWay[way]) ?? this.#sideOfSender(view, transport, source, target);
    const sender: Endpoint = { address: view.source, port: source };
    const receiver: Endpoint = { address: view.target, port: target };
    const ends =
      side === "client" ? { client: sender, server: receiver } : { client: receiver, server: sender };
    const onPort = this.#ports.find(transport, ends.server.port);
    const service = writer === undefined ? onPort : this.#ports.named(writer, onPort);
    const number = this.#all.length + 1;
    const conversation = new Conversation(number, transport, ends, service, place, this.#context);
    const tcp = transport === "tcp" ? new TcpConversation(conversation, this.#context) : undefined;
    const tracked = { conversation, tcp };
    this.#all.push(tracked);
    const reversedKey = `${key[0]}${target} ${source} ${view.reversedAddressKey()}`;
    const direction: Direction = { tracked, side, isSeen: false };
    this.#directions.set(key, direction);
    // A host that talks to itself from one port has one direction.
    if (reversedKey !== key)
      this.#directions.set(reversedKey, { tracked, side: otherSide(side), isSeen: false });
    return direction;
  }

  /** Who sends a SYN is the client; without one the port says who the server is. */
  #sideOfSender(view: PacketView, transport: "tcp" | "udp", source: number, target: number): Side {
    if (transport === "tcp" && view.tcp.has(TcpFlag.Syn))
      return view.tcp.has(TcpFlag.Ack) ? "server" : "client";
    const isSource = this.#isService(transport, source);
    if (isSource !== this.#isService(transport, target)) return isSource ? "server" : "client";
    // Who speaks first by UDP asks. Servers of TCP have the lower port nearly always.
    if (transport === "udp") return "client";
    return source < target ? "server" : "client";
  }

  #isService(transport: "tcp" | "udp", port: number): boolean {
    return this.#ports.find(transport, port) !== undefined || (transport === "udp" && port === 53);
  }

  #dissector(conversation: Conversation, side: Side, first: Buffer) {
    const { transport, service, ends, number } = conversation;
    return chooseDissector(
      conversation,
      {
        transport,
        role: service?.role,
        serverPort: ends.server.port,
        hasBeginning: this.#all[number - 1]?.tcp?.hasBeginning ?? true,
      },
      side,
      first,
    );
  }

  /** What only the end shows: what never came. */
  #judge({ conversation, tcp }: Tracked, end: Place): void {
    const { number, exchanges, ends } = conversation;
    if (tcp !== undefined) {
      const { state } = tcp;
      // The server sends nothing before the handshake is finished: the client's packets are only not in the capture.
      const isUnseen = state === "answered" && conversation.counts.server.bytes > 0;
      if ((state === "asking" || state === "answered") && !isUnseen)
        this.#findings.add("half-open", number, conversation.first, {
          state,
          port: ends.server.port,
          waited: (end.time - conversation.last.time) / 1e6,
        });
      if (!tcp.hasBeginning && state !== "answered")
        this.#findings.add("begins-in-the-middle", undefined, conversation.first, {});
      // An answer may be among what is not in the capture.
      if (tcp.missing > 0) return;
    }
    if (conversation.isUnreadable) return;
    for (const { label, packet, time } of exchanges.unanswered) {
      const isAck = label.startsWith("PUB");
      const values = { label, waited: (end.time - time) / 1e6 };
      this.#findings.add(
        isAck ? "missing-ack" : "unanswered",
        number,
        { packet },
        values,
        isAck ? "" : label,
      );
    }
  }
}

/** Who sends a packet to a service, or from it. */
const sideOnTheWay: Readonly<Record<Way, Side>> = { in: "client", out: "server" };

/** The ports are those of another conversation, and now of a new one. */
function isAnother({ tracked }: Direction, view: PacketView, place: Place): boolean {
  if (tracked.tcp !== undefined) return tracked.tcp.isBegunAnewBy(view.tcp);
  return place.time - tracked.conversation.last.time > maxUdpSilence;
}
