import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/**
 * The paths where libzmq may be, the best first.
 *
 * The zeromq package ships it inside a Node addon that exports the whole C API. Run from source, the addon lies
 * in node_modules. A compiled binary carries the one for its target: the build sets `LIBZMQ_TARGET`, and the
 * bundler drops every branch below but one. Importing a `.node` file from source would load it as an addon,
 * which fails; there, no branch is ever taken.
 */
export async function libraryPaths(): Promise<readonly string[]> {
  const embedded = await embeddedLibrary();
  return embedded === undefined ? installedLibraries() : [embedded.default];
}

async function embeddedLibrary(): Promise<{ readonly default: string } | undefined> {
  if (typeof LIBZMQ_TARGET === "undefined") return undefined;
  if (LIBZMQ_TARGET === "linux-x64-glibc") {
    return import("zeromq/build/linux/x64/node/glibc-127-Release/addon.node", { with: { type: "file" } });
  }
  if (LIBZMQ_TARGET === "linux-x64-musl") {
    return import("zeromq/build/linux/x64/node/musl-127-Release/addon.node", { with: { type: "file" } });
  }
  if (LIBZMQ_TARGET === "linux-arm64-glibc") {
    return import("zeromq/build/linux/arm64/node/glibc-127-Release/addon.node", { with: { type: "file" } });
  }
  if (LIBZMQ_TARGET === "linux-arm64-musl") {
    return import("zeromq/build/linux/arm64/node/musl-127-Release/addon.node", { with: { type: "file" } });
  }
  if (LIBZMQ_TARGET === "darwin-x64") {
    return import("zeromq/build/darwin/x64/node/libc-115-Release/addon.node", { with: { type: "file" } });
  }
  if (LIBZMQ_TARGET === "darwin-arm64") {
    return import("zeromq/build/darwin/arm64/node/libc-115-Release/addon.node", { with: { type: "file" } });
  }
  if (LIBZMQ_TARGET === "windows-x64") {
    return import("zeromq/build/win32/x64/node/msvc-115-Release/addon.node", { with: { type: "file" } });
  }
  return undefined;
}

/** The addon's Node ABI version does not matter: only libzmq's own functions are called. */
const builds: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: ["glibc-127-Release", "musl-127-Release"],
  darwin: ["libc-115-Release"],
  win32: ["msvc-115-Release"],
};

function installedLibraries(): string[] {
  const root = dirname(createRequire(import.meta.url).resolve("zeromq/package.json"));
  const { platform, arch } = process;
  return (builds[platform] ?? []).map((build) =>
    join(root, "build", platform, arch, "node", build, "addon.node"),
  );
}
