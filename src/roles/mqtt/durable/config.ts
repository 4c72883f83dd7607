import { z } from "zod";
import { byteSize, parseDuration } from "../../../core/schema.ts";

const minSync = 10;
const maxSync = 60_000;

/** `always`, or how often: in milliseconds, 0 being always. */
const sync = z
  .union([z.string(), z.number()])
  .default("always")
  .transform((value, context) => {
    const milliseconds = value === "always" ? 0 : parseDuration(value);
    if (milliseconds === 0 && value === "always") return 0;
    if (milliseconds !== undefined && milliseconds >= minSync && milliseconds <= maxSync) return milliseconds;
    const message = `must be always, or a time between 10ms and 60s such as 1s; "${value}" is neither`;
    context.issues.push({ code: "custom", input: value, message });
    return z.NEVER;
  });

export const persistenceFields = z
  .strictObject({
    directory: z
      .string()
      .min(1)
      .describe(
        "Where the files are, one directory per service. A relative path begins at the configuration file's folder.",
      ),
    sync: sync.describe(
      "always: what a client is told of is on the disk before. 1s: the disk is synced every second, and a power cut may take away what was acknowledged in the last one.",
    ),
    onDamage: z
      .enum(["skip", "stop"])
      .default("skip")
      .describe(
        "When a part of the files is damaged: leave it out, set it aside and say what is missing; or do not start.",
      ),
    segmentSize: byteSize("16MiB")
      .refine((value) => value >= 1024 * 1024, "must be at least 1MiB")
      .describe(
        "Bytes of each file. Two are claimed at the start, and a third part more than what is kept twice.",
      ),
  })
  .describe(
    "Keep sessions, their messages, retained messages and wills on the disk: nothing that was acknowledged is lost by a crash or a power cut. Absent: a restart begins anew.",
  );

export type PersistenceConfig = z.infer<typeof persistenceFields>;
