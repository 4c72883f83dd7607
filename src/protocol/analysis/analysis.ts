import { CaptureError } from "../capture/capture-error.ts";
import { CaptureReader } from "../capture/capture-reader.ts";
import type {
  CapturedFrame,
  CaptureHandler,
  CaptureInterface,
  Instant,
  SectionAbout,
} from "../capture/frame.ts";
import { hasMadeUpHeaders, type InterfaceService, serviceOfInterface } from "../capture/synthetic/made-up.ts";
import { type Finding, FindingList } from "../conversation/finding.ts";
import type { Place } from "../conversation/place.ts";
import { isKnownLinkType } from "../packet/link-layer.ts";
import { type PacketKind, PacketView } from "../packet/packet-view.ts";
import { type ConversationOptions, Conversations, type Tracked } from "./conversations.ts";
import { type Host, HostList } from "./host-list.ts";
import { type NetworkEvent, NetworkEvents } from "./network-events.ts";
import { findSlowAnswers, type ServiceSums, sumServices } from "./service-sums.ts";

/** All that a capture says. */
export interface CaptureReport {
  readonly about: SectionAbout | undefined;
  readonly interfaces: readonly CaptureInterface[];
  /** Its payloads are real, and the headers below them are those of whoever wrote it. */
  readonly hasMadeUpHeaders: boolean;
  readonly packets: number;
  readonly wireBytes: number;
  /** When the first packet was captured. */
  readonly begin: Instant | undefined;
  /** Nanoseconds from the first packet to the last. */
  readonly duration: number;
  readonly kinds: Readonly<Record<PacketKind, number>>;
  readonly hosts: readonly Host[];
  readonly events: readonly NetworkEvent[];
  readonly omittedEvents: number;
  readonly conversations: readonly Tracked[];
  readonly omittedConversations: number;
  readonly services: readonly ServiceSums[];
  readonly findings: readonly Finding[];
  readonly omittedFindings: number;
}

export interface AnalysisOptions extends ConversationOptions {
  /** ARP and ICMP, each when it happens. */
  readonly onEvent?: ((event: NetworkEvent) => void) | undefined;
}

const maxInterfaces = 1000;

/** Reads a capture from its bytes to its report, in bounded memory. */
export class CaptureAnalysis {
  readonly #reader: CaptureReader;
  readonly #view = new PacketView();
  readonly #findings = new FindingList();
  readonly #hosts = new HostList();
  readonly #events: NetworkEvents;
  readonly #conversations: Conversations;
  readonly #interfaces: CaptureInterface[] = [];
  /** By the position of the interface. */
  readonly #writers: (InterfaceService | undefined)[] = [];
  readonly #kinds: Record<PacketKind, number> = {
    tcp: 0,
    udp: 0,
    icmp: 0,
    arp: 0,
    fragment: 0,
    other: 0,
    malformed: 0,
  };
  readonly #headers = { areMadeUp: false };
  #about: SectionAbout | undefined;
  #begin: Instant | undefined;
  #last: Place = { packet: 0, time: 0 };
  #duration = 0;
  #wireBytes = 0;
  #drops = 0;
  #packets = 0;

  constructor(options: AnalysisOptions) {
    this.#events = new NetworkEvents(this.#hosts, this.#findings, options.onEvent);
    this.#conversations = new Conversations(options, this.#findings, this.#hosts, this.#headers);
    const handler: CaptureHandler = {
      frame: (frame) => this.frame(frame),
      section: (about) => {
        this.#about ??= about;
      },
      interface: (found) => {
        if (this.#interfaces.length < maxInterfaces) {
          this.#interfaces.push(found);
          this.#writers.push(serviceOfInterface(found));
        }
        this.#headers.areMadeUp = this.#interfaces.every(hasMadeUpHeaders);
      },
      drops: (count) => {
        this.#drops += count;
      },
    };
    this.#reader = new CaptureReader(handler);
  }

  /**
   * The next bytes of the file.
   * @returns false when it is damaged here: what came before is kept, and nothing more can be read
   * @throws {CaptureError} when it is no capture at all
   */
  read(chunk: Uint8Array): boolean {
    return this.#reading(() => this.#reader.read(chunk));
  }

  /** The file is over. @throws {CaptureError} when it is no capture at all */
  end(): CaptureReport {
    this.#reading(() => this.#reader.end());
    return this.report();
  }

  /**
   * Something else stopped the reading: the file is cut off in its compression, for example.
   * @param offset bytes of the unpacked file before the damage, where that is known
   */
  noteDamage(reason: string, offset?: number): void {
    const values = { reason, packets: this.#packets, ...(offset !== undefined && { offset }) };
    this.#findings.add("damaged-capture", undefined, undefined, values);
  }

  /** A packet that comes from elsewhere than a file, such as the kernel. */
  frame(frame: CapturedFrame): void {
    this.#packets++;
    const place = this.#placeOf(frame);
    this.#wireBytes += frame.originalLength;
    if (!isKnownLinkType(frame.linkType)) {
      this.#kinds.other++;
      this.#findings.add(
        "unknown-link",
        undefined,
        place,
        { linkType: frame.linkType },
        String(frame.linkType),
      );
      return;
    }
    const view = this.#view;
    view.read(frame, place.time);
    this.#kinds[view.kind]++;
    if (frame.bytes.length < frame.originalLength) this.#findings.add("cut-packets", undefined, place);
    if (view.kind === "tcp" || view.kind === "udp")
      this.#conversations.add(view, place, frame.originalLength, this.#writers[frame.interface], frame.way);
    else if (view.kind === "arp") this.#events.arp(view, place);
    else if (view.kind === "icmp") this.#events.icmp(view, place);
    else if (view.kind === "malformed") this.#findings.add("malformed-packet", undefined, place);
  }

  /** Packets of conversations for which there was no room. */
  get omittedPackets(): number {
    return this.#conversations.omitted;
  }

  report(): CaptureReport {
    this.#conversations.end(this.#last);
    this.#events.end();
    if (this.#drops > 0)
      this.#findings.add("dropped-by-capture", undefined, undefined, { count: this.#drops });
    const conversations = this.#conversations.all;
    const services = sumServices(conversations);
    findSlowAnswers(
      conversations.map(({ conversation }) => conversation),
      services,
      this.#findings,
    );
    for (const tracked of conversations) this.#noteHosts(tracked);
    return {
      about: this.#about,
      interfaces: this.#interfaces,
      hasMadeUpHeaders: this.#headers.areMadeUp,
      packets: this.#packets,
      wireBytes: this.#wireBytes,
      begin: this.#begin,
      duration: this.#duration,
      kinds: this.#kinds,
      hosts: this.#hosts.hosts,
      events: this.#events.events,
      omittedEvents: this.#events.omitted,
      conversations,
      omittedConversations: this.#conversations.omitted,
      services,
      findings: this.#findings.inOrder(),
      omittedFindings: this.#findings.omitted,
    };
  }

  #reading(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      if (!(error instanceof CaptureError) || this.#about === undefined) throw error;
      this.noteDamage(error.message, error.offset);
      return false;
    }
  }

  #placeOf({ number, seconds, nanoseconds }: CapturedFrame): Place {
    this.#begin ??= { seconds, nanoseconds };
    const time = (seconds - this.#begin.seconds) * 1e9 + (nanoseconds - this.#begin.nanoseconds);
    // Several interfaces are not always written in the order of time.
    this.#duration = Math.max(this.#duration, time);
    this.#last = { packet: number, time };
    return this.#last;
  }

  #noteHosts({ conversation, tcp }: Tracked): void {
    const { ends, counts, serviceName } = conversation;
    // Only what answered is known to be a service.
    if (counts.server.packets > 0 && tcp?.state !== "refused")
      this.#hosts.noteService(ends.server, serviceName);
    else this.#hosts.find(ends.server.address);
    this.#hosts.noteUse(ends.client.address, serviceName);
    const name = this.#conversations.clientNames.get(conversation.number);
    if (name !== undefined) this.#hosts.noteClientName(ends.client.address, name);
  }
}
