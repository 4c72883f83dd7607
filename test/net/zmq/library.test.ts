import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadLibzmq } from "../../../src/net/zmq/library.ts";
import { libraryPaths } from "../../../src/net/zmq/library-path.ts";

test("libzmq is found in node_modules when run from source", async () => {
  const paths = await libraryPaths();
  expect(paths.length).toBeGreaterThan(0);
  for (const path of paths) expect(existsSync(path)).toBe(true);
  expect((await loadLibzmq()).version).toMatch(/^4\.3\.\d+$/);
});

/** How the file for each target begins: its format, and the machine it is for. */
const ELF = "7f454c46";
const x64 = (bytes: Uint8Array) => bytes[18] === 0x3e;
const arm64 = (bytes: Uint8Array) => bytes[18] === 0xb7;

test.each([
  ["linux-x64-glibc", ELF, x64],
  ["linux-x64-musl", ELF, x64],
  ["linux-arm64-glibc", ELF, arm64],
  ["linux-arm64-musl", ELF, arm64],
  ["darwin-x64", "cffaedfe", (bytes: Uint8Array) => bytes[4] === 7],
  ["darwin-arm64", "cffaedfe", (bytes: Uint8Array) => bytes[4] === 12],
])("a build for %s carries that libzmq and no other", async (target, magic, isForMachine) => {
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, "../../../src/net/zmq/library-path.ts")],
    target: "bun",
    minify: true,
    define: { LIBZMQ_TARGET: JSON.stringify(target) },
  });
  const addons = built.outputs.filter((output) => output.path.endsWith(".node"));
  expect(addons.length).toBe(1);
  const bytes = new Uint8Array(await addons[0]!.arrayBuffer());
  expect(bytes.subarray(0, 4).toHex()).toBe(magic);
  expect(isForMachine(bytes)).toBe(true);
  if (target.startsWith("linux")) {
    const text = Buffer.from(bytes).toString("latin1");
    expect(text.includes("libc.musl-")).toBe(target.endsWith("musl"));
  }
});
