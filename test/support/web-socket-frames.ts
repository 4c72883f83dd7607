/** A client's side of WebSocket as raw bytes, independent of the project's own codec. */

export interface FrameOptions {
  readonly opcode?: number;
  readonly fin?: boolean;
  readonly masked?: boolean;
  /** The reserved bits, as a mask of the first byte. */
  readonly reserved?: number;
  /** A wrong value for the length field. */
  readonly announced?: bigint;
  /** 7, 16 or 64 bits of length; by default the shortest. */
  readonly lengthBits?: 7 | 16 | 64;
}

export function frame(payload: string | Uint8Array, options: FrameOptions = {}): Buffer {
  const bytes = Buffer.from(payload);
  const { opcode = 2, fin = true, masked = true, reserved = 0, announced = BigInt(bytes.length) } = options;
  const bits = options.lengthBits ?? (announced < 126n ? 7 : announced < 65_536n ? 16 : 64);
  const mask = crypto.getRandomValues(new Uint8Array(4));
  const lengthBytes = { 7: 0, 16: 2, 64: 8 }[bits];
  const head = Buffer.alloc(2 + lengthBytes);
  head[0] = (fin ? 0x80 : 0) | reserved | opcode;
  head[1] = (masked ? 0x80 : 0) | (bits === 7 ? Number(announced) : bits === 16 ? 126 : 127);
  if (bits === 16) head.writeUInt16BE(Number(announced), 2);
  if (bits === 64) head.writeBigUInt64BE(announced, 2);
  if (!masked) return Buffer.concat([head, bytes]);
  return Buffer.concat([head, mask, bytes.map((byte, i) => byte ^ (mask[i & 3] ?? 0))]);
}

/** Parses a server's frames: `[opcode, payload]` each. */
export function readFrames(bytes: Buffer): [opcode: number, payload: Buffer][] {
  const frames: [number, Buffer][] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const short = (bytes[at + 1] ?? 0) & 0x7f;
    const header = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (at + header > bytes.length) break;
    const length =
      short === 127
        ? Number(bytes.readBigUInt64BE(at + 2))
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : short;
    if (at + header + length > bytes.length) break;
    frames.push([(bytes[at] ?? 0) & 0x0f, bytes.subarray(at + header, at + header + length)]);
    at += header + length;
  }
  return frames;
}

export function upgradeRequest(
  headers: Readonly<Record<string, string | undefined>> = {},
  path = "/mqtt",
): string {
  const all: Record<string, string | undefined> = {
    Host: "127.0.0.1",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "mqtt",
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}: ${value}\r\n`,
  );
  return `GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** The response to `upgradeRequest()`, whose key is the example of RFC 6455. */
export const acceptance =
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n";
