import { TcpFlag } from "../../src/protocol/packet/tcp-header.ts";

// Packets made by hand, for tests of what reads captures.

export const uint16 = (value: number): Buffer => Buffer.from([(value >> 8) & 255, value & 255]);
export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};

const address4 = (text: string): Buffer => Buffer.from(text.split(".").map(Number));

/** Without `::`. */
const address6 = (text: string): Buffer =>
  Buffer.concat(text.split(":").map((group) => uint16(Number.parseInt(group, 16))));

export interface Ip {
  readonly source?: string;
  readonly target?: string;
  readonly protocol?: number;
  readonly identification?: number;
  /** In bytes. */
  readonly fragmentAt?: number;
  readonly hasMoreFragments?: boolean;
  readonly options?: Buffer;
}

export function ipv4(payload: Buffer, ip: Ip = {}): Buffer {
  const options = ip.options ?? Buffer.alloc(0);
  const header = 20 + options.length;
  const fragment = ((ip.hasMoreFragments ?? false) ? 0x2000 : 0) | ((ip.fragmentAt ?? 0) >> 3);
  return Buffer.concat([
    Buffer.from([0x40 | (header / 4), 0]),
    uint16(header + payload.length),
    uint16(ip.identification ?? 0),
    uint16(fragment),
    Buffer.from([64, ip.protocol ?? 6, 0, 0]),
    address4(ip.source ?? "10.0.0.1"),
    address4(ip.target ?? "10.0.0.2"),
    options,
    payload,
  ]);
}

export function ipv6(payload: Buffer, nextHeader = 6, source = "fd00:0:0:0:0:0:0:1"): Buffer {
  return Buffer.concat([
    Buffer.from([0x60, 0, 0, 0]),
    uint16(payload.length),
    Buffer.from([nextHeader, 64]),
    address6(source),
    address6("fd00:0:0:0:0:0:0:2"),
    payload,
  ]);
}

export interface Segment {
  readonly sourcePort?: number;
  readonly targetPort?: number;
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly flags?: number;
  readonly window?: number;
  readonly options?: Buffer;
  readonly payload?: Buffer;
}

export function tcp(segment: Segment = {}): Buffer {
  const options = segment.options ?? Buffer.alloc(0);
  return Buffer.concat([
    uint16(segment.sourcePort ?? 50_000),
    uint16(segment.targetPort ?? 1883),
    uint32(segment.sequence ?? 0),
    uint32(segment.acknowledgement ?? 0),
    Buffer.from([((20 + options.length) / 4) << 4, segment.flags ?? TcpFlag.Ack]),
    uint16(segment.window ?? 65_535),
    Buffer.alloc(4),
    options,
    segment.payload ?? Buffer.alloc(0),
  ]);
}

export function udp(payload: Buffer, sourcePort = 50_000, targetPort = 12_345): Buffer {
  return Buffer.concat([
    uint16(sourcePort),
    uint16(targetPort),
    uint16(8 + payload.length),
    Buffer.alloc(2),
    payload,
  ]);
}

export function ethernet(
  payload: Buffer,
  etherType = 0x0800,
  tags: readonly [number, number][] = [],
): Buffer {
  const macs = Buffer.from("0242ac1010650242ac101066", "hex");
  const tagged = tags.map(([type, vlan]) => Buffer.concat([uint16(type), uint16(vlan)]));
  return Buffer.concat([macs, ...tagged, uint16(etherType), payload]);
}

export interface Packet {
  /** Nanoseconds since 1970-01-01T00:00:01Z. */
  readonly time?: number;
  readonly bytes: Buffer;
  /** Of the packet on the wire, where not all of it was kept. */
  readonly originalLength?: number;
}

export interface PcapForm {
  readonly isBigEndian?: boolean;
  readonly isNanoseconds?: boolean;
  readonly linkType?: number;
}

/** A pcap file. */
export function pcap(packets: readonly Packet[], form: PcapForm = {}): Buffer {
  const { isBigEndian = false, isNanoseconds = true, linkType = 1 } = form;
  const words = (...values: number[]): Buffer => {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, index) => {
      if (isBigEndian) bytes.writeUInt32BE(value, 4 * index);
      else bytes.writeUInt32LE(value, 4 * index);
    });
    return bytes;
  };
  const version = isBigEndian ? 0x0002_0004 : 0x0004_0002;
  const head = words(isNanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, version, 0, 0, 262_144, linkType);
  const records = packets.map(({ time = 0, bytes, originalLength = bytes.length }) => {
    const fraction = Math.floor((time % 1e9) / (isNanoseconds ? 1 : 1000));
    return Buffer.concat([words(1 + Math.floor(time / 1e9), fraction, bytes.length, originalLength), bytes]);
  });
  return Buffer.concat([head, ...records]);
}

export interface TalkForm {
  readonly clientPort?: number;
  readonly serverPort?: number;
  readonly client?: string;
  readonly server?: string;
  /** Initial sequence numbers. */
  readonly clientStart?: number;
  readonly serverStart?: number;
  /** Nanoseconds between two packets. */
  readonly step?: number;
}

type End = "client" | "server";

const synOptions = Buffer.from("020405b40402080a00000001000000000103030a", "hex");

/** Writes the packets of a TCP connection with the right numbers. */
export class TcpTalk {
  readonly packets: Packet[];
  readonly #form: Required<TalkForm>;
  readonly #next: Record<End, number>;
  /** Of the packet that is written next. */
  time: number;
  #identification = 1;

  /** @param packets those of other conversations, so that they are in one capture */
  constructor(form: TalkForm = {}, packets: Packet[] = []) {
    this.#form = {
      clientPort: 50_000,
      serverPort: 1883,
      client: "10.0.0.1",
      server: "10.0.0.2",
      clientStart: 1000,
      serverStart: 9000,
      step: 1e6,
      ...form,
    };
    this.#next = { client: this.#form.clientStart, server: this.#form.serverStart };
    this.packets = packets;
    this.time = packets.at(-1)?.time ?? 0;
  }

  handshake(): this {
    this.segment("client", { flags: TcpFlag.Syn, options: synOptions, acknowledgement: 0 });
    this.#next.client++;
    this.segment("server", { flags: TcpFlag.Syn | TcpFlag.Ack, options: synOptions });
    this.#next.server++;
    return this.acknowledge("client");
  }

  /** Sends data, and the other side's ACK. */
  send(from: End, data: Buffer | string): this {
    return this.sendOnly(from, data).acknowledge(other(from));
  }

  /** Sends data that is not acknowledged yet. */
  sendOnly(from: End, data: Buffer | string): this {
    const payload = Buffer.from(data);
    this.segment(from, { flags: TcpFlag.Psh | TcpFlag.Ack, payload });
    this.#next[from] += payload.length;
    return this;
  }

  acknowledge(from: End): this {
    return this.segment(from, { flags: TcpFlag.Ack });
  }

  close(from: End = "client"): this {
    this.segment(from, { flags: TcpFlag.Fin | TcpFlag.Ack });
    this.#next[from]++;
    this.segment(other(from), { flags: TcpFlag.Fin | TcpFlag.Ack });
    this.#next[other(from)]++;
    return this.acknowledge(from);
  }

  reset(from: End): this {
    return this.segment(from, { flags: TcpFlag.Rst | TcpFlag.Ack });
  }

  wait(nanoseconds: number): this {
    this.time += nanoseconds;
    return this;
  }

  /** A segment with the numbers that come next, or with others. */
  segment(from: End, segment: Segment = {}, offset = 0): this {
    const { clientPort, serverPort, client, server, step } = this.#form;
    const isClient = from === "client";
    const bytes = tcp({
      sourcePort: isClient ? clientPort : serverPort,
      targetPort: isClient ? serverPort : clientPort,
      sequence: this.#next[from] + offset,
      acknowledgement: this.#next[other(from)],
      ...segment,
    });
    const [source, target] = isClient ? [client, server] : [server, client];
    this.packets.push({
      time: this.time,
      bytes: ethernet(ipv4(bytes, { source, target, identification: this.#identification++ })),
    });
    this.time += step;
    return this;
  }
}

const other = (end: End): End => (end === "client" ? "server" : "client");
