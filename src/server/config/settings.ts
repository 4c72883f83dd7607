import { nearest } from "../../core/nearest.ts";
import { check } from "./check.ts";
import { at, type Reading } from "./load.ts";
import { type Settings, settingsSchema } from "./schema.ts";

const topLevel = ["host", "grace", "log", "operations", "services"];

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
  const settings = check(reading, [], known, settingsSchema, (path) =>
    path[0] === "log" ? Object.keys(settingsSchema.shape.log.unwrap().shape) : topLevel,
  );
  return settings ?? settingsSchema.parse({});
}
