import { z } from "zod";
import type { Address } from "../../core/address.ts";
import { exampleCommand, labPorts } from "../../core/ports.ts";
import type { Role } from "../../core/role.ts";
import { compiledText, host, port } from "../../core/schema.ts";
import { listenUdp, maxDatagram } from "../../net/udp/server.ts";
import { printable } from "../../protocol/text/printable.ts";
import { compileReply, ReplyWriter } from "../../protocol/text/reply.ts";

export const udpConfig = z.strictObject({
  host,
  port: port(labPorts.udp),
  reply: compiledText("Hello, {address}. You said: {message}", compileReply).describe(
    "What goes back: {message} is the datagram, {address} the sender as Python prints it, ('127.0.0.1', 40000).",
  ),
  maxRate: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(1000)
    .describe("Replies a second to one sender on average, and ten times as many in a burst; 0 for no limit."),
});

export type UdpConfig = z.infer<typeof udpConfig>;

export const udp: Role<UdpConfig> = {
  name: "udp",
  summary: "UDP: answers each datagram with a greeting to its sender",
  config: udpConfig,
  transport: "udp",
  example: (_, [address]) => exampleCommand("udp", address, labPorts.udp, "halo"),
  async start(context, config) {
    const writerFor = writersBySender(config.reply);
    const server = await listenUdp(context, config, {
      // The reply to a datagram of maximum size is cut to the maximum size.
      reply: (datagram, peer) => writerFor(senderText(peer)).render(datagram).subarray(0, maxDatagram),
      describe: (direction, datagram, peer) =>
        `${direction === "in" ? "Received from" : "Sent to"} ${senderText(peer)}: ${printable(datagram)}`,
    });
    return { addresses: [server.address], stats: () => server.stats(), stop: () => server.stop() };
  },
};

/** As Python prints an address. */
const senderText = ({ host, port }: Address): string => `('${host}', ${port})`;

/** The writer of the last sender is kept: a sender rarely sends one datagram only. */
function writersBySender(reply: string): (sender: string) => ReplyWriter {
  let last = "";
  let writer = new ReplyWriter(compileReply(reply));
  if (!reply.includes("{address}")) return () => writer;
  return (sender) => {
    if (sender !== last) writer = new ReplyWriter(compileReply(reply.replaceAll("{address}", sender)));
    last = sender;
    return writer;
  };
}
