import type { DissectionSink, Dissector } from "../conversation/dissector.ts";
import type { Place, Side } from "../conversation/place.ts";
import type { Message } from "../conversation/step.ts";
import { ByteGatherer } from "./byte-gatherer.ts";
import { readClientHello, readServerHello, tlsVersion } from "./tls-hello.ts";

const ContentType = { ChangeCipherSpec: 20, Alert: 21, Handshake: 22, ApplicationData: 23 } as const;

const alerts: Readonly<Record<number, string>> = {
  0: "close notify",
  10: "unexpected message",
  20: "bad record mac",
  40: "handshake failure",
  42: "bad certificate",
  43: "unsupported certificate",
  44: "certificate revoked",
  45: "certificate expired",
  46: "certificate unknown",
  47: "illegal parameter",
  48: "unknown CA",
  49: "access denied",
  50: "decode error",
  51: "decrypt error",
  70: "protocol version",
  71: "insufficient security",
  80: "internal error",
  86: "inappropriate fallback",
  90: "user canceled",
  109: "missing extension",
  112: "unrecognized name",
  116: "certificate required",
  120: "no application protocol",
};

type Shown = Pick<Message, "text" | "fields">;

interface Stream {
  readonly gatherer: ByteGatherer;
  isEncrypted: boolean;
  isLost: boolean;
}

/** A record of TLS: its type, and version 3.x. */
export const isTlsRecord = (bytes: Buffer): boolean =>
  bytes.length >= 5 && bytes[0] === ContentType.Handshake && bytes[1] === 3 && bytes[2]! <= 4;

/** TLS as far as it is open: the hellos, alerts before encryption, and how much is sent after it. */
export class TlsDissector implements Dissector {
  readonly protocol = "TLS";
  readonly #sink: DissectionSink;
  readonly #streams: Readonly<Record<Side, Stream>>;

  constructor(sink: DissectionSink) {
    this.#sink = sink;
    const stream = (): Stream => ({ gatherer: new ByteGatherer(), isEncrypted: false, isLost: false });
    this.#streams = { client: stream(), server: stream() };
  }

  data(side: Side, bytes: Buffer, place: Place): void {
    const stream = this.#streams[side];
    if (stream.isLost) return;
    const { gatherer } = stream;
    const all = gatherer.add(bytes, place);
    let at = 0;
    while (all.length - at >= 5) {
      const length = all.readUInt16BE(at + 3);
      // 2^14 and what encryption adds. (RFC 8446, section 5.2)
      if (all[at + 1] !== 3 || length > 16_384 + 2048) {
        this.#lose(stream, place);
        return;
      }
      if (all.length - at < 5 + length) break;
      const firstPacket = at === 0 ? gatherer.firstPacket : undefined;
      this.#record(side, all.subarray(at, at + 5 + length), place, firstPacket ?? place.packet);
      at += 5 + length;
    }
    gatherer.keep(all.subarray(at), place, at === 0);
  }

  gap(side: Side): void {
    this.#streams[side].isLost = true;
    this.#streams[side].gatherer.clear();
  }

  end(): void {}

  #lose(stream: Stream, place: Place): void {
    stream.isLost = true;
    stream.gatherer.clear();
    this.#sink.odd("undecodable", place, {
      protocol: this.protocol,
      reason: "what comes is no record of TLS",
    });
  }

  #record(side: Side, record: Buffer, place: Place, firstPacket: number): void {
    const stream = this.#streams[side];
    const shown = this.#describe(stream, record[0]!, record.subarray(5));
    if (shown === undefined) return;
    this.#sink.message(side, place, { firstPacket, length: record.length }, () => ({
      protocol: this.protocol,
      ...shown,
    }));
  }

  #describe(stream: Stream, type: number, body: Buffer): Shown | undefined {
    if (type === ContentType.ChangeCipherSpec) {
      stream.isEncrypted = true;
      return undefined;
    }
    if (type === ContentType.ApplicationData) {
      stream.isEncrypted = true;
      return { text: `encrypted, ${body.length} B`, fields: { encrypted: true, length: body.length } };
    }
    if (stream.isEncrypted)
      return { text: `encrypted, ${body.length} B`, fields: { encrypted: true, length: body.length } };
    if (type === ContentType.Alert && body.length === 2) {
      const text = `alert: ${alerts[body[1]!] ?? body[1]}`;
      return { text, fields: { alert: alerts[body[1]!] ?? String(body[1]) } };
    }
    return type === ContentType.Handshake
      ? describeHandshake(body)
      : { text: `record of type ${type}`, fields: { type } };
  }
}

const handshakes: Readonly<Record<number, string>> = {
  0: "HelloRequest",
  4: "NewSessionTicket",
  11: "Certificate",
  12: "ServerKeyExchange",
  13: "CertificateRequest",
  14: "ServerHelloDone",
  15: "CertificateVerify",
  16: "ClientKeyExchange",
  20: "Finished",
  22: "CertificateStatus",
};

function describeHandshake(body: Buffer): Shown {
  const client = body[0] === 1 ? readClientHello(body) : undefined;
  if (client !== undefined) {
    const versions = client.versions.map(tlsVersion).join(", ");
    const name = client.serverName === undefined ? "" : `, server name ${client.serverName}`;
    const protocols = client.protocols.length === 0 ? "" : `, ALPN ${client.protocols.join(", ")}`;
    return {
      text: `ClientHello, offers ${versions}${name}${protocols}`,
      fields: {
        handshake: "ClientHello",
        versions,
        ...(client.serverName !== undefined && { serverName: client.serverName }),
        ...(client.protocols.length > 0 && { alpn: client.protocols.join(", ") }),
      },
    };
  }
  const server = body[0] === 2 ? readServerHello(body) : undefined;
  if (server !== undefined) {
    const version = tlsVersion(server.version);
    const suite = `0x${server.cipherSuite.toString(16).padStart(4, "0")}`;
    return {
      text: `ServerHello, ${version}, cipher suite ${suite}`,
      fields: { handshake: "ServerHello", version, cipherSuite: suite },
    };
  }
  const name = handshakes[body[0] ?? -1] ?? "handshake";
  return { text: `${name}, ${body.length} B`, fields: { handshake: name, length: body.length } };
}
