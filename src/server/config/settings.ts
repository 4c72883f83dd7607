import { nearest } from "../../core/nearest.ts";
import { check } from "./check.ts";
import { addDiagnostic, type LoadContext } from "./load-context.ts";
import { adminMap, type Settings, settingsSchema } from "./schema.ts";

const topLevel = ["host", "grace", "log", "admin", "operations", "services"];

const keysBelow: Readonly<Record<string, readonly string[]>> = {
  log: Object.keys(settingsSchema.shape.log.unwrap().shape),
  admin: Object.keys(adminMap.shape),
};

/** The keys beside `services` and `operations`. */
export function readSettings(context: LoadContext, rest: Record<string, unknown>): Settings {
  // A key with nothing after it, because all its settings are commented out, counts as absent.
  const known = Object.fromEntries(
    Object.entries(rest).filter(([key, value]) => topLevel.includes(key) && value !== null),
  );
  for (const key of Object.keys(rest)) {
    // As in a compose file, keys that begin with x- are free for the author, e.g. for anchors.
    if (topLevel.includes(key) || key.startsWith("x-")) continue;
    const guess = nearest(key, topLevel);
    const hint = guess === undefined ? `There are ${topLevel.join(", ")}` : `Did you mean "${guess}"?`;
    addDiagnostic(context, [key], `there is no setting "${key}". ${hint}`, true);
  }
  const settings = check(context, [], known, settingsSchema, ([key]) => keysBelow[String(key)] ?? topLevel);
  return settings ?? settingsSchema.parse({});
}
