import { readFileSync } from "node:fs";
import { isLoopback } from "../core/address.ts";
import { parseIp } from "../core/address-range.ts";
import { addressInTable, overflowUser } from "./connection-owner.ts";

/** The state of a socket that listens, as Linux shows it. */
const listening = "0A";

/** Addresses of a socket that listens on all, of IPv4 and of IPv6. */
const all = [/^0{8}$/, /^0{32}$/];

/** 127.0.0.0/8, `::1`, and the former in IPv6: the low bytes of each word come first. */
const loopback = [/^[0-9A-F]{6}7F$/, /^0{24}01000000$/, /^0{16}FFFF0000[0-9A-F]{6}7F$/];

/**
 * The user ids of all programs that a connection to the port of an address of this machine may reach, of any loopback address
 * for one of these; none: nobody listens there.
 * @returns undefined where the system does not say: only Linux does, to a user who has a number of his own
 */
export function listenerOwners(host: string, port: number): ReadonlySet<number> | undefined {
  if (process.getuid?.() === overflowUser()) return undefined;
  const tables = ["tcp", "tcp6"].flatMap((name) => readTable(`/proc/self/net/${name}`));
  const forms = [...all, ...(isLoopback(host) ? loopback : formsOf(host))];
  return tables.length === 0 ? undefined : new Set(tables.flatMap((table) => ownersIn(table, forms, port)));
}

function formsOf(host: string): RegExp[] {
  const ip = parseIp(host);
  const texts = ip === undefined ? [] : ([4, 6] as const).map((version) => addressInTable(ip, version));
  return texts.flatMap((text) => (text === undefined ? [] : new RegExp(`^${text}$`)));
}

function readTable(path: string): string[] {
  try {
    return [readFileSync(path, "latin1")];
  } catch {
    // Another system, or one without IPv6.
    return [];
  }
}

/** `0: 0100007F:1F98 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 12345 ...` */
function ownersIn(table: string, forms: readonly RegExp[], port: number): number[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return table.split("\n").flatMap((line) => {
    const [, local = "", , state, , , , uid] = line.trim().split(/\s+/, 8);
    const [host = "", own] = local.split(":");
    const isMeant = state === listening && own === wanted && forms.some((form) => form.test(host));
    return isMeant ? [Number(uid)] : [];
  });
}
