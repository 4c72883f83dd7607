import type { RoleContext, RunningService } from "../../core/role.ts";
import { ZmqServer } from "../../net/zmq/server.ts";
import type { Parts } from "../../net/zmq/socket.ts";
import { compileTemplate } from "../../protocol/text/template.ts";
import type { ZmqPubConfig } from "./config.ts";
import { clockText, describeParts, publicationFields } from "./message.ts";

/** @throws {StartError} */
export async function startPub(
  context: RoleContext,
  config: ZmqPubConfig,
): Promise<RunningService<ZmqPubConfig>> {
  const server = await ZmqServer.open(context, config, "pub");
  server.run(() => publish(server, context, config));
  return server;
}

interface Publication {
  readonly every: number;
  /** When it is published next, by `performance.now`. */
  due: number;
  render(): Parts;
}

async function publish(server: ZmqServer, { traffic }: RoleContext, config: ZmqPubConfig): Promise<void> {
  const publications = compile(config, performance.now());
  while (!server.isStopping) {
    const next = publications.reduce((first, other) => (other.due < first.due ? other : first));
    await server.pause(next.due - performance.now());
    if (server.isStopping) return;
    const parts = next.render();
    server.sendParts(parts);
    if (traffic.sample("message")) {
      const { anyPeer: conversation } = server;
      traffic.emit({ kind: "message", conversation, direction: "out", ...describeParts("Published", parts) });
    }
    // Keeps to the interval: publications that could not go out in time are skipped, not caught up on.
    next.due = Math.max(next.due + next.every, performance.now());
    if (server.isDue) await server.turn();
  }
}

const encoder = new TextEncoder();

function compile({ publish, topic, message, every, zone }: ZmqPubConfig, now: number): Publication[] {
  const time = clockText(zone);
  const wanted = publish.length > 0 ? publish : [{ topic, message, every }];
  return wanted.map(({ topic, message, every }) => {
    const template = compileTemplate(message, publicationFields);
    const head = topic === "" ? [] : [encoder.encode(topic)];
    let count = 0;
    return {
      every,
      due: now,
      render: () => [...head, encoder.encode(template.render({ time: time(), count: ++count }))],
    };
  });
}
