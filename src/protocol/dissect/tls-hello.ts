import { printable } from "../text/printable.ts";

/** RFC 8446, section 4.1.2. */
export interface ClientHello {
  /** As offered, the client's favourite first; without those that are there to be ignored (GREASE). */
  readonly versions: readonly number[];
  readonly serverName: string | undefined;
  /** ALPN. */
  readonly protocols: readonly string[];
}

export interface ServerHello {
  readonly version: number;
  readonly cipherSuite: number;
}

const names: Readonly<Record<number, string>> = {
  768: "SSL 3.0",
  769: "TLS 1.0",
  770: "TLS 1.1",
  771: "TLS 1.2",
  772: "TLS 1.3",
};

export const tlsVersion = (version: number): string => names[version] ?? `version 0x${version.toString(16)}`;

const Extension = { ServerName: 0, Protocols: 16, SupportedVersions: 43 } as const;

const isGrease = (value: number): boolean => (value & 0x0f0f) === 0x0a0a;

/** @param body a handshake message with its header of four bytes; undefined: it is not whole */
export function readClientHello(body: Buffer): ClientHello | undefined {
  return reading(() => {
    // Type and length, version, random.
    let at = 4 + 2 + 32;
    at += 1 + body.readUInt8(at);
    at += 2 + body.readUInt16BE(at);
    at += 1 + body.readUInt8(at);
    const extensions = readExtensions(body, at);
    const offered = extensions.get(Extension.SupportedVersions);
    const versions = offered === undefined ? [body.readUInt16BE(4)] : uint16s(offered.subarray(1));
    const name = extensions.get(Extension.ServerName);
    return {
      versions: versions.filter((version) => !isGrease(version)),
      serverName:
        name === undefined || name.length < 5
          ? undefined
          : printable(name.subarray(5, 5 + name.readUInt16BE(3))),
      protocols: protocolNames(extensions.get(Extension.Protocols)),
    };
  });
}

export function readServerHello(body: Buffer): ServerHello | undefined {
  return reading(() => {
    let at = 4 + 2 + 32;
    at += 1 + body.readUInt8(at);
    const cipherSuite = body.readUInt16BE(at);
    const chosen = readExtensions(body, at + 3).get(Extension.SupportedVersions);
    return { version: chosen === undefined ? body.readUInt16BE(4) : chosen.readUInt16BE(0), cipherSuite };
  });
}

/** Reads beyond the end are Node's RangeError. */
function reading<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readExtensions(body: Buffer, start: number): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  if (start + 2 > body.length) return found;
  const end = Math.min(body.length, start + 2 + body.readUInt16BE(start));
  for (let at = start + 2; at + 4 <= end; ) {
    const length = body.readUInt16BE(at + 2);
    found.set(body.readUInt16BE(at), body.subarray(at + 4, Math.min(end, at + 4 + length)));
    at += 4 + length;
  }
  return found;
}

function uint16s(bytes: Buffer): number[] {
  const values: number[] = [];
  for (let at = 0; at + 2 <= bytes.length; at += 2) values.push(bytes.readUInt16BE(at));
  return values;
}

function protocolNames(bytes: Buffer | undefined): string[] {
  const found: string[] = [];
  if (bytes === undefined) return found;
  for (let at = 2; at < bytes.length; at += 1 + bytes[at]!)
    found.push(printable(bytes.subarray(at + 1, at + 1 + bytes[at]!), 40));
  return found;
}
