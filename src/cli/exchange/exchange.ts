import { dialUdp, maxDatagram } from "../../net/udp/client.ts";
import { bytesOfText, textOfBytes } from "../../protocol/text/byte-text.ts";
import type { CommandContext } from "../program/command-context.ts";
import { UsageError } from "../program/errors.ts";
import { connectionClosed, connectTcp, type Peer, peerName, withPeerErrors } from "../program/peer.ts";
import { type Affixes, affixesOf, type Framing, type MessageLength, oneOf } from "./framing.ts";
import { MessageReader, type OnBytes } from "./message-reader.ts";

/** One answer of a server. */
export interface Reply {
  /** Its text, without the line end it may have. */
  readonly text: string;
  /** Milliseconds from sending the request to the reply's last byte. */
  readonly ms: number;
}

/** Text messages to and from one server, over one connection or UDP socket. */
export interface Exchange {
  /**
   * Sends a message and waits for the reply; undefined with a server that never replies.
   * @throws {PeerError} when the peer closes instead
   */
  request(message: string): Promise<Reply | undefined>;
  /** Sends a message and waits for no reply. */
  send(message: string): Promise<void>;
  /** Passes on unsolicited messages until the peer closes or `stop` is aborted. Absent where there are none. */
  listen?(onMessage: (text: string) => void, stop: AbortSignal): Promise<"ended" | "stopped">;
  close(): void;
}

/** The text of a reply, without the line end; bytes that are not UTF-8 are kept (`bytesOfText`). */
export const replyText = (bytes: Uint8Array): string => textOfBytes(bytes).replace(/\r?\n$/, "");

export async function openTcpExchange(
  context: CommandContext,
  peer: Peer,
  framing: Framing,
  onBytes?: OnBytes,
): Promise<Exchange> {
  const client = await connectTcp(context, peer);
  const reader = new MessageReader(client, onBytes);
  // The first reply in an unknown form is ended by silence. Its affixes then give the length of the next ones.
  let affixes: Affixes | undefined;
  const replyLength = (sent: Uint8Array): MessageLength => {
    if (affixes === undefined) return framing.replyLength(sent);
    return oneOf([Buffer.concat([affixes.prefix, sent, affixes.suffix])]);
  };
  return {
    request: (message) =>
      withPeerErrors(peer, async () => {
        const sent = bytesOfText(message);
        const start = performance.now();
        const bytes = await context.within(`No answer from ${peerName(peer)}`, async () => {
          await client.write(sent);
          return await reader.reply(replyLength(sent), framing.minLength(sent));
        });
        if (bytes === undefined) throw connectionClosed(peer);
        if (framing.replyLength(sent)(bytes) === undefined) affixes = affixesOf(bytes, sent);
        return { text: replyText(bytes), ms: reader.lastByteAt - start };
      }),
    send: (message) => withPeerErrors(peer, () => client.write(bytesOfText(message))),
    listen: (onMessage, stop) =>
      withPeerErrors(peer, () => reader.listen((bytes) => onMessage(replyText(bytes)), stop)),
    close: () => client.close(),
  };
}

/** UDP has no connection: where no service runs, the requests may just get no reply. */
export async function openUdpExchange(context: CommandContext, peer: Peer): Promise<Exchange> {
  const socket = await withPeerErrors(peer, () => dialUdp(peer));
  const send = (message: string) => withPeerErrors(peer, async () => socket.send(datagram(message)));
  return {
    request: (message) =>
      withPeerErrors(peer, async () => {
        const start = performance.now();
        await send(message);
        const bytes = await context.within(`No answer from ${peerName(peer)}`, (signal) =>
          socket.receive(signal),
        );
        return { text: replyText(bytes), ms: performance.now() - start };
      }),
    send,
    close: () => socket.close(),
  };
}

/**
 * An exchange that waits for no reply. What has come all the same by the time of the next datagram is a note; that the host
 * refused the last one is an error then.
 */
export async function openUdpSender(context: CommandContext, peer: Peer): Promise<Exchange> {
  const socket = await withPeerErrors(peer, () => dialUdp(peer));
  const send = (message: string) =>
    withPeerErrors(peer, async () => {
      for (const bytes of await socket.arrived())
        context.note(`Received from server, unexpected: ${replyText(bytes)}`);
      socket.send(datagram(message));
    });
  return {
    request: async (message) => {
      await send(message);
      return undefined;
    },
    send,
    close: () => socket.close(),
  };
}

/** @throws {UsageError} when no datagram holds the message */
export function datagram(message: string): Uint8Array {
  const bytes = bytesOfText(message);
  if (bytes.length <= maxDatagram) return bytes;
  throw new UsageError(`A datagram holds ${maxDatagram} bytes, and the message has ${bytes.length}`);
}
