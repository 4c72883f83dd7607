import type { TrafficEvent } from "../api/types.ts";

/** The thread that serves a connection; undefined where a service has no threads of its own. */
export function threadOf({ thread, conversation }: TrafficEvent): number | undefined {
  if (thread !== undefined) return thread;
  const name = /\/(\d+)#/.exec(conversation)?.[1];
  return name === undefined ? undefined : Number(name);
}
