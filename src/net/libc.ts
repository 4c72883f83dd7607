import { dlopen, type FFIFunction } from "bun:ffi";

const signatures = {
  listen: { args: ["i32", "i32"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  poll: { args: ["ptr", "u64", "i32"], returns: "i32" },
  recv: { args: ["i32", "ptr", "usize", "i32"], returns: "i32" },
  getrlimit: { args: ["i32", "ptr"], returns: "i32" },
} as const;

/** The C library of glibc, musl and macOS. */
const libraries = ["libc.so.6", `libc.musl-${machine()}.so.1`, "libSystem.B.dylib"];

type Libc = ReturnType<typeof dlopen<typeof signatures>>["symbols"];

/** Looked up once per thread; null: not found on this system. */
let found: Libc | null | undefined;

/** The few system calls that Bun does not offer. Everything works without them, so none missing is an error. */
export function libc(): Libc | undefined {
  if (found === undefined) found = find();
  return found ?? undefined;
}

/** The file descriptor of what `Bun.listen` returned; Bun's types lack it. */
export function descriptorOf(listener: object): number | undefined {
  return "fd" in listener && typeof listener.fd === "number" && listener.fd >= 0 ? listener.fd : undefined;
}

function find(): Libc | null {
  return openLibc(signatures) ?? null;
}

/** More of the C library's functions; undefined where it lacks one of them. */
export function openLibc<T extends Record<string, FFIFunction>>(
  functions: T,
): ReturnType<typeof dlopen<T>>["symbols"] | undefined {
  for (const library of libraries) {
    try {
      return dlopen(library, functions).symbols;
    } catch {
      // The library of another system.
    }
  }
  return undefined;
}

function machine(): string {
  return process.arch === "arm64" ? "aarch64" : "x86_64";
}
