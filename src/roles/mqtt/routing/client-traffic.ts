import type { PublishRun } from "../wire/publish-run.ts";

/** Client identifiers are kept no longer than this: what knows them may outlive their sessions. */
const maxName = 200;

/** What one client has published since its session began. */
export class ClientTraffic {
  readonly clientId: string;
  /** Messages. */
  published = 0;
  /** Bytes of their payloads. */
  publishedBytes = 0;

  constructor(clientId: string) {
    // A part of a string holds the whole in memory, unless it is made of bytes anew.
    this.clientId =
      clientId.length <= maxName ? clientId : `${Buffer.from(clientId.slice(0, maxName)).toString()}…`;
  }

  add({ count, payloadLength }: PublishRun): void {
    this.published += count;
    this.publishedBytes += count * payloadLength;
  }
}
