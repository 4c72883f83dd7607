import { z } from "zod";
import { byteSize, duration } from "../../core/schema.ts";

/** What the configuration of every role on `serveHttp` has in common. */
export const httpFields = {
  maxBody: byteSize("256KiB").describe("Longest request body; what is longer is answered with HTTP 413."),
  maxRequests: z
    .int()
    .min(1)
    .default(1000)
    .describe(
      "Requests being answered at once, those not counted whose body is still coming; more are answered with HTTP 503.",
    ),
  requestTimeout: duration("15s", { min: "100ms", max: "1h" }).describe(
    "A request's body must have arrived whole within this time, however slowly it trickles; what is later is answered with HTTP 408.",
  ),
  idleTimeout: duration("1m", { max: "255s" }).describe(
    "A connection that sends nothing for so long is closed; 0 for never.",
  ),
};
