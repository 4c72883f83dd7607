import type { RoleContext, RunningService } from "../../core/role.ts";
import { ZmqServer } from "../../net/zmq/server.ts";
import type { Parts } from "../../net/zmq/socket.ts";
import { compileTemplate } from "../../protocol/text/template.ts";
import { clockText } from "./clock-text.ts";
import type { ZmqPubConfig } from "./pub.ts";
import { tellParts } from "./tell-parts.ts";

/** The fields that a message may have. */
export const messageFields = ["time", "count"];

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
  /** When it is published next, on the clock of `performance.now`. */
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
    if (traffic.wants("message")) {
      const { anyPeer: conversation } = server;
      traffic.emit({ kind: "message", conversation, direction: "out", ...tellParts("Published", parts) });
    }
    // In step with the clock; what could not be published in time is left out, not made up for.
    next.due = Math.max(next.due + next.every, performance.now());
    if (server.isDue) await server.turn();
  }
}

const encoder = new TextEncoder();

function compile({ publish, topic, message, every, zone }: ZmqPubConfig, now: number): Publication[] {
  const time = clockText(zone);
  const wanted = publish.length > 0 ? publish : [{ topic, message, every }];
  return wanted.map(({ topic, message, every }) => {
    const template = compileTemplate(message, messageFields);
    const head = topic === "" ? [] : [encoder.encode(topic)];
    let count = 0;
    return {
      every,
      due: now,
      render: () => [...head, encoder.encode(template.render({ time: time(), count: ++count }))],
    };
  });
}
