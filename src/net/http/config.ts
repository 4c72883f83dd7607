import { z } from "zod";
import { byteSize, duration } from "../../core/schema.ts";
import { tlsField } from "../../core/tls-setting.ts";
import { admissionFields, proxyProtocolField } from "../tcp/admission-config.ts";

/** What the configuration of every role on `serveHttp` has in common. */
export const httpFields = {
  maxBody: byteSize("256KiB").describe("Longest request body; what is longer is answered with HTTP 413."),
  maxConnections: z.int().min(1).default(10_000).describe("Clients at once; more are closed as they come."),
  ...admissionFields,
  proxyProtocol: proxyProtocolField,
  maxBuffered: byteSize("16MiB").describe(
    "Memory for all clients together: unfinished requests, replies that are not read. Past it the client that has " +
      "been holding longest is disconnected.",
  ),
  requestTimeout: duration("15s", { min: "100ms", max: "1h" }).describe(
    "A request must have arrived whole within this time, however slowly it trickles; what is later is answered with HTTP 408.",
  ),
  idleTimeout: duration("1m", { max: "1h" }).describe(
    "A connection without a byte in either direction for so long is closed; 0 for never.",
  ),
  tls: tlsField,
};

const origin = z
  .string()
  .regex(
    /^[a-z][a-z0-9+.-]*:\/\/[^/\s]+$/i,
    "must be an origin such as http://localhost:3000, without a path",
  );

/** For services that pages of other origins may call. */
export const corsField = z
  .union([z.boolean(), z.array(origin)])
  .default(false)
  .describe(
    "Pages that may call the service from a browser: true for all, or a list of origins such as http://localhost:3000.",
  );

/** The address under which clients reach the service, where that is not where it listens. */
export const publicUrlField = z
  .url({ protocol: /^https?$/, error: "must be an address such as https://lab.example/calculator" })
  .optional()
  .describe(
    "Address of the service as clients see it, behind a proxy for example; it is written into its description. " +
      "Absent: what the request's Host says.",
  );
