import type { Place } from "./place.ts";

/** What can be odd in a capture, the weightiest first. */
export const findingCodes = [
  "damaged-capture",
  "dropped-by-capture",
  "refused",
  "half-open",
  "reset",
  "will-published",
  "client-id-twice",
  "mqtt-refused",
  "missing-ack",
  "unanswered",
  "topic-mismatch",
  "silent-subscription",
  "keep-alive-silence",
  "unreachable",
  "undecodable",
  "zero-window",
  "retransmission",
  "error-answer",
  "slow-answer",
  "out-of-order",
  "gap",
  "begins-in-the-middle",
  "cut-packets",
  "unknown-link",
  "malformed-packet",
  "too-many-conversations",
] as const;

export type FindingCode = (typeof findingCodes)[number];

export type FindingValues = Readonly<Record<string, string | number>>;

/** Packets that are named; the rest is counted. */
const maxPackets = 10;

/** One kind of oddity in one conversation, or in none. */
export interface Finding {
  readonly code: FindingCode;
  /** The number of its conversation; undefined: it belongs to none. */
  readonly conversation: number | undefined;
  /** Of the first time. */
  readonly values: FindingValues;
  /** The first packets. */
  readonly packets: number[];
  count: number;
}

/** So many different ones of conversations are kept, and so many of the capture itself. */
const maxFindings = { conversation: 5_000, capture: 1_000 };

/** Collects findings: those of one kind in one conversation become one, with all its packets. */
export class FindingList {
  readonly #found = new Map<string, Finding>();
  readonly #left = { ...maxFindings };
  /** What was not kept. */
  omitted = 0;

  /** @param detail tells findings of one code and conversation apart, such as the topic */
  add(
    code: FindingCode,
    conversation: number | undefined,
    place: Pick<Place, "packet"> | undefined,
    values: FindingValues = {},
    detail = "",
  ): void {
    const key = `${code} ${conversation ?? ""} ${detail}`;
    const known = this.#found.get(key);
    if (known !== undefined) {
      known.count++;
      if (place !== undefined && known.packets.length < maxPackets) known.packets.push(place.packet);
      return;
    }
    const kind = conversation === undefined ? "capture" : "conversation";
    if (this.#left[kind] === 0) {
      this.omitted++;
      return;
    }
    this.#left[kind]--;
    const packets = place === undefined ? [] : [place.packet];
    this.#found.set(key, { code, conversation, values, packets, count: 1 });
  }

  /** The weightiest first; of one kind those with the most packets, then the earliest. */
  inOrder(): Finding[] {
    const weight = new Map(findingCodes.map((code, index) => [code, index]));
    return [...this.#found.values()].sort(
      (one, other) =>
        weight.get(one.code)! - weight.get(other.code)! ||
        other.count - one.count ||
        (one.packets[0] ?? 0) - (other.packets[0] ?? 0),
    );
  }
}
