import { z } from "zod";
import { addressRange, duration } from "../../core/schema.ts";

export const guardSchema = z.strictObject({
  failures: z
    .int()
    .min(0)
    .max(100)
    .default(0)
    .describe(
      "Wrong logins of one address, or one /64 of IPv6, after which it is banned from all services; 0: nobody is banned. Wrong logins are slowed down in any case, to one a second.",
    ),
  within: duration("1m", { min: "1s", max: "1d" }).describe("The time in which so many wrong logins ban."),
  banFor: duration("10m", { min: "1s" }).describe("How long such a ban lasts."),
  ignore: z
    .array(addressRange)
    .default(["127.0.0.0/8", "::1"])
    .describe("Addresses that wrong logins never ban, such as that of a proxy in front or of a whole class."),
});

export type GuardConfig = z.infer<typeof guardSchema>;

export const fileBan = z.strictObject({
  address: addressRange.describe("An address, or a network such as 10.0.0.0/8."),
  reason: z
    .string()
    .min(1)
    .max(200)
    .default("by the configuration")
    .describe("What the log and distcli bans say."),
});

export const bansSchema = z
  .array(z.union([addressRange, fileBan]))
  .max(5000)
  .default([])
  .describe(
    "Addresses and networks that no service lets in, while this file names them; the admin service lets in its own machine all the same.",
  );

export type BansConfig = z.infer<typeof bansSchema>;
