import { printable } from "../../protocol/text/printable.ts";
import type { Peer } from "../program/peer.ts";
import { decodeWork, workText } from "../zmq/message.ts";
import { ZmtpConnection } from "../zmq/zmtp-connection.ts";
import { overTcp } from "./over-tcp.ts";
import { type Transcript, type Trial, textField, wireBytes, wireText } from "./trial.ts";

const nothing = new Uint8Array();

export const tryRep: Trial = {
  title: "Send a request and wait for the reply",
  fields: () => [textField("message", "Message", "Hello")],
  run: (peer, values, signal) =>
    withZmtp(peer, signal, async (connection) => {
      const request = wireText(values.message ?? "");
      await connection.sendReady("REQ");
      await connection.send(nothing, true); // the empty delimiter before a request
      await connection.send(request.bytes);
      return { request, reply: wireBytes(await connection.message()) };
    }),
};

export const tryPush: Trial = {
  title: "Be a worker for one piece of work",
  fields: () => [],
  run: (peer, _, signal) =>
    withZmtp(peer, signal, async (connection) => {
      await connection.sendReady("PULL");
      const bytes = await connection.message();
      return {
        request: { text: "(a PULL socket connects)", bytes: nothing },
        reply: { text: workText(decodeWork(bytes, "auto")), bytes },
      };
    }),
};

export const tryPub: Trial = {
  title: "Subscribe and wait for the next publication",
  fields: () => [textField("prefix", "Messages that begin with", "")],
  run: (peer, values, signal) =>
    withZmtp(peer, signal, async (connection) => {
      const prefix = wireText(values.prefix ?? "");
      await connection.sendReady("SUB");
      await connection.send(Buffer.concat([Buffer.from([1]), prefix.bytes])); // 1: subscribe
      const text =
        prefix.text === "" ? "(subscribes to everything)" : `(subscribes to ${printable(prefix.text)})`;
      return { request: { text, bytes: prefix.bytes }, reply: wireBytes(await connection.message()) };
    }),
};

function withZmtp(
  peer: Peer,
  signal: AbortSignal,
  work: (connection: ZmtpConnection) => Promise<Transcript>,
): Promise<Transcript> {
  return overTcp(peer, signal, async (client) => {
    const connection = new ZmtpConnection(client, peer);
    await connection.greet();
    return work(connection);
  });
}
