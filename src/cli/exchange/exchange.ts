import { dialTcp, type TcpClient } from "../../net/tcp-client.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import { type Peer, peerName, reaching } from "../program/peer.ts";
import { anyOf, MessageReader, type Recognise, type Surroundings, surroundings } from "./message-reader.ts";

/** What came back. */
export interface Reply {
  /** As text, without the line end it may have. */
  readonly text: string;
  /** Milliseconds from sending to having it whole. */
  readonly ms: number;
}

/** A conversation with one peer, message by message. */
export interface Line {
  /**
   * Sends a message and waits for its answer; undefined where none is due.
   * @throws {PeerError} when the peer ends the conversation instead
   */
  ask(message: string): Promise<Reply | undefined>;
  /** Sends a message that is not answered. */
  tell(message: string): Promise<void>;
  /** What the peer says unasked, until it ends or `stop` is aborted. Absent where it cannot. */
  listen?(heard: (text: string) => void, stop: AbortSignal): Promise<"ended" | "stopped">;
  close(): void;
}

/** How the answers on a byte stream are told apart. */
export interface Framing {
  recognise(sent: Uint8Array): Recognise;
  /** Fewer bytes than this are hardly the whole answer. */
  plausible(sent: Uint8Array): number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Text for a person: bad UTF-8 replaced, the line end at its end taken off. */
export const replyText = (bytes: Uint8Array): string => decoder.decode(bytes).replace(/\r?\n$/, "");

/** Answers that repeat what was sent behind one of these words; the empty word is a transparent echo. */
export function prefixed(prefixes: readonly string[]): Framing {
  return {
    recognise: (sent) => anyOf(prefixes.map((prefix) => Buffer.concat([encoder.encode(prefix), sent]))),
    plausible: (sent) => sent.length,
  };
}

/** Connects within the context's patience, and closes whatever happens. */
export function connected<T>(
  context: CommandContext,
  peer: Peer,
  work: (client: TcpClient) => Promise<T>,
): Promise<T> {
  return reaching(peer, async () => {
    const client = await connect(context, peer);
    try {
      return await work(client);
    } finally {
      client.close();
    }
  });
}

const connect = (context: CommandContext, peer: Peer): Promise<TcpClient> =>
  context.within(`No connection to ${peerName(peer)}`, (signal) => dialTcp({ ...peer, signal }));

/** Opens a conversation over TCP. */
export async function tcpLine(context: CommandContext, peer: Peer, framing: Framing): Promise<Line> {
  const client = await reaching(peer, () => connect(context, peer));
  const reader = new MessageReader(client);
  // A server with a reply of its own is asked once where it ends; from then on its answers are recognised.
  let learned: Surroundings | undefined;
  const recognise = (sent: Uint8Array): Recognise => {
    if (learned === undefined) return framing.recognise(sent);
    return anyOf([Buffer.concat([learned.before, sent, learned.after])]);
  };
  return {
    ask: (message) =>
      reaching(peer, async () => {
        const sent = encoder.encode(message);
        const start = performance.now();
        const bytes = await context.within(`No answer from ${peerName(peer)}`, async () => {
          await client.write(sent);
          return await reader.answer(recognise(sent), framing.plausible(sent));
        });
        if (bytes === undefined) throw closedInstead(peer);
        if (framing.recognise(sent)(bytes) === undefined) learned = surroundings(bytes, sent);
        return { text: replyText(bytes), ms: reader.lastByteAt - start };
      }),
    tell: (message) => reaching(peer, () => client.write(encoder.encode(message))),
    listen: (heard, stop) => reaching(peer, () => reader.listen((bytes) => heard(replyText(bytes)), stop)),
    close: () => client.close(),
  };
}

export const closedInstead = (peer: Peer): PeerError =>
  new PeerError("connection-closed", `${peerName(peer)} closed the connection instead of answering`);
