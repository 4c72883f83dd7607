import { dlopen } from "bun:ffi";

/** More than any system grants: the kernel cuts it to its own limit, on Linux `net.core.somaxconn`. */
const maxBacklog = 65_535;

const signature = { listen: { args: ["i32", "i32"], returns: "i32" } } as const;

/** The C library of glibc, musl and macOS. */
const libraries = ["libc.so.6", `libc.musl-${machine()}.so.1`, "libSystem.B.dylib"];

type Listen = (file: number, backlog: number) => number;

/** Looked up once per thread; null: not found on this system. */
let listen: Listen | null | undefined;

/**
 * Raises a listener's backlog to the system's limit. Bun asks for 512 and has no setting. When 5,000 clients connected
 * at once, the kernel dropped the SYNs past 512, and those clients tried again after a second: 1.1 s until all were
 * accepted, and 0.3 s with this.
 *
 * Everything else works without it, so a failure is not reported.
 * @param listener what `Bun.listen` returned
 */
export function widenBacklog(listener: object): void {
  // Bun's types lack `fd`.
  if (!("fd" in listener) || typeof listener.fd !== "number" || listener.fd < 0) return;
  if (listen === undefined) listen = find();
  // On a socket that listens already, listen() only changes the backlog.
  listen?.(listener.fd, maxBacklog);
}

function find(): Listen | null {
  for (const library of libraries) {
    try {
      return dlopen(library, signature).symbols.listen;
    } catch {
      // The library of another system.
    }
  }
  return null;
}

function machine(): string {
  return process.arch === "arm64" ? "aarch64" : "x86_64";
}
