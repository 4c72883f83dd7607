import { z } from "zod";
import { exampleCommand, labPorts } from "../../core/ports.ts";
import type { Role } from "../../core/role.ts";
import { host, port } from "../../core/schema.ts";
import { tcpOptions } from "../../net/tcp/api.ts";
import { concurrencyField, streamFields } from "../../net/tcp/config.ts";
import { runningServer } from "../../net/tcp/running-server.ts";
import { listenTcp } from "../../net/tcp/server.ts";
import { tlsRole } from "../../net/tcp/tls-role.ts";
import { printable } from "../../protocol/text/printable.ts";

export const onewayConfig = z.strictObject({
  host,
  port: port(labPorts.oneway),
  concurrency: concurrencyField,
  ...streamFields,
});

export type OnewayConfig = z.infer<typeof onewayConfig>;

export const oneway: Role<OnewayConfig> = {
  name: "oneway",
  summary: "TCP, one way: logs what it receives and never answers",
  config: onewayConfig,
  example: (_, [address]) => exampleCommand("oneway", address, labPorts.oneway, "halo"),
  ...tlsRole,
  async start(context, config) {
    const { traffic } = context;
    let messages = 0;
    const server = await listenTcp<undefined>(context, tcpOptions(config), {
      open: () => undefined,
      data(connection, chunk) {
        messages++;
        connection.messages++;
        if (!traffic.sample("message")) return;
        const text = `Received from client: ${printable(chunk)}`;
        const { conversation, messages: number } = connection;
        const offset = connection.offsetOf(chunk);
        const stream = { offset, length: chunk.length, chunk: offset };
        traffic.emit({
          kind: "message",
          conversation,
          direction: "in",
          text,
          bytes: chunk,
          number,
          stream,
        });
      },
    });
    return {
      ...runningServer(server, config),
      stats: () => ({
        ...server.stats(),
        messages_total: messages,
        messages_received_total: messages,
        messages_sent_total: 0,
      }),
    };
  },
};
