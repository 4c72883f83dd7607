import { z } from "zod";
import { labPorts } from "../../core/ports.ts";
import { host, port } from "../../core/schema.ts";
import { httpFields, publicUrlField } from "../../net/http/config.ts";

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
  ...httpFields,
  publicUrl: publicUrlField,
});

export type SoapConfig = z.infer<typeof soapConfig>;
