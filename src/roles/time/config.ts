import { z } from "zod";
import { labPorts } from "../../core/ports.ts";
import { compiledText, duration, host, port } from "../../core/schema.ts";
import { streamFields } from "../../net/tcp/config.ts";
import { compileClock } from "../../protocol/text/clock.ts";

export const timeConfig = z.strictObject({
  host,
  port: port(labPorts.time),
  threads: z
    .int()
    .min(0)
    .max(64)
    .default(2)
    .describe(
      "Worker threads that listen on the port side by side, 0 serves from the main thread. On Linux a new client goes to the thread that has the fewest; elsewhere the system decides by a hash of the addresses.",
    ),
  prefix: z.string().default("JAM ").describe("Stands before the time in the reply."),
  format: compiledText("%H:%M:%S", (format) => compileClock(format, "UTC")).describe(
    "The time as C's strftime prints it.",
  ),
  zone: compiledText("local", (zone) => compileClock("", zone)).describe(
    "Zone of the time: a name such as Asia/Jakarta, a rule as in TZ such as WIB-7, UTC, or local for the machine's own.",
  ),
  patience: duration("500ms", { min: "10ms" }).describe(
    "How long the start of a request (TI) may wait for its rest before it is invalid.",
  ),
  ...streamFields,
  maxConnections: streamFields.maxConnections.describe(
    "Clients at once in each thread; more are closed as they come.",
  ),
  maxConnectionsPerAddress: streamFields.maxConnectionsPerAddress.describe(
    "Clients at once from one address, or one /64 of IPv6, in each thread; more are closed as they come. 0 is no limit.",
  ),
  maxConnectRate: streamFields.maxConnectRate.describe(
    "New clients a second in each thread, and as many at once after a pause. Those above it wait, unread, up to ten seconds; who would have to wait longer is closed. 0 is no limit.",
  ),
});

export type TimeConfig = z.infer<typeof timeConfig>;
