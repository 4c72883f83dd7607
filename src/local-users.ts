import { readFileSync } from "node:fs";
import {
  connectionOwner,
  overflowUser,
  readConnectionTables,
  showsConnectionOwners,
} from "./net/connection-owner.ts";
import { listenerOwners } from "./net/listener-owners.ts";
import { SharedReading } from "./net/shared-reading.ts";
import type { LocalUser, LocalUsers } from "./server/admin/local-users.ts";

const root = 0;

/** Whose connections are whose on this machine; undefined where the system does not show it. */
export function localUsersHere(): LocalUsers | undefined {
  const own = process.getuid?.();
  if (own === undefined || own === overflowUser() || !showsConnectionOwners()) return undefined;
  // Whoever may connect may ask, as often as it likes.
  const tables = new SharedReading({ read: () => readConnectionTables() });
  const userOf = (uid: number): LocalUser => ({ name: nameOf(uid), isTrusted: uid === own || uid === root });
  return {
    async whoIs(peer, ours) {
      const uid = await connectionOwner(peer, ours, () => tables.get());
      return uid === undefined ? undefined : userOf(uid);
    },
    listenersAt: (host, port) => [...(listenerOwners(host, port) ?? [])].map(userOf),
  };
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
