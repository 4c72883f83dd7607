import { z } from "zod";
import { labPorts } from "../../core/ports.ts";
import type { Role, RoleContext } from "../../core/role.ts";
import { duration, host, port } from "../../core/schema.ts";
import { zmqFields } from "../../net/zmq/config.ts";
import { ZmqServer } from "../../net/zmq/server.ts";
import type { Parts } from "../../net/zmq/socket.ts";
import { printable } from "../../protocol/text/printable.ts";
import { compileTemplate } from "../../protocol/text/template.ts";
import { clockText } from "./clock-text.ts";
import { exampleEndpoint, template, zone } from "./fields.ts";

const messageFields = ["time", "count"];

const publication = {
  topic: z
    .string()
    .default("")
    .describe("A part of its own before the message; empty: subscribers filter by how the message begins."),
  message: template("WAKTU {time}", messageFields).describe(
    "What is published: text with {time}, {count} and {random A..B} in it.",
  ),
  every: duration("1s", { min: "1ms" }).describe("How often."),
};

export const zmqPubConfig = z.strictObject({
  host,
  port: port(labPorts["zmq-pub"]),
  ...publication,
  publish: z
    .array(z.strictObject(publication))
    .default([])
    .describe("Several publications instead of the one above, each with topic, message and every."),
  zone,
  ...zmqFields,
});

export type ZmqPubConfig = z.infer<typeof zmqPubConfig>;

export const zmqPub: Role<ZmqPubConfig> = {
  name: "zmq-pub",
  summary: "ZeroMQ PUB: publishes to whoever subscribes",
  config: zmqPubConfig,
  example: (_, addresses) => `distcli zmq sub ${exampleEndpoint(addresses)}`,
  threads: () => 1,
  async start(context, config) {
    const server = await ZmqServer.open(context, config, "pub");
    server.run(() => publish(server, context, config));
    return server;
  },
};

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
      const text = `Published: ${parts.map((part) => printable(part)).join(" | ")}`;
      traffic.emit({ kind: "message", conversation: server.anyPeer, direction: "out", text });
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
