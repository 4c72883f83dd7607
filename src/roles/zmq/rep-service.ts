import type { RoleContext, RunningService } from "../../core/role.ts";
import { ZmqServer } from "../../net/zmq/server.ts";
import type { Parts } from "../../net/zmq/socket.ts";
import { compileTemplate } from "../../protocol/text/template.ts";
import type { ZmqRepConfig } from "./config.ts";
import { clockText, describeParts, replyFields } from "./message.ts";

/** @throws {StartError} */
export async function startRep(
  context: RoleContext,
  config: ZmqRepConfig,
): Promise<RunningService<ZmqRepConfig>> {
  const server = await ZmqServer.open(context, config, "rep");
  server.run(() => answer(server, context, config));
  return server;
}

async function answer(server: ZmqServer, { traffic }: RoleContext, config: ZmqRepConfig): Promise<void> {
  const makeReply = replyMaker(config);
  for (let count = 1; ; ) {
    const request = server.receive();
    if (request === undefined) {
      if (server.isStopping) return;
      await server.ready("readable");
      continue;
    }
    const from = traffic.sample("message") ? server.source() : undefined;
    if (from !== undefined) {
      const message = describeParts("Received request", request);
      traffic.emit({ kind: "message", conversation: from, direction: "in", ...message });
    }
    if (config.delay > 0) await server.pause(config.delay);
    const reply = makeReply(request, count++);
    server.sendParts(reply, from); // a client that has disconnected meanwhile gets nothing, and the loop does not wait for it
    if (from !== undefined && traffic.sample("message")) {
      const message = describeParts("Sent reply", reply);
      traffic.emit({ kind: "message", conversation: from, direction: "out", ...message });
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
