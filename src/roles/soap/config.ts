import { z } from "zod";
import { labPorts } from "../../core/ports.ts";
import { byteSize, duration, host, port } from "../../core/schema.ts";

export const soapConfig = z.strictObject({
  host,
  port: port(labPorts.soap),
  targetNamespace: z
    .string()
    .min(1)
    .default("spyne.examples.calculator")
    .describe("XML namespace of the operations, in the WSDL and in every message."),
  serviceName: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9._-]*$/, "must be an XML name without a colon, such as CalculatorService")
    .default("CalculatorService")
    .describe("Name of the service in the WSDL."),
  maxBody: byteSize("256KiB").describe("Longest request body; what is longer is answered with HTTP 413."),
  maxConnections: z.int().min(1).default(10_000).describe("Clients at once; more are closed as they come."),
  requestTimeout: duration("15s", { min: "100ms", max: "1h" }).describe(
    "A request must have arrived whole within this time, however slowly it trickles.",
  ),
  idleTimeout: duration("1m", { max: "1h" }).describe(
    "A connection that asks nothing for so long is closed; 0 for never.",
  ),
});

export type SoapConfig = z.infer<typeof soapConfig>;
