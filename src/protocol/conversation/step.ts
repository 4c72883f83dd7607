import type { Fields } from "../../core/traffic.ts";
import type { TcpOptions } from "../packet/tcp-header.ts";
import type { Place, Side } from "./place.ts";

/** A message as its protocol says it: printable, and without secrets. */
export interface Message {
  /** `HTTP`, `MQTT`: as the message's own protocol is called. */
  readonly protocol: string;
  /** One line in the protocol's own words, which are the same in every language. */
  readonly text: string;
  readonly fields: Fields;
}

export type StepEvent =
  | { readonly kind: "syn"; readonly options: TcpOptions; readonly isAgain: boolean }
  | { readonly kind: "syn-ack"; readonly options: TcpOptions; readonly isAgain: boolean }
  /** `roundTrip` in nanoseconds, from the SYN to this ACK; undefined where headers are made up. */
  | { readonly kind: "established"; readonly roundTrip: number | undefined }
  | {
      readonly kind: "message";
      readonly message: Message;
      /** The packet in which it began, and how many bytes it has. */
      readonly firstPacket: number;
      readonly length: number;
      /** The packet with which the other side's TCP acknowledged its last byte. */
      acknowledgedBy?: number;
      /** From the request to this answer, in nanoseconds. */
      readonly answerTime?: number | undefined;
      /** The packet of the request that this answers. */
      readonly answerTo?: number | undefined;
    }
  | { readonly kind: "fin" }
  | { readonly kind: "reset"; readonly isRefusal: boolean }
  | { readonly kind: "retransmission"; readonly length: number }
  | { readonly kind: "out-of-order"; readonly length: number }
  | { readonly kind: "gap"; readonly length: number }
  | { readonly kind: "zero-window" }
  /** `after` in nanoseconds. */
  | { readonly kind: "window-open"; readonly after: number }
  | { readonly kind: "keep-alive" };

/** Something that happened in a conversation, in the order of the capture. */
export interface Step extends Place {
  readonly side: Side;
  readonly event: StepEvent;
}

/** What all conversations of a capture may keep together. */
export interface StepBudget {
  left: number;
}

const maxFirst = 200;
const maxLast = 40;

/** What happened in a conversation: the first of it, the last of it, and the count of what is between. */
export class StepLog<T = Step> {
  readonly #first: T[] = [];
  readonly #last: T[] = [];
  #count = 0;
  readonly #budget: StepBudget;

  constructor(budget: StepBudget) {
    this.#budget = budget;
  }

  /** Whether the next one would be among the first, of which more is kept. */
  get isOpen(): boolean {
    return this.#first.length < maxFirst && this.#budget.left > 0;
  }

  add(step: T): T {
    this.#count++;
    if (this.isOpen) {
      this.#first.push(step);
      this.#budget.left--;
      return step;
    }
    if (this.#last.length === maxLast) this.#last.shift();
    this.#last.push(step);
    return step;
  }

  get count(): number {
    return this.#count;
  }

  get omitted(): number {
    return this.#count - this.#first.length - this.#last.length;
  }

  get first(): readonly T[] {
    return this.#first;
  }

  /** Those at the end, after the omitted ones. */
  get last(): readonly T[] {
    return this.#last;
  }
}
