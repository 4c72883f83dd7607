import type { Lease } from "../../../net/tcp/buffers.ts";
import type { Pending } from "../wire/message.ts";
import type { Publication } from "../wire/publication.ts";
import type { EncodedRun } from "../wire/publish-variants.ts";
import type { TopicAliases } from "../wire/topic-aliases.ts";

/** All that a session knows of its client's connection. */
export interface Outlet {
  readonly isV5: boolean;
  /** The network takes more: nothing, or little, is buffered for the client. */
  readonly isWritable: boolean;
  /** The largest packet that the client takes. */
  readonly maxPacketSize: number;
  /** Absent when the client takes none. */
  readonly topicAliases: TopicAliases | undefined;
  /** Copies packets of an encoded run, from one index to another. Their identifiers have been written. */
  sendRun(publication: Publication, encoded: EncodedRun, from: number, end: number): void;
  /**
   * Sends a message that was kept.
   * @param packetId 0 at QoS 0
   * @param lease its bytes are referred to until it is released; without one they never change
   */
  sendPending(pending: Pending, packetId: number, dup: boolean, lease?: Lease): void;
  /** Whether the client takes a packet of this message's size. */
  fits(pending: Pending): boolean;
  pubrel(packetId: number): void;
  /** What is sent in this turn waits until the store has made durable what it records now. */
  waitForStore(): void;
}
