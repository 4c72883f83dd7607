import type { RoleContext, RunningService } from "../../core/role.ts";
import type { Direction, StreamPlace } from "../../core/traffic.ts";
import { printable } from "../../protocol/text/printable.ts";
import { type ReplyTemplate, ReplyWriter } from "../../protocol/text/reply.ts";
import { type StreamConfig, tcpOptions } from "./api.ts";
import { runningServer } from "./running-server.ts";
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
    { conversation, messages }: TcpConnection,
    group: number,
    direction: Direction,
    bytes: Uint8Array,
    stream: StreamPlace,
  ) => {
    const label = direction === "in" ? "Received from client" : "Sent to client";
    const text = `${label}: ${printable(bytes)}`;
    const number = direction === "in" ? messages - 1 : messages;
    traffic.emit({ kind: "message", conversation, direction, text, bytes, number, stream, group });
  };

  const server = await listenTcp<undefined>(context, tcpOptions(config), {
    open: () => undefined,
    data(connection, chunk) {
      messages++;
      connection.messages += 2;
      const sentAt = connection.written;
      const reply = writer.render(chunk);
      connection.write(reply);
      // A message and its reply are seen both, or neither.
      const group = traffic.begin(2);
      if (group === 0) return;
      const { length } = chunk;
      const offset = connection.offsetOf(chunk);
      emitMessage(connection, group, "in", chunk, { offset, length, chunk: offset });
      emitMessage(connection, group, "out", reply, { offset: sentAt, length: reply.length });
    },
  });
  return {
    server,
    ...runningServer(server, config),
    stats: () => ({
      ...server.stats(),
      messages_total: messages,
      messages_received_total: messages,
      messages_sent_total: messages,
    }),
  };
}
