import { z } from "zod";
import { labPorts } from "../../core/ports.ts";
import { host, port } from "../../core/schema.ts";
import { httpFields } from "../../net/http/config.ts";

export const jsonrpcConfig = z.strictObject({
  host,
  port: port(labPorts.jsonrpc),
  ...httpFields,
  maxBatch: z
    .int()
    .min(1)
    .default(1000)
    .describe("Calls in one batch; a larger batch is an invalid request."),
});

export type JsonrpcConfig = z.infer<typeof jsonrpcConfig>;
