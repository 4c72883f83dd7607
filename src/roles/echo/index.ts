import { z } from "zod";
import { exampleCommand, labPorts } from "../../core/ports.ts";
import type { Role } from "../../core/role.ts";
import { compiledText, host, port } from "../../core/schema.ts";
import { concurrencyField, streamFields } from "../../net/tcp/config.ts";
import { replyServer } from "../../net/tcp/reply-server.ts";
import { tlsRole } from "../../net/tcp/tls-role.ts";
import { compileReply } from "../../protocol/text/reply.ts";

export const echoConfig = z.strictObject({
  host,
  port: port(labPorts.echo),
  reply: compiledText("Echo: {message}", compileReply).describe(
    'What goes back for each chunk received; "{message}" alone makes the echo transparent.',
  ),
  concurrency: concurrencyField,
  ...streamFields,
});

export type EchoConfig = z.infer<typeof echoConfig>;

export const echo: Role<EchoConfig> = {
  name: "echo",
  summary: "TCP: sends each chunk back, with a prefix or untouched",
  config: echoConfig,
  example: (_, [address]) => exampleCommand("echo", address, labPorts.echo, "halo"),
  ...tlsRole,
  async start(context, config) {
    return await replyServer(context, config, compileReply(config.reply));
  },
};
