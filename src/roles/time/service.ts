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
  const handler = new TimeService(context, config);
  const server = await listenTcp(context, tcpOptions(config), handler);
  return {
    addresses: [server.address],
    stats: () => ({ ...server.stats(), ...handler.stats() }),
    clients: () => server.clients(),
    stop: (deadline) => server.stop(deadline),
  };
}

interface Client {
  readonly reader: TimeRequestReader;
  /** Received requests that are not answered yet, because the client does not read its replies. */
  requests: Iterator<TimeRequest> | undefined;
  timeout: Timer | undefined;
}

/** A chunk up to this size is answered at once, even to a slow reader: its replies are only a few times as long. */
const smallChunk = 4096;

type ClientConnection = TcpConnection<Client>;

class TimeService implements TcpHandler<Client> {
  readonly #context: RoleContext;
  readonly #replies: ReplyCache;
  /** How long a partial request may wait for its rest. */
  readonly #partialTimeout: number;
  readonly #buffer: number;
  #requests = 0;
  #invalid = 0;
  /** QUIT requests, which are answered by closing the connection. */
  #quits = 0;

  constructor(context: RoleContext, config: TimeConfig) {
    this.#context = context;
    this.#replies = new ReplyCache(config);
    this.#partialTimeout = config.patience;
    this.#buffer = config.buffer;
  }

  open(): Client {
    return { reader: new TimeRequestReader(), requests: undefined, timeout: undefined };
  }

  data(connection: ClientConnection, chunk: Uint8Array): void {
    const client = connection.state;
    if (client.timeout !== undefined) {
      clearTimeout(client.timeout);
      client.timeout = undefined;
    }
    const alone = client.reader.readAlone(chunk);
    if (alone !== undefined) {
      this.#answerOne(connection, alone);
      return;
    }
    // A large chunk is copied: it is valid only during this call and may have to wait. (A Buffer's slice() is no copy.)
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
    clearTimeout(connection.state.timeout);
  }

  stats(): Record<string, number> {
    return {
      requests_total: this.#requests,
      requests_invalid_total: this.#invalid,
      replies_total: this.#requests - this.#quits,
    };
  }

  /** Answers received requests while at most `limit` bytes of replies are queued for the client. */
  #proceed(connection: ClientConnection, limit: number): void {
    const client = connection.state;
    while (client.requests !== undefined && connection.buffered <= limit) {
      connection.cork(() => this.#answerSome(connection, limit));
    }
    if (!client.reader.isWaiting || connection.ending || client.requests !== undefined) return;
    client.timeout = setTimeout(() => {
      client.requests = client.reader.flush();
      this.#proceed(connection, Number.POSITIVE_INFINITY);
    }, this.#partialTimeout);
  }

  #answerSome(connection: ClientConnection, limit: number): void {
    const client = connection.state;
    while (client.requests !== undefined && connection.buffered <= limit) {
      const { done, value } = client.requests.next();
      // Requests after a QUIT are not answered.
      if (done || !this.#answerOne(connection, value)) client.requests = undefined;
    }
  }

  /** @returns false when it was a QUIT and the connection is closed */
  #answerOne(connection: ClientConnection, request: TimeRequest): boolean {
    if (request.kind !== "end") this.#requests++;
    if (request.kind === "invalid") this.#invalid++;
    const reply = this.#replies.answer(request, Date.now());
    if (request.kind !== "end") this.#emitMessages(connection, request, reply);
    if (reply === undefined) {
      if (request.kind !== "end") this.#quits++;
      connection.end();
      return false;
    }
    connection.write(reply);
    return true;
  }

  /** The text names the thread: the exercise shows that the kernel spreads the clients over the threads. */
  #emitMessages(connection: ClientConnection, request: TimeRequest, reply: Uint8Array | undefined): void {
    const { traffic, thread } = this.#context;
    const { conversation } = connection;
    const by = thread > 0 ? ` (thread ${thread})` : "";
    if (traffic.sample("message")) {
      const name = { time: "TIME", quit: "QUIT", invalid: "an invalid request", end: "" }[request.kind];
      const text = `Received from client: ${name}${by}`;
      traffic.emit({ kind: "message", conversation, direction: "in", text });
    }
    if (traffic.sample("message")) {
      const sent = reply === undefined ? "Closed the connection" : `Sent to client: ${printable(reply)}`;
      const bytes = reply === undefined ? {} : { bytes: reply };
      traffic.emit({ kind: "message", conversation, direction: "out", text: sent + by, ...bytes });
    }
  }
}
