import { z } from "zod";
import { labPorts } from "../../core/ports.ts";
import { compiledText, duration, host, port } from "../../core/schema.ts";
import { concurrencyField, streamFields } from "../../net/tcp/config.ts";
import { compileReply } from "../../protocol/text/reply.ts";
import { compileTemplate } from "../../protocol/text/template.ts";

/** The fields of an unsolicited event: its number and the time of day. */
export const eventFields = ["count", "time"] as const;

export const upcallConfig = z.strictObject({
  host,
  port: port(labPorts.upcall),
  reply: compiledText("Upcall event: Processing {message}", compileReply).describe(
    "The upcall that answers each chunk received.",
  ),
  events: z
    .strictObject({
      every: duration("5s", { min: "10ms" }).describe("How often every client is called up unasked."),
      text: compiledText("Upcall event: {count} at {time}", (text) =>
        compileTemplate(text, eventFields),
      ).describe("What is sent; {count} is the number of the event, {time} the time of day."),
    })
    .optional()
    .describe("Unsolicited events, pushed to every connected client; absent: only answers."),
  concurrency: concurrencyField,
  ...streamFields,
});

export type UpcallConfig = z.infer<typeof upcallConfig>;
