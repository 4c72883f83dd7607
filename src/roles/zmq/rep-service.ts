import type { RoleContext, RunningService } from "../../core/role.ts";
import type { StreamPlace } from "../../core/traffic.ts";
import { type ZmqPeer, ZmqServer } from "../../net/zmq/server.ts";
import { compileTemplate } from "../../protocol/text/template.ts";
import { messageLength, type Parts } from "../../protocol/zmtp/frame.ts";
import type { ZmqRepConfig } from "./config.ts";
import { clockText, describeParts, replyFields } from "./message.ts";

/** A REQ socket sends a request in two parts; a DEALER may put as many before it and split it as it likes. */
const maxParts = 4096;

/** @throws {StartError} */
export async function startRep(
  context: RoleContext,
  config: ZmqRepConfig,
): Promise<RunningService<ZmqRepConfig>> {
  const replier = new Replier(context, config);
  const waiting = new WaitingRequests(config.receiveHighWater);
  const isLate = config.delay > 0;
  const server = await ZmqServer.open(context, config, (server) => ({
    type: "REP",
    peers: ["REQ", "DEALER"],
    limits: { message: config.maxMessageSize, setting: "maxMessageSize", parts: maxParts, command: 4096 },
    message(peer, parts) {
      const end = envelopeEnd(parts);
      if (end === 0) return;
      server.count("in");
      if (!isLate) {
        replier.reply(peer, parts.slice(0, end), parts.slice(end), undefined);
        server.count("out");
        return;
      }
      waiting.add(peer, parts);
      server.wake();
    },
    left: (peer) => waiting.remove(peer),
    held: (peer) => waiting.bytes(peer),
  }));
  if (isLate) server.run(() => replyLate(server, waiting, replier, config.delay));
  return server;
}

/**
 * Where the request begins: after its envelope, which ends with an empty part and goes back with the reply. 0 when there
 * is none: such a message is no request, and a REP socket passes over it.
 */
function envelopeEnd(parts: Parts): number {
  const end = parts.findIndex((part) => part.length === 0) + 1;
  return end === parts.length ? 0 : end;
}

/** One request at a time, each after the delay; peers take turns. */
async function replyLate(
  server: ZmqServer,
  waiting: WaitingRequests,
  replier: Replier,
  delay: number,
): Promise<void> {
  while (!server.isLate) {
    const next = waiting.peek();
    if (next === undefined) {
      if (server.isStopping) return;
      await server.change();
      continue;
    }
    await server.pause(delay);
    const request = waiting.take(next);
    if (request === undefined) continue; // the peer has left meanwhile
    server.guard(next, () => {
      const { parts, place } = request;
      const end = envelopeEnd(parts);
      replier.reply(next, parts.slice(0, end), parts.slice(end), place);
      server.count("out");
      if (waiting.hasRoom(next)) next.release("requests");
    });
    if (server.isDue) await server.turn();
  }
}

interface WaitingRequest {
  readonly parts: Parts;
  readonly place: StreamPlace;
}

/** Requests that have arrived and wait for their turn, a queue for each peer. */
class WaitingRequests {
  readonly #limit: number;
  /** In the order of their turns. */
  readonly #queues = new Map<ZmqPeer, { readonly requests: WaitingRequest[]; bytes: number }>();

  /** @param limit of one peer; past it the peer is not read */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(peer: ZmqPeer, parts: Parts): void {
    // The parts are valid only now.
    const request = { parts: parts.map((part) => new Uint8Array(part)), place: peer.place };
    const queue = this.#queues.get(peer) ?? { requests: [], bytes: 0 };
    queue.requests.push(request);
    queue.bytes += cost(parts);
    this.#queues.set(peer, queue);
    if (!this.hasRoom(peer)) peer.hold("requests");
  }

  hasRoom(peer: ZmqPeer): boolean {
    return (this.#queues.get(peer)?.requests.length ?? 0) < this.#limit;
  }

  bytes(peer: ZmqPeer): number {
    return this.#queues.get(peer)?.bytes ?? 0;
  }

  /** Whose turn it is. */
  peek(): ZmqPeer | undefined {
    const [next] = this.#queues.keys();
    return next;
  }

  /** The peer's next request; its next turn comes after those of the others. */
  take(peer: ZmqPeer): WaitingRequest | undefined {
    const queue = this.#queues.get(peer);
    const request = queue?.requests.shift();
    if (queue === undefined || request === undefined) return undefined;
    queue.bytes -= cost(request.parts);
    this.#queues.delete(peer);
    if (queue.requests.length > 0) this.#queues.set(peer, queue);
    return request;
  }

  remove(peer: ZmqPeer): void {
    this.#queues.delete(peer);
  }
}

/** Memory that a request takes: its bytes, and some for each part. */
const cost = (request: Parts): number => request.reduce((sum, part) => sum + part.length + 64, 0);

/** Makes, sends and shows replies. */
class Replier {
  readonly #traffic: RoleContext["traffic"];
  readonly #render: (request: Parts, count: number) => Parts;
  #count = 0;

  constructor({ traffic }: RoleContext, config: ZmqRepConfig) {
    this.#traffic = traffic;
    this.#render = replyMaker(config);
  }

  /** @param place of the request; undefined: that of the message that is being handled */
  reply(peer: ZmqPeer, envelope: Parts, request: Parts, place: StreamPlace | undefined): void {
    // A request and its reply are seen both, or neither.
    const group = this.#traffic.begin(2);
    peer.connection.messages++;
    if (group > 0) this.#show(peer, group, "in", request, place ?? peer.place);
    const reply = this.#render(request, ++this.#count);
    peer.send(reply, envelope);
    peer.connection.messages++;
    if (group > 0) {
      const length = messageLength(envelope) + messageLength(reply);
      this.#show(peer, group, "out", reply, { offset: peer.sent - length, length });
    }
    // What it does not read, it does not get to ask for either.
    if (peer.isFull) peer.hold("replies");
  }

  #show(
    { conversation, connection }: ZmqPeer,
    group: number,
    direction: "in" | "out",
    parts: Parts,
    stream: StreamPlace,
  ): void {
    const described = describeParts(direction === "in" ? "Received request" : "Sent reply", parts);
    const number = connection.messages;
    this.#traffic.emit({ kind: "message", conversation, direction, ...described, number, stream, group });
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function replyMaker({ reply, zone }: ZmqRepConfig): (request: Parts, count: number) => Parts {
  if (reply === "{message}") return (request) => request;
  const compiled = compileTemplate(reply, replyFields);
  const time = clockText(zone);
  if (!compiled.source.includes("{")) {
    const fixed = [encoder.encode(compiled.render({}))];
    return () => fixed;
  }
  return (request, count) => {
    const message = request.map((part) => decoder.decode(part)).join(" ");
    return [encoder.encode(compiled.render({ message, count, time: time() }))];
  };
}
