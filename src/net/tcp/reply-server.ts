import type { RoleContext, RunningService } from "../../core/role.ts";
import type { Direction } from "../../core/traffic.ts";
import { printable } from "../../protocol/text/printable.ts";
import { type ReplyTemplate, ReplyWriter } from "../../protocol/text/reply.ts";
import { type StreamConfig, tcpOptions } from "./api.ts";
import { listenTcp, type TcpConnection, type TcpServer } from "./server.ts";

export interface ReplyServer extends RunningService<never> {
  readonly server: TcpServer;
}

/**
 * The request/response server of the lab's byte streams: each received chunk is one message, and the reply is made
 * from its bytes. A client that reads slowly is read slowly.
 */
export async function replyServer(
  context: RoleContext,
  config: StreamConfig,
  template: ReplyTemplate,
): Promise<ReplyServer> {
  const { traffic } = context;
  const writer = new ReplyWriter(template);
  let messages = 0;

  const emitMessage = (
    { conversation }: TcpConnection,
    group: number,
    direction: Direction,
    bytes: Uint8Array,
  ) => {
    const label = direction === "in" ? "Received from client" : "Sent to client";
    const text = `${label}: ${printable(bytes)}`;
    traffic.emit({ kind: "message", conversation, direction, text, bytes, group });
  };

  const server = await listenTcp<undefined>(context, tcpOptions(config), {
    open: () => undefined,
    data(connection, chunk) {
      messages++;
      const reply = writer.render(chunk);
      connection.write(reply);
      // A message and its reply are seen both, or neither.
      const group = traffic.begin(2);
      if (group === 0) return;
      emitMessage(connection, group, "in", chunk);
      emitMessage(connection, group, "out", reply);
    },
  });
  return {
    server,
    addresses: [server.address],
    stats: () => ({
      ...server.stats(),
      messages_total: messages,
      messages_received_total: messages,
      messages_sent_total: messages,
    }),
    clients: () => server.clients(),
    stop: (deadline) => server.stop(deadline),
  };
}
