import { readFileSync } from "node:fs";

/** The state of a socket that listens, as Linux shows it. */
const listening = "0A";

/** 127.0.0.0/8, `::1` and IPv4's own in IPv6, and the addresses of a socket that listens on all: low bytes come first. */
const ofThisMachine = [
  /^[0-9A-F]{6}7F$/,
  /^0{8}$/,
  /^0{24}01000000$/,
  /^0{16}FFFF0000[0-9A-F]{6}7F$/,
  /^0{32}$/,
];

/**
 * The user ids of all programs that a connection to the port of a loopback address may reach; none: nobody listens there.
 * @returns undefined where the system does not say: only Linux does
 */
export function loopbackListenerOwners(port: number): ReadonlySet<number> | undefined {
  const tables = ["tcp", "tcp6"].flatMap((name) => readTable(`/proc/self/net/${name}`));
  return tables.length === 0 ? undefined : new Set(tables.flatMap((table) => ownersIn(table, port)));
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
function ownersIn(table: string, port: number): number[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return table.split("\n").flatMap((line) => {
    const [, local = "", , state, , , , uid] = line.trim().split(/\s+/, 8);
    const [host = "", own] = local.split(":");
    const isMeant = state === listening && own === wanted && ofThisMachine.some((form) => form.test(host));
    return isMeant ? [Number(uid)] : [];
  });
}
