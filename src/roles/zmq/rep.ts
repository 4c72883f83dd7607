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

const replyFields = ["message", "count", "time"];

export const zmqRepConfig = z.strictObject({
  host,
  port: port(labPorts["zmq-rep"]),
  reply: template("World", replyFields).describe(
    'What goes back: text with {message}, {count} and {time} in it; "{message}" alone sends the request\'s own bytes.',
  ),
  delay: duration("0s", { max: "1h" }).describe(
    "Pause before each reply. A REP socket answers one request at a time, so the others wait.",
  ),
  zone,
  ...zmqFields,
});

export type ZmqRepConfig = z.infer<typeof zmqRepConfig>;

export const zmqRep: Role<ZmqRepConfig> = {
  name: "zmq-rep",
  summary: "ZeroMQ REP: answers each request",
  config: zmqRepConfig,
  example: (_, addresses) => `distcli zmq req ${exampleEndpoint(addresses)} Hello`,
  threads: () => 1,
  async start(context, config) {
    const server = await ZmqServer.open(context, config, "rep");
    server.run(() => answer(server, context, config));
    return server;
  },
};

async function answer(server: ZmqServer, { traffic }: RoleContext, config: ZmqRepConfig): Promise<void> {
  const makeReply = replyMaker(config);
  for (let count = 1; ; ) {
    const request = server.receive();
    if (request === undefined) {
      if (server.isStopping) return;
      await server.ready("readable");
      continue;
    }
    const from = traffic.wants("message") ? server.source() : undefined;
    if (from !== undefined) {
      const text = `Received request: ${describeParts(request)}`;
      traffic.emit({ kind: "message", conversation: from, direction: "in", text });
    }
    if (config.delay > 0) await server.pause(config.delay);
    const reply = makeReply(request, count++);
    server.sendParts(reply, from); // a client that is gone by now gets nothing, and nobody waits for it
    if (from !== undefined && traffic.wants("message")) {
      const text = `Sent reply: ${describeParts(reply)}`;
      traffic.emit({ kind: "message", conversation: from, direction: "out", text });
    }
    if (server.isDue) await server.turn();
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function replyMaker({ reply, zone }: ZmqRepConfig): (request: Parts, count: number) => Parts {
  if (reply === "{message}") return (request) => request;
  const compiled = compileTemplate(reply, replyFields);
  const time = clockText(zone);
  if (!compiled.source.includes("{")) {
    const fixed = [encoder.encode(compiled.render({}))];
    return () => fixed;
  }
  return (request, count) => {
    const message = request.map((part) => decoder.decode(part)).join(" ");
    return [encoder.encode(compiled.render({ message, count, time: time() }))];
  };
}

function describeParts(parts: Parts): string {
  return parts.map((part) => printable(part)).join(" | ");
}
