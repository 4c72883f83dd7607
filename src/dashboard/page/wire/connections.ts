import type { Version } from "../../../protocol/mqtt/packet.ts";
import type { TrafficEvent } from "../api/types.ts";

/** One way of a connection. */
class Way {
  messages = 0;
  #inMessages = 0;
  #raw = 0;

  /** Raw bytes are those of the messages once more, and sampled on their own. */
  get bytes(): number {
    return Math.max(this.#inMessages, this.#raw);
  }

  add({ kind, size = 0 }: TrafficEvent): void {
    if (kind === "bytes") this.#raw += size;
    else {
      this.messages++;
      this.#inMessages += size;
    }
  }
}

/** What this page has seen of one connection. */
export interface Connection {
  /** Undefined: it was open before. */
  opened: number | undefined;
  closed: number | undefined;
  closedBy: TrafficEvent["closedBy"];
  isReset: boolean;
  reason: string | undefined;
  /** Of its latest event. */
  last: number;
  readonly toService: Way;
  readonly fromService: Way;
  /** What its client has said in CONNECT. */
  version: Version | undefined;
}

/** More than there are in the rows that are kept. */
const maxConnections = 6000;

const versions: Readonly<Record<string, Version>> = { "3.1": 3, "3.1.1": 4, "5.0": 5 };

/** Every connection of which there was an event, whether it was shown or not. */
export class ConnectionLog {
  readonly #connections = new Map<string, Connection>();

  add(event: TrafficEvent): void {
    const connection = this.#of(event);
    connection.last = Math.max(connection.last, event.time);
    if (event.kind === "open") connection.opened = event.time;
    else if (event.kind === "close") close(connection, event);
    else if (event.kind === "segment") return;
    else (event.direction === "out" ? connection.fromService : connection.toService).add(event);
    const version = versions[String(event.fields?.version)];
    if (event.fields?.packet === "CONNECT" && version !== undefined) connection.version = version;
  }

  get(id: string): Connection | undefined {
    return this.#connections.get(id);
  }

  #of({ conversation, time }: TrafficEvent): Connection {
    const known = this.#connections.get(conversation);
    if (known !== undefined) return known;
    const connection: Connection = {
      opened: undefined,
      closed: undefined,
      closedBy: undefined,
      isReset: false,
      reason: undefined,
      last: time,
      toService: new Way(),
      fromService: new Way(),
      version: undefined,
    };
    this.#connections.set(conversation, connection);
    this.#evict();
    return connection;
  }

  /** The oldest, which a Map has first. */
  #evict(): void {
    if (this.#connections.size <= maxConnections) return;
    const [oldest = ""] = this.#connections.keys();
    this.#connections.delete(oldest);
  }
}

function close(connection: Connection, { time, reason, closedBy, isReset }: TrafficEvent): void {
  connection.closed = time;
  connection.reason = reason;
  connection.closedBy = closedBy;
  connection.isReset = isReset === true;
}
