import type { TrafficEvent } from "../api/types.ts";

/** One message as a subscriber would receive it. */
export interface ReceivedMessage {
  readonly seq: number;
  readonly time: number;
  readonly topic: string;
  readonly payload: string;
  readonly qos: string;
  readonly retain: boolean;
}

/** All copies of one message pass within this time, in milliseconds. */
const copyWindowMs = 1500;
const maxMessages = 200;

interface Copies {
  /** Of the latest copy. */
  time: number;
  /** Copies by direction and conversation. */
  readonly perConversation: Map<string, number>;
  /** Equal messages so far. */
  messages: number;
}

/**
 * Turns traffic events into messages. A message passes several times, once from its publisher and once to each
 * subscriber; the page shows it once.
 */
export class MessageDeduplicator {
  messages: readonly ReceivedMessage[] = [];
  /** By topic and payload, the most recent ones last. */
  readonly #recent = new Map<string, Copies>();

  /** @returns whether the event is a new message */
  add(event: TrafficEvent): boolean {
    const { fields } = event;
    const topic = fields?.topic;
    if (event.kind !== "message" || typeof topic !== "string" || !isPublish(event)) return false;
    const payload = String(fields?.payload ?? "");
    if (!this.#isNew(event, `${topic}\n${payload}`)) return false;
    const message: ReceivedMessage = {
      seq: event.seq,
      time: event.time,
      topic,
      payload,
      qos: String(fields?.qos ?? 0),
      retain: fields?.retain === true,
    };
    this.messages = [message, ...this.messages].slice(0, maxMessages);
    return true;
  }

  /** The n-th copy in one conversation belongs to the n-th of several equal messages. */
  #isNew({ time, conversation, direction }: TrafficEvent, key: string): boolean {
    let copies = this.#recent.get(key);
    if (copies === undefined || time - copies.time > copyWindowMs) {
      copies = { time, perConversation: new Map(), messages: 0 };
    }
    copies.time = time;
    this.#recent.delete(key);
    this.#recent.set(key, copies);
    const way = `${direction} ${conversation}`;
    const n = (copies.perConversation.get(way) ?? 0) + 1;
    copies.perConversation.set(way, n);
    if (this.#recent.size > maxMessages) this.#evictOldest();
    if (n <= copies.messages) return false;
    copies.messages = n;
    return true;
  }

  #evictOldest(): void {
    const [oldest] = this.#recent.keys();
    if (oldest !== undefined) this.#recent.delete(oldest);
  }
}

function isPublish({ fields, text = "" }: TrafficEvent): boolean {
  return fields?.packet === undefined ? text.startsWith("PUBLISH ") : fields.packet === "PUBLISH";
}
