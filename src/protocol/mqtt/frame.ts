import { malformed } from "./errors.ts";
import type { Version } from "./packet.ts";

/** A fixed header, read in place: where the packet's body starts and where it ends. */
export class Frame {
  /** The packet's first byte: type and flags. */
  first = 0;
  body = 0;
  end = 0;
  /** The length is not in its shortest form, which only MQTT 5 forbids. [MQTT-1.5.5-1] */
  isOverlong = false;

  get type(): number {
    return this.first >> 4;
  }

  /**
   * Reads the fixed header at `start` out of the bytes before `limit`. False: the header is not complete yet.
   * The body may be incomplete: then `end` is beyond `limit`.
   * @throws {MqttError} for a length of more than four bytes
   */
  read(bytes: Uint8Array, start: number, limit: number): boolean {
    if (limit - start < 2) return false;
    this.first = bytes[start]!;
    const byte = bytes[start + 1]!;
    if (byte >= 0x80) return this.#readLong(bytes, start, limit);
    this.body = start + 2;
    this.end = this.body + byte;
    this.isOverlong = false;
    return true;
  }

  #readLong(bytes: Uint8Array, start: number, limit: number): boolean {
    let length = bytes[start + 1]! & 0x7f;
    for (let index = 1; index < 4; index++) {
      const at = start + 1 + index;
      if (at >= limit) return false;
      const byte = bytes[at]!;
      length |= (byte & 0x7f) << (7 * index);
      if (byte >= 0x80) continue;
      this.isOverlong = byte === 0;
      this.body = at + 1;
      this.end = this.body + length;
      return true;
    }
    throw malformed("remaining length is longer than four bytes");
  }

  /** @throws {MqttError} when the version forbids the form of the length */
  checkLength(version: Version): void {
    if (this.isOverlong && version === 5) {
      throw malformed("remaining length is not written in its shortest form"); // [MQTT-1.5.5-1]
    }
  }
}
