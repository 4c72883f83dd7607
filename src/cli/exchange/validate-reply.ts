import { PeerError } from "../program/errors.ts";
import { type Peer, peerName } from "../program/peer.ts";
import { type Reply, replyText } from "./exchange.ts";

// Anything may listen on a wrong port, and much of it answers. Its answer is shown as it is, and not taken for
// that of the service that was meant.

/** For services whose answer holds what was sent, in whatever words around it. */
export const repeatsWhatWasSent =
  (peer: Peer, service: string) =>
  (reply: Reply, sent: string): PeerError | undefined =>
    reply.text.includes(replyText(new TextEncoder().encode(sent)))
      ? undefined
      : stranger(peer, service, "the answer does not hold what was sent");

/** For the TIME server: a clock, or its word for a request that it does not know. */
export const tellsTheTime =
  (peer: Peer) =>
  (reply: Reply, sent: string): PeerError | undefined =>
    sent !== "TIME" || reply.text === "Invalid request" || /\d:\d\d/.test(reply.text)
      ? undefined
      : stranger(peer, "TIME", "the answer holds no time");

const stranger = (peer: Peer, service: string, why: string): PeerError =>
  new PeerError(
    "bad-answer",
    `${peerName(peer)} does not look like the ${service} server: ${why}; is the port right?`,
  );
