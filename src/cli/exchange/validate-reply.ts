import { bytesOfText } from "../../protocol/text/byte-text.ts";
import { PeerError } from "../program/errors.ts";
import { type Peer, peerName } from "../program/peer.ts";
import { type Reply, replyText } from "./exchange.ts";
import { repeats } from "./framing.ts";

// With a wrong port, the peer may be any other service, and many of them answer something. The answer is printed,
// and the command fails.

/** Checks that a reply is one of the service that was meant. @returns the error, if it is not */
export type ValidateReply = (reply: Reply, sent: string) => PeerError | undefined;

/** For services whose reply contains the request, with any text around it. */
export const mustContainRequest =
  (peer: Peer, service: string): ValidateReply =>
  (reply, sent) =>
    repeats(bytesOfText(reply.text), bytesOfText(replyText(bytesOfText(sent))))
      ? undefined
      : wrongService(peer, service, "the answer does not hold what was sent");

/** For the TIME server: the reply to TIME is a time of day, or an error message of that server. */
export const mustContainTime =
  (peer: Peer): ValidateReply =>
  (reply, sent) =>
    sent !== "TIME" || reply.text === "Invalid request" || /\d:\d\d/.test(reply.text)
      ? undefined
      : wrongService(peer, "TIME", "the answer holds no time");

const wrongService = (peer: Peer, service: string, why: string): PeerError =>
  new PeerError(
    "bad-answer",
    `${peerName(peer)} does not look like the ${service} server: ${why}; is the port right?`,
  );
