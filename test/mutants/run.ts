// Puts small bugs into a copy of the program, one at a time, and shows which tests notice each: `bun run mutants`, or
// `bun run mutants routing` for those whose file or tests have this in their path.
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Mutation, mutations } from "./table.ts";

/** A mutant may loop for ever. It counts as noticed then: whoever runs the tests notices it. */
const maxRunMs = 180_000;

/** So many tests are listed of those that noticed. */
const maxListed = 3;

const root = join(import.meta.dir, "../..");
const [part = ""] = Bun.argv.slice(2);
const chosen = mutations.filter(({ file, tests }) => file.includes(part) || tests.includes(part));
if (chosen.length === 0) {
  console.error(`Cannot run mutants: none has "${part}" in the path of its file or tests`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "mutants-"));
const copy = join(folder, "tree");
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    removeCopy();
    process.exit(130);
  });
}
try {
  makeCopy();
  await checkUnchanged();
  const count = await countNoticed();
  console.log(`${count} of ${chosen.length} noticed`);
  process.exitCode = count === chosen.length ? 0 : 1;
} finally {
  removeCopy();
}

/** The last commit, and what has been changed in tracked files since. */
function makeCopy(): void {
  const changed = git("stash", "create").trim();
  git("worktree", "add", "--quiet", "--detach", copy, changed === "" ? "HEAD" : changed);
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
}

function removeCopy(): void {
  if (existsSync(copy)) git("worktree", "remove", "--force", copy);
  rmSync(folder, { recursive: true, force: true });
}

function git(...words: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["git", ...words], { cwd: root });
  if (exitCode !== 0) throw new Error(`git ${words.join(" ")}: ${stderr}`);
  return stdout.toString();
}

/** Tests that fail anyway would notice every mutant. */
async function checkUnchanged(): Promise<void> {
  for (const tests of new Set(chosen.map((mutation) => mutation.tests))) {
    const failed = await failuresOf(tests);
    if (failed.length > 0) throw new Error(`${tests} fails without a mutant: ${failed.join("; ")}`);
  }
}

async function countNoticed(): Promise<number> {
  let count = 0;
  for (const mutation of chosen) {
    const failed = await failuresWith(mutation);
    if (failed.length > 0) count++;
    console.log(`${failed.length > 0 ? "noticed" : "NOT NOTICED"}  ${titleOf(mutation)}`);
    for (const name of failed.slice(0, maxListed)) console.log(`    ${name}`);
    if (failed.length > maxListed) console.log(`    and ${failed.length - maxListed} more`);
  }
  return count;
}

function titleOf({ file, text, replacement }: Mutation): string {
  const line = (code: string) => code.trim().replaceAll(/\s+/g, " ");
  return `${file}: ${line(text)} -> ${line(replacement) || "(nothing)"}`;
}

/** Runs the tests of a mutant. @returns those that fail */
async function failuresWith({ file, text, replacement, tests }: Mutation): Promise<string[]> {
  const path = join(copy, file);
  const source = await Bun.file(path).text();
  const pieces = source.split(text);
  if (pieces.length !== 2) {
    throw new Error(`${file} has the text ${pieces.length - 1} times, and should once: ${text}`);
  }
  await Bun.write(path, pieces.join(replacement));
  try {
    return await failuresOf(tests);
  } finally {
    await Bun.write(path, source);
  }
}

/** @returns the tests that fail */
async function failuresOf(tests: string): Promise<string[]> {
  const run = Bun.spawn(["bun", "test", "--timeout", "60000", `./${tests}`], {
    cwd: copy,
    stdout: "ignore",
    stderr: "pipe",
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    run.kill("SIGKILL");
  }, maxRunMs);
  const output = await run.stderr.text();
  const exitCode = await run.exited;
  clearTimeout(timer);
  if (isLate) return [`no end within ${maxRunMs / 1000} s`];
  if (exitCode === 0) return [];
  // Bun lists them again at the end.
  const failures = output.matchAll(/^\(fail\) (.*?)(?: \[[\d.]+m?s\])?$/gm);
  const names = new Set([...failures].map(([, name]) => name ?? ""));
  return names.size > 0 ? [...names] : [`bun test ended with ${exitCode}: ${output.slice(-300)}`];
}
