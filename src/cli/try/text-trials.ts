import { dialUdp } from "../../net/udp/client.ts";
import { withPeerErrors } from "../program/peer.ts";
import { answered, overTcp, readAnswer, readToEnd } from "./over-tcp.ts";
import { choice, type Trial, textField, wireBytes, wireText } from "./trial.ts";

const message = textField("message", "Message", "halo");

const overStream = (title: string): Trial => ({
  title,
  fields: () => [message],
  run: (peer, values, signal) =>
    overTcp(peer, signal, async (client) => {
      const request = wireText(values.message ?? "");
      await client.write(request.bytes);
      return answered(request, await readAnswer(client, peer, signal));
    }),
});

export const tryEcho = overStream("Send a message; it comes back");

export const tryUpcall = overStream("Send a message; the server calls back when it has been processed");

/** With and without a line end: the reply ends as the request does. */
const requests: Readonly<Record<string, string>> = {
  TIME: "TIME",
  "TIME and a line end": "TIME\r\n",
  QUIT: "QUIT",
  "something else": "JAM BERAPA",
};

export const tryTime: Trial = {
  title: "Ask for the time",
  fields: () => [choice("request", "Request", Object.keys(requests))],
  run: (peer, values, signal) =>
    overTcp(peer, signal, async (client) => {
      const request = wireText(requests[values.request ?? ""] ?? "TIME");
      await client.write(request.bytes);
      if (values.request !== "QUIT") {
        return answered(request, await readAnswer(client, peer, signal));
      }
      await readToEnd(client, signal);
      return { request };
    }),
};

export const tryOneway: Trial = {
  title: "Send a message that nobody answers",
  fields: () => [message],
  run: (peer, values, signal) =>
    overTcp(peer, signal, async (client) => {
      const request = wireText(values.message ?? "");
      await client.write(request.bytes);
      client.finishWriting();
      // The server closes, too, when it has read everything.
      await readToEnd(client, signal);
      return { request };
    }),
};

export const tryUdp: Trial = {
  title: "Send a datagram; a greeting comes back",
  transport: "udp",
  fields: () => [message],
  run: (peer, values, signal) =>
    withPeerErrors(peer, async () => {
      const client = await dialUdp(peer);
      try {
        const request = wireText(values.message ?? "");
        client.send(request.bytes);
        return { request, reply: wireBytes(await client.receive(signal)) };
      } finally {
        client.close();
      }
    }),
};
