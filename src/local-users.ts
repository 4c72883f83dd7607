import { readFileSync } from "node:fs";
import { connectionOwner, readConnectionTables, showsConnectionOwners } from "./net/connection-owner.ts";
import { SharedReading } from "./net/shared-reading.ts";
import type { LocalUsers } from "./server/admin/local-users.ts";

const root = 0;

/** Whose connections are whose on this machine; undefined where the system does not show it. */
export function localUsersHere(): LocalUsers | undefined {
  const own = process.getuid?.();
  if (own === undefined || own === overflowUser() || !showsConnectionOwners()) return undefined;
  // Whoever may connect may ask, as often as it likes.
  const tables = new SharedReading({ read: () => readConnectionTables() });
  return {
    async whoIs(peer, ours) {
      const uid = await connectionOwner(peer, ours, () => tables.get());
      return uid === undefined ? undefined : { name: nameOf(uid), isTrusted: uid === own || uid === root };
    },
  };
}

/** In a user namespace, everybody who has no number there is shown by this one. */
function overflowUser(): number | undefined {
  try {
    return Number(readFileSync("/proc/sys/kernel/overflowuid", "utf8"));
  } catch {
    return undefined;
  }
}

/** `ani`, or `uid 1000` of a user whom no file names. Bun's `userInfo` gives what the environment says, and nobody else's. */
function nameOf(uid: number): string {
  try {
    const users = readFileSync("/etc/passwd", "utf8");
    const [, name] = new RegExp(`^([^:\n]+):[^:\n]*:${uid}:`, "m").exec(users) ?? [];
    return name ?? `uid ${uid}`;
  } catch {
    return `uid ${uid}`;
  }
}
