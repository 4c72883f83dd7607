import type { RoleContext, RunningService } from "../../core/role.ts";
import { receivedAt } from "../../core/traffic.ts";
import { tcpOptions } from "../../net/tcp/api.ts";
import { runningServer } from "../../net/tcp/running-server.ts";
import { listenTcp, type TcpConnection, type TcpHandler } from "../../net/tcp/server.ts";
import { TimeoutQueue } from "../../net/timeout-queue.ts";
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
    ...runningServer(server, config),
    stats: () => ({ ...server.stats(), ...handler.stats() }),
    stop: async (deadline) => {
      await server.stop(deadline);
      handler.stop();
    },
  };
}

/** How many requests of a client are answered before others have their turn: about a tenth of a millisecond. */
const requestsPerTurn = 256;

type ClientConnection = TcpConnection<TimeRequestReader>;

class TimeService implements TcpHandler<TimeRequestReader> {
  readonly #context: RoleContext;
  readonly #replies: ReplyCache;
  /** Clients whose last request is not complete, and whose rest can arrive. */
  readonly #incomplete: TimeoutQueue<ClientConnection>;
  #requests = 0;
  #invalid = 0;
  /** QUIT requests, which are answered by closing the connection. */
  #quits = 0;

  constructor(context: RoleContext, config: TimeConfig) {
    this.#context = context;
    this.#replies = new ReplyCache(config);
    this.#incomplete = new TimeoutQueue(config.patience, (connection) => this.#giveUp(connection));
  }

  open(): TimeRequestReader {
    return new TimeRequestReader();
  }

  data(connection: ClientConnection, chunk: Uint8Array): void {
    const reader = connection.state;
    const alone = reader.readAlone(chunk);
    if (alone !== undefined) {
      this.#answerOne(connection, alone);
      return;
    }
    // The requests of a long chunk may have to wait, and it is valid only during this call. A Buffer's slice() copies
    // nothing.
    const requests = reader.read(chunk.length > requestsPerTurn ? new Uint8Array(chunk) : chunk);
    connection.work(() => this.#answerSome(connection, requests));
  }

  drain(connection: ClientConnection): void {
    this.#watchIncomplete(connection);
  }

  end(connection: ClientConnection): void {
    for (const request of connection.state.flush()) this.#answerOne(connection, request);
    connection.end();
  }

  close(connection: ClientConnection): void {
    this.#incomplete.remove(connection);
  }

  stop(): void {
    this.#incomplete.close();
  }

  stats(): Record<string, number> {
    return {
      requests_total: this.#requests,
      requests_invalid_total: this.#invalid,
      replies_total: this.#requests - this.#quits,
    };
  }

  /** @returns whether more of them are left */
  #answerSome(connection: ClientConnection, requests: Iterator<TimeRequest>): boolean {
    let answered = 0;
    let isMore = true;
    connection.cork(() => {
      while (isMore && answered < requestsPerTurn) {
        const { done, value } = requests.next();
        // Requests after a QUIT are not answered.
        isMore = !done && this.#answerOne(connection, value);
        if (!done) answered++;
      }
    });
    // What was incomplete has been answered: another that is incomplete now has its own time.
    if (answered > 0) this.#incomplete.remove(connection);
    if (!isMore) this.#watchIncomplete(connection);
    return isMore;
  }

  /** The time runs while the rest can arrive: not while the connection is paused, because its client does not read. */
  #watchIncomplete(connection: ClientConnection): void {
    if (!connection.state.isWaiting || connection.isFull || connection.ending)
      this.#incomplete.remove(connection);
    else if (!this.#incomplete.has(connection)) this.#incomplete.add(connection);
  }

  /** The rest of a request has not come in time. */
  #giveUp(connection: ClientConnection): void {
    // It has come, and waits for its turn.
    if (connection.isBusy) return;
    for (const request of connection.state.flush()) this.#answerOne(connection, request);
  }

  /** @returns false when it was a QUIT and the connection is closed */
  #answerOne(connection: ClientConnection, request: TimeRequest): boolean {
    if (request.kind !== "end") this.#requests++;
    if (request.kind === "invalid") this.#invalid++;
    const reply = this.#replies.answer(request, Date.now());
    if (request.kind !== "end") connection.messages += 2;
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
    const by = thread > 0 ? ` (thread ${thread})` : "";
    // A request and its reply are seen both, or neither.
    const group = traffic.begin(2);
    if (group === 0) return;
    const { conversation, messages, state } = connection;
    const name = { time: "TIME", quit: "QUIT", invalid: "an invalid request", end: "" }[request.kind];
    traffic.emit({
      ...{ kind: "message", conversation, direction: "in", group },
      text: `Received from client: ${name}${by}`,
      bytes: state.bytes,
      number: messages - 1,
      stream: receivedAt(state.offset, state.length, state.chunkOffset),
    });
    const sent = reply === undefined ? "Closed the connection" : `Sent to client: ${printable(reply)}`;
    const stream = { offset: connection.written, length: reply?.length ?? 0 };
    traffic.emit({
      ...{ kind: "message", conversation, direction: "out", group },
      text: sent + by,
      number: messages,
      ...(reply !== undefined && { bytes: reply, stream }),
    });
  }
}
