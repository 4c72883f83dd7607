import type { DissectionSink, Dissector } from "../conversation/dissector.ts";
import type { Place, Side } from "../conversation/place.ts";
import { ipv4Text, ipv6Text } from "../packet/address-text.ts";
import { printable } from "../text/printable.ts";

const types: Readonly<Record<number, string>> = {
  1: "A",
  2: "NS",
  5: "CNAME",
  6: "SOA",
  12: "PTR",
  15: "MX",
  16: "TXT",
  28: "AAAA",
  33: "SRV",
  41: "OPT",
  64: "SVCB",
  65: "HTTPS",
};
const responses = [
  "no error",
  "format error",
  "server failure",
  "no such name",
  "not implemented",
  "refused",
];
const maxRecords = 10;

interface DnsMessage {
  readonly id: number;
  readonly isAnswer: boolean;
  readonly response: number;
  readonly question: string;
  readonly answers: readonly string[];
}

/** Questions to a name server and its answers, by UDP. */
export class DnsDissector implements Dissector {
  readonly protocol = "DNS";
  readonly #sink: DissectionSink;

  constructor(sink: DissectionSink) {
    this.#sink = sink;
  }

  data(side: Side, bytes: Buffer, place: Place): void {
    const found = readDns(bytes);
    if (found === undefined) {
      this.#sink.odd("undecodable", place, {
        protocol: this.protocol,
        reason: "a message that is not whole",
      });
      return;
    }
    const { id, isAnswer, question, answers, response } = found;
    const answer = isAnswer ? this.#sink.answer(`dns ${id}`, place) : undefined;
    if (!isAnswer) this.#sink.request(`dns ${id}`, place, `DNS ${question}`, side);
    const result = responses[response] ?? `code ${response}`;
    const list = response !== 0 ? result : answers.length === 0 ? "no records" : answers.join(", ");
    this.#sink.message(
      side,
      place,
      { length: bytes.length },
      () => ({
        protocol: this.protocol,
        text: isAnswer ? `answer ${question}: ${list}` : `question ${question}`,
        fields: { id, question, ...(isAnswer && { response: result, answers: answers.join(", ") }) },
      }),
      answer,
    );
  }

  gap(): void {}
  end(): void {}
}

/** RFC 1035, section 4. */
export function readDns(bytes: Buffer): DnsMessage | undefined {
  if (bytes.length < 12) return undefined;
  try {
    const flags = bytes.readUInt16BE(2);
    const questions = bytes.readUInt16BE(4);
    const records = Math.min(maxRecords, bytes.readUInt16BE(6));
    let at = 12;
    let question = "";
    for (let count = 0; count < Math.min(questions, maxRecords); count++) {
      const name = readName(bytes, at);
      if (count === 0) question = `${name.text} ${typeName(bytes.readUInt16BE(name.end))}`;
      at = name.end + 4;
    }
    const answers: string[] = [];
    for (let count = 0; count < records; count++) {
      const { end } = readName(bytes, at);
      const length = bytes.readUInt16BE(end + 8);
      answers.push(recordText(bytes, bytes.readUInt16BE(end), end + 10, length));
      at = end + 10 + length;
    }
    return {
      id: bytes.readUInt16BE(0),
      isAnswer: (flags & 0x8000) !== 0,
      response: flags & 15,
      question,
      answers,
    };
  } catch (error) {
    // Beyond the end.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const typeName = (type: number): string => types[type] ?? `type ${type}`;

function recordText(bytes: Buffer, type: number, at: number, length: number): string {
  if (type === 1 && length === 4 && at + 4 <= bytes.length) return ipv4Text(bytes, at);
  if (type === 28 && length === 16 && at + 16 <= bytes.length) return ipv6Text(bytes, at);
  if (type === 5 || type === 2 || type === 12) return `${typeName(type)} ${readName(bytes, at).text}`;
  return typeName(type);
}

/** A name may point back into the message; as often as a name has parts, so that no circle holds us. */
function readName(bytes: Buffer, start: number): { readonly text: string; readonly end: number } {
  const parts: string[] = [];
  let at = start;
  let end: number | undefined;
  for (let steps = 0; steps < 128; steps++) {
    const length = bytes.readUInt8(at);
    if (length === 0) return { text: printable(parts.join("."), 255) || ".", end: end ?? at + 1 };
    if (length >= 0xc0) {
      end ??= at + 2;
      at = bytes.readUInt16BE(at) & 0x3fff;
      continue;
    }
    if (at + 1 + length > bytes.length) break;
    parts.push(bytes.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  throw new RangeError("a name without an end");
}
