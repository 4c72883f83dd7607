import { z } from "zod";
import { addressRange } from "../../core/schema.ts";

/** Whom a listener lets in, by where they come from and how many come. */
export const admissionFields = {
  maxConnectionsPerAddress: z
    .int()
    .min(0)
    .default(0)
    .describe(
      "Clients at once from one address, or one /64 of IPv6; more are closed as they come. 0 is no limit.",
    ),
  maxConnectRate: z
    .number()
    .min(0)
    .default(0)
    .describe(
      "New clients a second, and as many at once after a pause. Those above it wait, unread, up to ten seconds; who would have to wait longer is closed. 0 is no limit.",
    ),
};

export const proxyProtocolField = z
  .union([z.boolean(), z.array(addressRange).min(1)])
  .default(false)
  .describe(
    "Each connection begins with a header of the PROXY protocol, version 1 or 2, as HAProxy sends it (send-proxy), and comes from the address that it says: true for whoever connects, or the addresses of the proxies; anybody else is closed.",
  );
