import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Who listens on a port, as far as this user may know. */
export interface PortHolder {
  /** The programs with their process ids, as in `nginx (pid 812)`; empty where the system does not show them. */
  readonly programs: readonly string[];
  /** Ports of the same transport that are in use on this machine. */
  readonly usedPorts: ReadonlySet<number>;
}

const tables = { TCP: ["tcp", "tcp6"], UDP: ["udp", "udp6"] } as const;

/** The state of a listening TCP socket, and that of a UDP socket without a peer, as Linux shows them. */
const listening = { TCP: "0A", UDP: "07" } as const;

/** Looks it up in /proc, which only Linux has. Called only to explain an error: it looks at each open file. */
export function portHolder(transport: "TCP" | "UDP", port: number): PortHolder {
  const sockets = tables[transport].flatMap(readTable).filter(({ state }) => state === listening[transport]);
  const inodes = new Set(sockets.filter((socket) => socket.port === port).map(({ inode }) => inode));
  return {
    programs: inodes.size === 0 ? [] : programsWith(inodes),
    usedPorts: new Set(sockets.map((socket) => socket.port)),
  };
}

interface SocketRow {
  readonly port: number;
  readonly state: string;
  readonly inode: string;
}

/** `  0: 0100007F:08AE 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 ...` */
function readTable(name: string): SocketRow[] {
  const [, ...lines] = attempt(() => readFileSync(`/proc/net/${name}`, "utf8").split("\n"), [""]);
  return lines.map((line) => {
    const [, local = "", , state = "", , , , , , inode = ""] = line.trim().split(/\s+/);
    return { port: Number.parseInt(local.split(":")[1] ?? "", 16), state, inode };
  });
}

function programsWith(inodes: ReadonlySet<string>): string[] {
  const pids = attempt(() => readdirSync("/proc"), []).filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => hasSocket(pid, inodes)).map((pid) => `${commandOf(pid)} (pid ${pid})`);
}

/** Of another user's process the files are not shown. */
function hasSocket(pid: string, inodes: ReadonlySet<string>): boolean {
  return attempt(() => readdirSync(`/proc/${pid}/fd`), []).some((file) => {
    const target = attempt(() => readlinkSync(`/proc/${pid}/fd/${file}`), "");
    return inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? "");
  });
}

const commandOf = (pid: string): string =>
  attempt(() => readFileSync(`/proc/${pid}/comm`, "utf8").trim(), "a program");

/** Processes end while they are looked at. */
function attempt<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch {
    return otherwise;
  }
}
