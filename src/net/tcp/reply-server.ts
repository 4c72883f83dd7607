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

  const emitMessage = (connection: TcpConnection, direction: Direction, label: string, bytes: Uint8Array) => {
    const { conversation } = connection;
    const text = `${label}: ${printable(bytes)}`;
    traffic.emit({ kind: "message", conversation, direction, text, bytes });
  };

  const server = await listenTcp<undefined>(context, tcpOptions(config), {
    open: () => undefined,
    data(connection, chunk) {
      messages++;
      const reply = writer.render(chunk);
      connection.write(reply);
      // A message and its reply are seen both, or neither.
      if (!traffic.sample("message", 2)) return;
      emitMessage(connection, "in", "Received from client", chunk);
      emitMessage(connection, "out", "Sent to client", reply);
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
