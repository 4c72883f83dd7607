import { expect, test } from "bun:test";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DirectoryInUseError, DirectoryLock } from "../../src/storage/lock.ts";
import { run } from "../support/program.ts";
import { scratchFolder } from "../support/scratch.ts";

/** Another process asks for the directory. @returns what it says */
async function elsewhere(directory: string): Promise<string> {
  const source = join(import.meta.dir, "../../src/storage/lock.ts");
  const script = `const { DirectoryLock } = await import(${JSON.stringify(source)});
    try { DirectoryLock.take(${JSON.stringify(directory)}, "the other").release(); console.log("taken"); }
    catch (error) { console.log(error.name); }`;
  return (await run([process.execPath, "-e", script])).stdout.trim();
}

test("who asks again within the process gets no lock, and takes away none", async () => {
  const directory = scratchFolder("lock");
  const lock = DirectoryLock.take(directory, "the first");
  expect(() => DirectoryLock.take(directory, "the second")).toThrow(DirectoryInUseError);
  expect(await elsewhere(directory)).toBe("DirectoryInUseError");
  lock.release();
  expect(await elsewhere(directory)).toBe("taken");
});

test.skipIf(process.platform === "win32")("a link is no lock, and what it leads to is not written to", () => {
  for (const name of ["lock", "owner"]) {
    const directory = scratchFolder("lock");
    const target = join(scratchFolder("target"), "precious");
    writeFileSync(target, "precious");
    symlinkSync(target, join(directory, name));
    expect(() => DirectoryLock.take(directory, "somebody")).toThrow();
    expect(readFileSync(target, "utf8")).toBe("precious");
  }
});
