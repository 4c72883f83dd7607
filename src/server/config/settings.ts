import { nearest } from "../../core/nearest.ts";
import { check } from "./check.ts";
import { at, type Reading } from "./load.ts";
import { adminMap, type Settings, settingsSchema } from "./schema.ts";

const topLevel = ["host", "grace", "log", "admin", "operations", "services"];

const keysBelow: Readonly<Record<string, readonly string[]>> = {
  log: Object.keys(settingsSchema.shape.log.unwrap().shape),
  admin: Object.keys(adminMap.shape),
};

/** The keys beside `services` and `operations`. */
export function readSettings(reading: Reading, rest: Record<string, unknown>): Settings {
  // A key with nothing behind it, all its settings commented out, is as good as absent.
  const known = Object.fromEntries(
    Object.entries(rest).filter(([key, value]) => topLevel.includes(key) && value !== null),
  );
  for (const key of Object.keys(rest)) {
    // As in a compose file, x- keys are the author's own: anchors to share settings from.
    if (topLevel.includes(key) || key.startsWith("x-")) continue;
    const guess = nearest(key, topLevel);
    const hint = guess === undefined ? `There are ${topLevel.join(", ")}` : `Did you mean "${guess}"?`;
    reading.mistakes.push({
      path: key,
      message: `there is no setting "${key}". ${hint}`,
      ...at(reading.document, [key], true),
    });
  }
  const settings = check(reading, [], known, settingsSchema, ([key]) => keysBelow[String(key)] ?? topLevel);
  return settings ?? settingsSchema.parse({});
}
