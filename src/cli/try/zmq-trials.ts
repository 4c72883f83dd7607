import { printable } from "../../protocol/text/printable.ts";
import type { Peer } from "../program/peer.ts";
import { decodeWork, workText } from "../zmq/message.ts";
import { ZmtpConnection } from "../zmq/zmtp-connection.ts";
import { overTcp } from "./over-tcp.ts";
import { type Exchange, type Spoken, spokenBytes, spokenText, type Trial, textField } from "./trial.ts";

const nothing = new Uint8Array();

export const tryRep: Trial = {
  title: "Send a request and wait for the reply",
  fields: () => [textField("message", "Message", "Hello")],
  run: (peer, values, signal) =>
    withZmtp(peer, signal, async (connection) => {
      const request = spokenText(values.message ?? "");
      await connection.introduce("REQ");
      await connection.send(nothing, true); // the empty delimiter before a request
      await connection.send(request.bytes);
      return { request, reply: spokenBytes(await connection.message()) };
    }),
};

export const tryPush: Trial = {
  title: "Be a worker for one piece of work",
  fields: () => [],
  run: (peer, _, signal) =>
    withZmtp(peer, signal, async (connection) => {
      await connection.introduce("PULL");
      const bytes = await connection.message();
      return {
        request: said("(a PULL socket connects)"),
        reply: { text: workText(decodeWork(bytes, "auto")), bytes },
      };
    }),
};

export const tryPub: Trial = {
  title: "Subscribe and wait for the next publication",
  fields: () => [textField("prefix", "Messages that begin with", "")],
  run: (peer, values, signal) =>
    withZmtp(peer, signal, async (connection) => {
      const prefix = spokenText(values.prefix ?? "");
      await connection.introduce("SUB");
      await connection.send(Buffer.concat([Buffer.from([1]), prefix.bytes])); // 1: subscribe
      const text =
        prefix.text === "" ? "(subscribes to everything)" : `(subscribes to ${printable(prefix.text)})`;
      return { request: { text, bytes: prefix.bytes }, reply: spokenBytes(await connection.message()) };
    }),
};

const said = (text: string): Spoken => ({ text, bytes: nothing });

function withZmtp(
  peer: Peer,
  signal: AbortSignal,
  work: (connection: ZmtpConnection) => Promise<Exchange>,
): Promise<Exchange> {
  return overTcp(peer, signal, async (client) => {
    const connection = new ZmtpConnection(client, peer);
    await connection.greet();
    return work(connection);
  });
}
