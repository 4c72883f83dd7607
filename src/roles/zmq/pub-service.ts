import type { RoleContext, RunningService } from "../../core/role.ts";
import { ZmqServer } from "../../net/zmq/server.ts";
import { compileTemplate } from "../../protocol/text/template.ts";
import type { Parts } from "../../protocol/zmtp/frame.ts";
import type { ZmqPubConfig } from "./config.ts";
import { clockText, describeParts, publicationFields } from "./message.ts";
import { maxPrefix, SubscriberTable } from "./subscriber-table.ts";

/** @throws {StartError} */
export async function startPub(
  context: RoleContext,
  config: ZmqPubConfig,
): Promise<RunningService<ZmqPubConfig>> {
  const table = new SubscriberTable();
  const server = await ZmqServer.open(context, config, () => ({
    type: "PUB",
    peers: ["SUB", "XSUB"],
    // Nothing else than subscriptions: one byte and a prefix.
    limits: { message: 1 + maxPrefix, parts: 16, command: 4096 },
    message: (peer, parts) => table.message(peer, parts),
    command: (peer, command) => table.command(peer, command),
    left: (peer) => table.remove(peer),
  }));
  server.run(() => publish(server, table, context, config));
  return server;
}

interface Publication {
  readonly every: number;
  /** When it is published next, by `performance.now`. */
  due: number;
  render(): Parts;
}

async function publish(
  server: ZmqServer,
  table: SubscriberTable,
  { traffic }: RoleContext,
  config: ZmqPubConfig,
): Promise<void> {
  const publications = compile(config, performance.now());
  const { everyPeer: conversation } = server;
  while (!server.isStopping) {
    const next = publications.reduce((first, other) => (other.due < first.due ? other : first));
    await server.pause(next.due - performance.now());
    if (server.isStopping) return;
    const parts = next.render();
    for (const peer of table.matching(parts)) {
      if (peer.isFull) continue; // it loses this one, as with any PUB socket
      peer.send(parts);
    }
    server.flush();
    server.count("out");
    if (traffic.sample("message")) {
      const described = describeParts("Published", parts);
      traffic.emit({ kind: "message", conversation, direction: "out", isScheduled: true, ...described });
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
