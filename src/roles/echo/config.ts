import { z } from "zod";
import { labPorts } from "../../core/ports.ts";
import { compiledText, host, port } from "../../core/schema.ts";
import { concurrencyField, streamFields } from "../../net/tcp/config.ts";
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
