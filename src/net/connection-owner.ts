import { createReadStream, existsSync, readFileSync } from "node:fs";
import { hostOf } from "../core/address.ts";
import { type IpAddress, parseIp } from "../core/address-range.ts";

/** In a user namespace, everybody who has no number there is shown by this one. */
export function overflowUser(): number | undefined {
  try {
    return Number(readFileSync("/proc/sys/kernel/overflowuid", "utf8"));
  } catch {
    return undefined;
  }
}

/** Bytes of a table that are read: some fifty thousand connections. */
const maxTable = 8 * 1024 * 1024;

/** Whether this system shows whose connections are whose. Only Linux does, where /proc is there. */
export const showsConnectionOwners = (): boolean => existsSync("/proc/self/net/tcp");

/**
 * The user id of the program of this machine that has the other end of a TCP connection to us. Both ends are compared as a
 * whole: another connection of the same port to another address, whoever has it, is not meant.
 * @param peer its address, `host:port`, as our end of the connection has it
 * @param ours the address that it is connected to; for localhost either of its two
 * @param read the tables of `readConnectionTables`, as they are at the call or later
 * @returns undefined where nobody can be made out, e.g. because it has closed its end already
 */
export async function connectionOwner(
  peer: string,
  ours: string,
  read: () => Promise<readonly string[]> = readConnectionTables,
): Promise<number | undefined> {
  const [theirs, own] = [endOf(peer), endOf(ours)];
  if (theirs === undefined || own === undefined) return undefined;
  const tables = await read();
  const owners = tables.flatMap((table, index) => {
    const version = index === 1 ? 6 : 4;
    return rowEnds(own, version).flatMap((remote) =>
      rowEnds(theirs, version).flatMap((local) => ownersIn(table, local, remote)),
    );
  });
  return new Set(owners).size === 1 ? owners[0] : undefined;
}

interface End {
  readonly hosts: readonly IpAddress[];
  readonly port: number;
}

function endOf(text: string): End | undefined {
  const host = hostOf(text);
  const port = Number(text.slice(text.lastIndexOf(":") + 1));
  const hosts = (host === "localhost" ? ["127.0.0.1", "::1"] : [host]).flatMap((one) => parseIp(one) ?? []);
  return hosts.length === 0 || !Number.isInteger(port) ? undefined : { hosts, port };
}

/** As the ends of connections stand in a table. */
const rowEnds = ({ hosts, port }: End, version: 4 | 6): string[] =>
  hosts.flatMap((host) => {
    const address = addressInTable(host, version);
    return address === undefined ? [] : [`${address}:${hexPort(port)}`];
  });

/**
 * The tables of TCP's connections, of IPv4 and of IPv6. A program may have an IPv6 socket that speaks IPv4: its address is
 * mapped, and stands in the other table. What is longer than `maxTable` is cut off: who stands there cannot be made out.
 */
export const readConnectionTables = (maxBytes = maxTable): Promise<string[]> =>
  Promise.all(["tcp", "tcp6"].map((name) => readTable(`/proc/self/net/${name}`, maxBytes)));

async function readTable(path: string, maxBytes: number): Promise<string> {
  try {
    let text = "";
    for await (const chunk of createReadStream(path, { encoding: "latin1", end: maxBytes - 1 }))
      text += chunk;
    // The last row may be cut in the middle.
    return text.slice(0, text.lastIndexOf("\n") + 1);
  } catch {
    return "";
  }
}

/** `0100007F` for 127.0.0.1: 32 bits at a time, each with its lowest byte first. */
export function addressInTable({ bits, value }: IpAddress, version: 4 | 6): string | undefined {
  if (bits === 32) return `${version === 4 ? "" : "0000000000000000FFFF0000"}${wordOf(value)}`;
  return version === 4 ? undefined : [96n, 64n, 32n, 0n].map((shift) => wordOf(value >> shift)).join("");
}

const wordOf = (value: bigint): string =>
  [0n, 8n, 16n, 24n].map((shift) => hex((value >> shift) & 0xffn, 2)).join("");

const hexPort = (port: number): string => hex(port, 4);

const hex = (value: bigint | number, digits: number): string =>
  value.toString(16).toUpperCase().padStart(digits, "0");

/**
 * The owners in the rows of these ends: `0: 0100007F:08AE 0100007F:1F98 01 0:0 0:0 0 1000 0 12345 ...`. A table may
 * have many thousands of rows, so it is searched and not split.
 */
function ownersIn(table: string, local: string, wanted: string): (number | undefined)[] {
  const owners: (number | undefined)[] = [];
  for (let at = table.indexOf(` ${local} `); at >= 0; at = table.indexOf(` ${local} `, at + 1)) {
    const [, remote = "", , , , , uid, , inode] = table.slice(at + 1, at + 400).split(/\s+/, 9);
    if (remote !== wanted) continue;
    // A socket that its program has closed has no inode, and is shown as root's: whoever sends a request and closes
    // at once must not pass for root.
    owners.push(inode === undefined || inode === "0" ? undefined : Number(uid));
  }
  return owners;
}
