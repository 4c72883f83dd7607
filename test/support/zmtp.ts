import { RawClient } from "./raw-client.ts";

/** The greeting of ZMTP 3.0 with the NULL mechanism: signature, version, mechanism, not as a server, filler. */
export const greeting = Buffer.concat([
  Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]),
  Buffer.from("NULL".padEnd(20, "\0")),
  Buffer.alloc(32),
]);

/** A ZMTP peer on raw bytes, independent of the library that the server uses. */
export class ZmtpClient {
  readonly raw: RawClient;

  private constructor(raw: RawClient) {
    this.raw = raw;
  }

  /** Connects and shakes hands as a socket of this type, e.g. REQ. */
  static async connect(port: number, socketType: string): Promise<ZmtpClient> {
    const client = new ZmtpClient(await RawClient.connect(port));
    client.raw.write(greeting);
    client.raw.write(readyCommand(socketType));
    await client.raw.bytes(64);
    const ready = await client.#frame();
    if (!ready.body.subarray(1, 6).equals(Buffer.from("READY"))) throw new Error(`not READY: ${ready.body}`);
    return client;
  }

  send(...parts: readonly (string | Uint8Array)[]): void {
    this.raw.write(message(...parts));
  }

  /** Messages that begin so; as ZMTP 3.0 says it, a message of its own. */
  subscribe(beginning: string): void {
    this.send(Buffer.concat([Buffer.from([1]), Buffer.from(beginning)]));
  }

  async receive(): Promise<Buffer[]> {
    const parts: Buffer[] = [];
    for (;;) {
      const { flags, body } = await this.#frame();
      if ((flags & 4) !== 0) continue; // a command, such as PING
      parts.push(body);
      if ((flags & 1) === 0) return parts;
    }
  }

  async #frame(): Promise<{ flags: number; body: Buffer }> {
    const flags = (await this.raw.bytes(1)).readUInt8();
    const isLong = (flags & 2) !== 0;
    const length = isLong
      ? Number((await this.raw.bytes(8)).readBigUInt64BE())
      : (await this.raw.bytes(1)).readUInt8();
    return { flags, body: await this.raw.bytes(length) };
  }
}

export function readyCommand(socketType: string): Buffer {
  const property = Buffer.concat([
    Buffer.from("\x0bSocket-Type"),
    Buffer.from([0, 0, 0, socketType.length]),
    Buffer.from(socketType),
  ]);
  const body = Buffer.concat([Buffer.from("\x05READY"), property]);
  return Buffer.concat([Buffer.from([4, body.length]), body]);
}

/** Each part as a frame; all but the last have the MORE flag. */
export function message(...parts: readonly (string | Uint8Array)[]): Buffer {
  const frames = parts.map((part, index) => {
    const body = Buffer.from(part);
    const more = index < parts.length - 1 ? 1 : 0;
    if (body.length < 256) return Buffer.concat([Buffer.from([more, body.length]), body]);
    const head = Buffer.alloc(9);
    head.writeUInt8(more | 2);
    head.writeBigUInt64BE(BigInt(body.length), 1);
    return Buffer.concat([head, body]);
  });
  return Buffer.concat(frames);
}
