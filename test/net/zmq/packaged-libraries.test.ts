import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { librariesFor, packagedLibraries } from "../../../src/net/zmq/packaged-libraries.ts";

test("the zeromq package has every library that the npm package takes from it", () => {
  const build = join(dirname(createRequire(import.meta.url).resolve("zeromq/package.json")), "build");
  const missing = Object.values(packagedLibraries).filter(
    (path) => !existsSync(join(build, path, "addon.node")),
  );
  expect(missing).toEqual([]);
});

test("a platform is offered its own libraries only, Linux those for both C libraries", () => {
  expect(librariesFor("linux", "x64")).toEqual(["linux-x64-glibc", "linux-x64-musl"]);
  expect(librariesFor("linux", "arm64")).toEqual(["linux-arm64-glibc", "linux-arm64-musl"]);
  expect(librariesFor("darwin", "arm64")).toEqual(["darwin-arm64"]);
  expect(librariesFor("win32", "x64")).toEqual([]);
});
