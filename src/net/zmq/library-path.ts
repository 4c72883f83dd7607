import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { librariesFor, packagedLibraries } from "./packaged-libraries.ts";

/**
 * The paths where libzmq may be, the best first.
 *
 * The zeromq package ships it inside a Node addon that exports the whole C API. Run from source, the addon lies
 * in node_modules; npm's package of distsrv has copies for every platform. A compiled binary carries the one for its target: the build sets `LIBZMQ_TARGET`, and the
 * bundler drops every branch below but one. Importing a `.node` file from source would load it as an addon,
 * which fails; there, no branch is ever taken.
 */
export async function libraryPaths(): Promise<readonly string[]> {
  if (typeof LIBZMQ_TARGET !== "undefined" && LIBZMQ_TARGET === "package") return librariesOfPackage();
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
  return undefined;
}

function installedLibraries(): string[] {
  const root = dirname(createRequire(import.meta.url).resolve("zeromq/package.json"));
  const names = librariesFor(process.platform, process.arch);
  return names.map((name) => join(root, "build", packagedLibraries[name], "addon.node"));
}

/** Beside the files that are running. */
function librariesOfPackage(): string[] {
  const names = librariesFor(process.platform, process.arch);
  return names.map((name) => join(import.meta.dir, "libzmq", `${name}.node`));
}
