import { z } from "zod";
import { labPorts } from "../../core/ports.ts";
import { compiledText, duration, host, port } from "../../core/schema.ts";
import { zmqFields } from "../../net/zmq/config.ts";
import { compileClock } from "../../protocol/text/clock.ts";
import { compileTemplate } from "../../protocol/text/template.ts";
import { publicationFields, replyFields, workFields } from "./message.ts";

/** A text with fields, checked where the configuration is read. */
const template = (fallback: string, fields: readonly string[]) =>
  compiledText(fallback, (source) => compileTemplate(source, fields));

const zone = compiledText("local", (name) => compileClock("", name)).describe(
  "Zone of {time}: a name such as Asia/Jakarta, a rule as in TZ such as WIB-7, UTC, or local for the machine's own.",
);

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

const workload = z
  .strictObject({
    min: z.int().min(0).max(1_000_000_000).default(1).describe("Smallest workload."),
    max: z.int().min(0).max(1_000_000_000).default(100).describe("Largest workload."),
  })
  .refine(({ min, max }) => min <= max, { error: "must have a min that is not above its max" })
  .default({ min: 1, max: 100 })
  .describe("Each workload is drawn from these, both included.");

export const zmqPushConfig = z.strictObject({
  host,
  port: port(labPorts["zmq-push"]),
  workload,
  workers: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(5)
    .describe("Workers that share the work: the pause after a workload is workload / workers seconds."),
  every: z
    .union([z.literal("workload"), duration("1s")])
    .default("workload")
    .describe("Pause after each message: workload, as above, or a duration such as 100ms; 0 for none."),
  encoding: z
    .enum(["pickle", "json", "text"])
    .default("pickle")
    .describe("pickle: the integer as Python pickles it; json: as a JSON number; text: the message below."),
  message: template("{workload}", workFields).describe(
    "The message of encoding text, with {workload}, {count} and {time} in it.",
  ),
  zone,
  ...zmqFields,
});

export type ZmqPushConfig = z.infer<typeof zmqPushConfig>;

const publication = {
  topic: z
    .string()
    .default("")
    .describe("A part of its own before the message; empty: subscribers filter by how the message begins."),
  message: template("WAKTU {time}", publicationFields).describe(
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
