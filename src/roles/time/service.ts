import type { RoleContext, RunningService } from "../../core/role.ts";
import { tcpOptions } from "../../net/tcp/api.ts";
import { listenTcp, type TcpConnection, type TcpHandler } from "../../net/tcp/server.ts";
import { printable } from "../../protocol/text/printable.ts";
import { type TimeRequest, TimeRequestReader } from "../../protocol/text/time-request.ts";
import type { TimeConfig } from "./config.ts";
import { ReplyCache } from "./replies.ts";

/** @throws {StartError} */
export async function startTime(
  context: RoleContext,
  config: TimeConfig,
): Promise<RunningService<TimeConfig>> {
  const conversation = new TimeService(context, config);
  const server = await listenTcp(context, tcpOptions(config), conversation);
  return {
    addresses: [server.address],
    stats: () => ({ ...server.stats(), ...conversation.stats() }),
    clients: () => server.clients(),
    stop: (deadline) => server.stop(deadline),
  };
}

interface Client {
  readonly reader: TimeRequestReader;
  /** Requests that have come and are not answered yet, because the client does not read its replies. */
  requests: Iterator<TimeRequest> | undefined;
  patience: Timer | undefined;
}

/** A chunk up to this size is answered whole, whoever reads: its replies are a few times as long. */
const smallChunk = 4096;

type ClientConnection = TcpConnection<Client>;

class TimeService implements TcpHandler<Client> {
  readonly #context: RoleContext;
  readonly #replies: ReplyCache;
  readonly #patience: number;
  readonly #buffer: number;
  #requests = 0;
  #invalid = 0;
  /** Requests to close the connection are answered by closing it. */
  #quits = 0;

  constructor(context: RoleContext, config: TimeConfig) {
    this.#context = context;
    this.#replies = new ReplyCache(config);
    this.#patience = config.patience;
    this.#buffer = config.buffer;
  }

  open(): Client {
    return { reader: new TimeRequestReader(), requests: undefined, patience: undefined };
  }

  data(connection: ClientConnection, chunk: Uint8Array): void {
    const client = connection.state;
    if (client.patience !== undefined) {
      clearTimeout(client.patience);
      client.patience = undefined;
    }
    const alone = client.reader.readAlone(chunk);
    if (alone !== undefined) {
      this.#answerOne(connection, alone);
      return;
    }
    // A chunk is only ours until we return, and a large one may have to wait. (A Buffer's slice() is no copy.)
    client.requests = client.reader.read(chunk.length > smallChunk ? new Uint8Array(chunk) : chunk);
    this.#proceed(connection, chunk.length > smallChunk ? this.#buffer : Number.POSITIVE_INFINITY);
  }

  drain(connection: ClientConnection): void {
    this.#proceed(connection, this.#buffer);
  }

  end(connection: ClientConnection): void {
    connection.state.requests = connection.state.reader.flush();
    this.#proceed(connection, Number.POSITIVE_INFINITY);
    connection.end();
  }

  close(connection: ClientConnection): void {
    clearTimeout(connection.state.patience);
  }

  stats(): Record<string, number> {
    return {
      requests_total: this.#requests,
      requests_invalid_total: this.#invalid,
      replies_total: this.#requests - this.#quits,
    };
  }

  /** Answers what has come, as long as no more than `limit` bytes wait for the client to read them. */
  #proceed(connection: ClientConnection, limit: number): void {
    const client = connection.state;
    while (client.requests !== undefined && connection.buffered <= limit) {
      connection.cork(() => this.#answerSome(connection, limit));
    }
    if (!client.reader.isWaiting || connection.ending || client.requests !== undefined) return;
    client.patience = setTimeout(() => {
      client.requests = client.reader.flush();
      this.#proceed(connection, Number.POSITIVE_INFINITY);
    }, this.#patience);
  }

  #answerSome(connection: ClientConnection, limit: number): void {
    const client = connection.state;
    while (client.requests !== undefined && connection.buffered <= limit) {
      const { done, value } = client.requests.next();
      // What follows a QUIT in the same segment is not answered any more.
      if (done || !this.#answerOne(connection, value)) client.requests = undefined;
    }
  }

  /** @returns false when the conversation has ended */
  #answerOne(connection: ClientConnection, request: TimeRequest): boolean {
    if (request.kind !== "end") this.#requests++;
    if (request.kind === "invalid") this.#invalid++;
    const reply = this.#replies.answer(request, Date.now());
    if (request.kind !== "end") this.#tell(connection, request, reply);
    if (reply === undefined) {
      if (request.kind !== "end") this.#quits++;
      connection.end();
      return false;
    }
    connection.write(reply);
    return true;
  }

  /** Which thread served whom: that the kernel spreads the clients is what the exercise shows. */
  #tell(connection: ClientConnection, request: TimeRequest, reply: Uint8Array | undefined): void {
    const { traffic, thread } = this.#context;
    const { conversation } = connection;
    const by = thread > 0 ? ` (thread ${thread})` : "";
    if (traffic.wants("message")) {
      const word = { time: "TIME", quit: "QUIT", invalid: "an invalid request", end: "" }[request.kind];
      const text = `Received from client: ${word}${by}`;
      traffic.emit({ kind: "message", conversation, direction: "in", text });
    }
    if (traffic.wants("message")) {
      const sent = reply === undefined ? "Closed the connection" : `Sent to client: ${printable(reply)}`;
      const bytes = reply === undefined ? {} : { bytes: reply };
      traffic.emit({ kind: "message", conversation, direction: "out", text: sent + by, ...bytes });
    }
  }
}
