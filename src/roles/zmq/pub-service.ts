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
    next.due = nextDue(next.due, next.every, performance.now());
    if (server.isDue) await server.turn();
  }
}

/**
 * When a publication that was due at `due` is due again: at its next step that lies ahead. What could not go out in
 * time, because the process was stopped or too busy, is skipped: neither is it caught up on, nor do the steps move.
 */
export function nextDue(due: number, every: number, now: number): number {
  const late = Math.max(0, now - due);
  return due + every * (Math.floor(late / every) + 1);
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
