import { expect, onTestFinished, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const guard = join(import.meta.dir, "support/guard.ts");

/** Runs test files with the guard, which allows the main thread to be busy for two seconds. */
async function run(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), "guard-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await Bun.write(join(folder, name), text);
  const tests = Bun.spawn([process.execPath, "test", "--preload", guard], {
    cwd: folder,
    env: { ...process.env, DISTSRV_TEST_MAX_BUSY_SECONDS: "2" },
    stdout: "ignore",
    stderr: "pipe",
  });
  const output = await tests.stderr.text();
  return { exitCode: await tests.exited, signal: tests.signalCode, output };
}

const good = 'import { test } from "bun:test";\ntest("good", () => {});\n';
const endless = 'import { test } from "bun:test";\ntest("endless", () => { for (;;); });\n';

test("an endless loop ends the tests and names the file, instead of hanging them", async () => {
  const { signal, output } = await run({ "a.test.ts": good, "b.test.ts": endless, "c.test.ts": good });
  expect(signal).toBe("SIGKILL");
  expect(output).toMatch(
    /Ended the tests: the main thread was busy for 2 s.*; the last test began in .*b\.test\.ts\n/,
  );
});

test("tests that wait for longer than that, and end, are left alone", async () => {
  const slow = 'import { test } from "bun:test";\ntest("slow", () => Bun.sleep(2700));\n';
  const { exitCode, output } = await run({ "a.test.ts": slow, "b.test.ts": good });
  expect(exitCode).toBe(0);
  expect(output).not.toContain("Ended the tests");
});
