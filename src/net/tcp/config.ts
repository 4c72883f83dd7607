import { z } from "zod";
import { byteSize, duration } from "../../core/schema.ts";
import { tlsField } from "../../core/tls-setting.ts";
import { admissionFields, proxyProtocolField } from "./admission-config.ts";

/** What the configuration of every byte-stream role has in common. */
export const streamFields = {
  maxConnections: z.int().min(1).default(10_000).describe("Clients at once; more are closed as they come."),
  ...admissionFields,
  proxyProtocol: proxyProtocolField,
  idleTimeout: duration("10m").describe("A client silent for so long is disconnected; 0 for never."),
  buffer: byteSize("256KiB").describe(
    "Bytes that may wait for a slow reader; until they have drained, that client is not read any more.",
  ),
  maxBuffered: byteSize("12MiB").describe(
    "Bytes that all clients together may make the service hold; past it the one that has not read for longest is disconnected.",
  ),
  tls: tlsField,
};

export const concurrencyField = z
  .enum(["concurrent", "iterative"])
  .default("concurrent")
  .describe("iterative: the second client is connected, but not served until the first one leaves.");
