import type { Libzmq } from "./library.ts";

const unix = 1;
const inet = 2;
const inet6 = process.platform === "darwin" ? 30 : 10;

/** One end of a connected socket: ours, or the peer's. */
export type SocketEnd = "local" | "remote";

/** An end of a connected TCP socket by its file descriptor; undefined when it is gone or no TCP socket. */
export function socketName(
  lib: Libzmq,
  fd: number,
  end: SocketEnd,
): { readonly host: string; readonly port: number } | undefined {
  const memory = new Uint8Array(new ArrayBuffer(128)); // struct sockaddr_storage
  const family = readName(lib, fd, end, memory);
  const view = new DataView(memory.buffer);
  const port = view.getUint16(2);
  if (family === inet) return { host: memory.subarray(4, 8).join("."), port };
  if (family === inet6) return { host: formatIpv6(view, 8), port };
  return undefined;
}

/** The path of our end of a connected `ipc` socket; undefined when it is gone or none. */
export function socketPath(lib: Libzmq, fd: number): string | undefined {
  const memory = new Uint8Array(new ArrayBuffer(128));
  if (readName(lib, fd, "local", memory) !== unix) return undefined;
  const end = memory.indexOf(0, 2);
  return Buffer.from(memory.subarray(2, end < 0 ? memory.length : end)).toString();
}

/** Fills a sockaddr. @returns its family, or undefined when there is no socket */
function readName(
  lib: Libzmq,
  fd: number,
  end: SocketEnd,
  memory: Uint8Array<ArrayBuffer>,
): number | undefined {
  const length = new Uint32Array([memory.length]);
  const getName = end === "local" ? lib.c.getsockname : lib.c.getpeername;
  if (getName(fd, memory, length) !== 0) return undefined;
  const view = new DataView(memory.buffer);
  // Linux begins a sockaddr with 16 bits of family, macOS with 8 bits of length and 8 of family.
  return process.platform === "darwin" ? view.getUint8(1) : view.getUint16(0, true);
}

function formatIpv6(view: DataView, offset: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(offset + index * 2).toString(16));
  const [high = "0", low = "0"] = groups.slice(6);
  // An IPv4 peer of a socket that listens for both: ::ffff:127.0.0.1
  if (groups.slice(0, 6).join(":") === "0:0:0:0:0:ffff") {
    const numbers = [high, low].flatMap((group) => [
      Number.parseInt(group, 16) >> 8,
      Number.parseInt(group, 16) & 255,
    ]);
    return numbers.join(".");
  }
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}
