import type { TrafficEvent } from "../api/types.ts";

/** One message as a subscriber would hear it. */
export interface Heard {
  readonly seq: number;
  readonly time: number;
  readonly topic: string;
  readonly payload: string;
  readonly qos: string;
  readonly retain: boolean;
}

/** Copies of one message come within this time, in milliseconds. */
const together = 1500;
const kept = 200;

/**
 * Takes events and gives messages. The traffic tells a message once as it comes from its publisher and once for each
 * subscriber it goes to; a subscriber hears it once.
 */
export class Hearing {
  messages: readonly Heard[] = [];
  /** When each message was told last, and how often it came in and went out to each conversation since. */
  readonly #told = new Map<string, { time: number; seen: Map<string, number>; count: number }>();

  /** @returns whether there is something new */
  add(event: TrafficEvent): boolean {
    const { fields } = event;
    const topic = fields?.topic;
    if (event.kind !== "message" || typeof topic !== "string" || !isPublish(event)) return false;
    const payload = String(fields?.payload ?? "");
    if (!this.#isFirst(event, `${topic}\n${payload}`)) return false;
    const heard: Heard = {
      seq: event.seq,
      time: event.time,
      topic,
      payload,
      qos: String(fields?.qos ?? 0),
      retain: fields?.retain === true,
    };
    this.messages = [heard, ...this.messages].slice(0, kept);
    return true;
  }

  /** The n-th copy on one conversation is a copy of the n-th message; only a higher n than any so far is new. */
  #isFirst({ time, conversation, direction }: TrafficEvent, key: string): boolean {
    let told = this.#told.get(key);
    if (told === undefined || time - told.time > together) told = { time, seen: new Map(), count: 0 };
    told.time = time;
    this.#told.delete(key);
    this.#told.set(key, told);
    const way = `${direction} ${conversation}`;
    const times = (told.seen.get(way) ?? 0) + 1;
    told.seen.set(way, times);
    if (this.#told.size > kept) this.#forgetOldest();
    if (times <= told.count) return false;
    told.count = times;
    return true;
  }

  #forgetOldest(): void {
    const [oldest] = this.#told.keys();
    if (oldest !== undefined) this.#told.delete(oldest);
  }
}

function isPublish({ fields, text = "" }: TrafficEvent): boolean {
  return fields?.packet === undefined ? text.startsWith("PUBLISH ") : fields.packet === "PUBLISH";
}
