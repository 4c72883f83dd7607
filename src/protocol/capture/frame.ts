/** What libpcap calls the kind of a frame's first header (LINKTYPE_). Others are counted and not looked into. */
export const LinkType = {
  Null: 0,
  Ethernet: 1,
  /** As OpenBSD and old versions of libpcap number LINKTYPE_RAW. */
  RawBsd: 12,
  RawOpenBsd: 14,
  Raw: 101,
  Loop: 108,
  LinuxCooked: 113,
  Ipv4: 228,
  Ipv6: 229,
  LinuxCooked2: 276,
} as const;

/** The point in time of a packet, as the capture says it, since 1970. */
export interface Instant {
  readonly seconds: number;
  /** 0 to 999,999,999. */
  readonly nanoseconds: number;
}

/** An interface that was captured on. A pcap file has one without a name. */
export interface CaptureInterface {
  readonly linkType: number;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  /** Bytes that were kept of each packet at most; 0: all. */
  readonly snapLength: number;
}

/** The way of a packet as the capturing machine saw it. */
export type Way = "in" | "out";

/** A packet of a capture file. One object is used for all of them: it is valid until the handler returns. */
export interface CapturedFrame extends Instant {
  /** From 1, as Wireshark counts. */
  readonly number: number;
  readonly linkType: number;
  /** The bytes that were kept. */
  readonly bytes: Buffer;
  /** Bytes of the packet on the wire. */
  readonly originalLength: number;
  /** The position of its interface in the file. */
  readonly interface: number;
  readonly way?: Way | undefined;
  /** Of the packet, from a pcapng file. */
  readonly comment?: string | undefined;
}

export type CaptureFormat = "pcap" | "pcapng";

/** Receives what a capture file contains, in its order. */
export interface CaptureHandler {
  frame(frame: CapturedFrame): void;
  /** Called before the first frame of the interface. */
  interface?(found: CaptureInterface): void;
  /** What the section says of itself: the program that wrote it, the system, a comment. */
  section?(about: SectionAbout): void;
  /** Packets that the capturing machine says it lost. */
  drops?(count: number): void;
}

export interface SectionAbout {
  readonly format: CaptureFormat;
  readonly application?: string | undefined;
  readonly system?: string | undefined;
  readonly comment?: string | undefined;
}
