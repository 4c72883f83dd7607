import { exampleCommand, labPorts } from "../../core/ports.ts";
import type { Role, RoleContext } from "../../core/role.ts";
import { replyServer } from "../../net/tcp/reply-server.ts";
import type { TcpServer } from "../../net/tcp/server.ts";
import { tlsRole } from "../../net/tcp/tls-role.ts";
import { secondClock } from "../../protocol/text/clock.ts";
import { printable } from "../../protocol/text/printable.ts";
import { compileReply } from "../../protocol/text/reply.ts";
import { compileTemplate } from "../../protocol/text/template.ts";
import { eventFields, type UpcallConfig, upcallConfig } from "./config.ts";

export const upcall: Role<UpcallConfig> = {
  name: "upcall",
  summary: "TCP: answers each chunk with an upcall, and can call its clients unasked",
  config: upcallConfig,
  example: (_, [address]) => exampleCommand("upcall", address, labPorts.upcall, '"satu, dua, tiga"'),
  ...tlsRole,
  async start(context, config) {
    const service = await replyServer(context, config, compileReply(config.reply));
    const events = config.events && pushEvents(context, service.server, config.events);
    return {
      ...service,
      stats: () => {
        const stats = service.stats();
        const pushed = events?.pushed() ?? 0;
        const sent = (stats.messages_sent_total ?? 0) + pushed;
        return { ...stats, messages_sent_total: sent, events_total: pushed };
      },
      stop: (deadline) => {
        events?.stop();
        return service.stop(deadline);
      },
    };
  },
};

/** Unsolicited events: the server sends first, to every client that is being served. */
function pushEvents(context: RoleContext, server: TcpServer, events: NonNullable<UpcallConfig["events"]>) {
  const { traffic } = context;
  const template = compileTemplate(events.text, eventFields);
  const timeOfDay = secondClock("%H:%M:%S", "local");
  const encoder = new TextEncoder();
  let count = 0;
  let pushed = 0;
  const timer = setInterval(() => {
    const text = template.render({ count: ++count, time: timeOfDay(Date.now()) });
    const bytes = encoder.encode(text);
    for (const connection of server.connections) {
      // Skipped for clients that do not read: a late event is useless, and their queues would grow.
      if (!connection.served || connection.buffered > 0) continue;
      connection.messages++;
      const offset = connection.written;
      connection.write(bytes);
      pushed++;
      if (!traffic.sample("message")) continue;
      const { conversation, messages: number } = connection;
      traffic.emit({
        kind: "message",
        conversation,
        direction: "out",
        text: `Upcall to client: ${printable(text)}`,
        bytes,
        number,
        stream: { offset, length: bytes.length },
      });
    }
  }, events.every);
  return { pushed: () => pushed, stop: () => clearInterval(timer) };
}
