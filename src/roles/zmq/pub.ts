import { z } from "zod";
import { labPorts } from "../../core/ports.ts";
import type { Role } from "../../core/role.ts";
import { duration, host, port } from "../../core/schema.ts";
import { zmqFields } from "../../net/zmq/config.ts";
import { exampleEndpoint, template, zone } from "./fields.ts";
import { messageFields, startPub } from "./pub-service.ts";

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
  start: startPub,
};
