import { z } from "zod";
import { labPorts } from "../../core/ports.ts";
import type { Role } from "../../core/role.ts";
import { duration, host, port } from "../../core/schema.ts";
import { zmqFields } from "../../net/zmq/config.ts";
import { exampleEndpoint, template, zone } from "./fields.ts";
import { startPush } from "./push-service.ts";
import { workFields } from "./work.ts";

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

export const zmqPush: Role<ZmqPushConfig> = {
  name: "zmq-push",
  summary: "ZeroMQ PUSH: deals out workloads to workers",
  config: zmqPushConfig,
  example: (_, addresses) => `distcli zmq pull ${exampleEndpoint(addresses)} --worker 1`,
  threads: () => 1,
  start: startPush,
};
