import { nearest } from "../../core/nearest.ts";
import { adminUser } from "./admin-users.ts";
import { check } from "./check.ts";
import { fileBan, guardSchema } from "./guard-schema.ts";
import { addDiagnostic, type LoadContext } from "./load-context.ts";
import { adminMap, adminTlsKeys, captureMap, type Settings, settingsSchema } from "./schema.ts";

const topLevel = [
  "host",
  "grace",
  "watch",
  "log",
  "audit",
  "capture",
  "guard",
  "bans",
  "admin",
  "operations",
  "services",
];

/** By the path, without the numbers of lists' entries. */
const keysBelow: Readonly<Record<string, readonly string[]>> = {
  log: Object.keys(settingsSchema.shape.log.unwrap().shape),
  guard: Object.keys(guardSchema.shape),
  audit: ["file"],
  capture: Object.keys(captureMap.shape),
  bans: Object.keys(fileBan.shape),
  admin: Object.keys(adminMap.shape),
  "admin.tls": adminTlsKeys,
  "admin.users": Object.keys(adminUser.shape),
};

const keysAt = (path: readonly PropertyKey[]): readonly string[] =>
  keysBelow[path.filter((key) => typeof key === "string").join(".")] ?? topLevel;

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
    addDiagnostic(context, [key], `there is no setting "${key}". ${hint}`, { isKey: true });
  }
  const settings = check(context, [], known, settingsSchema, keysAt);
  return settings ?? settingsSchema.parse({});
}
