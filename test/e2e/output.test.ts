import { expect, onTestFinished } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { copyBinaries, haveBinaries, testBinaries } from "../support/binaries.ts";
import { HiddenLab } from "../support/hidden-lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { Program, run } from "../support/program.ts";
import { until } from "../support/until.ts";

const files = haveBinaries ? copyBinaries() : { folder: "", scratch: "", distsrv: "", distcli: "" };

/** Every message is logged, so that a test can fill what it wants. */
const talkative = { log: "{ messages: 1000000 }" };
/** Their log is more than twice what is kept in memory. */
const exchanges = 5000;
const noSpace = "ENOSPC: no space left on device, write";

testBinaries(
  "with standard output on /dev/full everything is served, and it stops when asked to",
  async () => {
    const lab = await HiddenLab.start(files, "exec $LAB > /dev/full", talkative);
    await lab.talk(exchanges);
    expect(await lab.problems()).toEqual([
      expect.stringContaining(`distsrv: Cannot write to standard output: ${noSpace}; `),
    ]);
    expect(await lab.metric('distsrv_log_lines_lost_total{to="output"}')).toBeGreaterThan(1000);
    expect(await lab.stop()).toBe(0);
    const report = `Cannot write the log to standard output: ${noSpace}. Service goes on; lines that are lost are counted\n`;
    expect(lab.program.stderr).toBe(report);
  },
);

testBinaries("with both outputs on /dev/full, too", async () => {
  const lab = await HiddenLab.start(files, "exec $LAB > /dev/full 2>&1");
  await lab.talk(10);
  expect(await lab.problems()).toHaveLength(1);
  expect(await lab.stop()).toBe(0);
});

testBinaries(
  "a log file on /dev/full is reported as that, and the log on standard output goes on",
  async () => {
    const lab = await HiddenLab.start(files, "exec $LAB", { log: "{ file: /dev/full }" });
    await lab.talk(2);
    expect(await lab.problems()).toEqual([
      expect.stringContaining(`distsrv: Cannot write to /dev/full: ${noSpace}; `),
    ]);
    expect(await lab.stop()).toBe(0);
    expect(lab.program.stderr).toBe(
      `Cannot write the log to /dev/full: ${noSpace}. Service goes on; lines that are lost are counted\n`,
    );
    const lines = lab.program.stdout.trimEnd().split("\n");
    const levels = new Set(lines.map((line) => (JSON.parse(line) as { level: string }).level));
    expect([...levels]).toEqual(["info"]);
    expect(lab.program.stdout).toContain('"message":"Stopped"');
  },
);

testBinaries("a reader that leaves, like head, is reported, and service goes on", async () => {
  const lab = await HiddenLab.start(files, "{ $LAB; echo status $? >&2; } | head -n 1", talkative);
  await lab.talk(10);
  const broken = "EPIPE: broken pipe, write";
  await until(async () => (await lab.problems()).length > 0);
  expect(await lab.problems()).toEqual([
    expect.stringContaining(`distsrv: Cannot write to standard output: ${broken}; `),
  ]);
  await fetch(`http://127.0.0.1:${lab.admin}/api/drain`, { method: "POST" });
  await until(() => lab.program.stderr.includes("status"));
  expect(lab.program.stderr).toBe(
    `Cannot write the log to standard output: ${broken}. Service goes on; lines that are lost are counted\nstatus 0\n`,
  );
});

testBinaries("a reader that stops costs lines only, and reads on where their count stands", async () => {
  const [pipe, out] = [join(files.scratch, "pipe"), join(files.scratch, "read")];
  expect((await run(["mkfifo", pipe])).status).toBe(0);
  const reader = new Program(["sh", "-c", `exec cat ${pipe} > ${out}`], { input: "" });
  onTestFinished(() => reader.kill());
  const lab = await HiddenLab.start(files, `exec $LAB > ${pipe}`, talkative);
  reader.signal("SIGSTOP");
  await lab.talk(exchanges);
  const problems = await lab.problems();
  expect(problems).toEqual([
    expect.stringMatching(
      /^distsrv: Cannot write to standard output: nobody reads it; \d+ lines have been lost so far$/,
    ),
  ]);
  reader.signal("SIGCONT");
  await until(async () => (await lab.problems()).length === 0);
  await lab.talk(1);
  const lost = await lab.metric('distsrv_log_lines_lost_total{to="output"}');
  expect(await lab.stop()).toBe(0);
  await reader.exited;
  expectLines(readFileSync(out, "utf8"), exchanges + 1, lost, "nobody reads it");
});

testBinaries("a stop does not wait for a reader that has stopped", async () => {
  const pipe = join(files.scratch, "stopped-pipe");
  expect((await run(["mkfifo", pipe])).status).toBe(0);
  const reader = new Program(["sh", "-c", `exec cat ${pipe} > /dev/null`], { input: "" });
  onTestFinished(() => reader.kill());
  const lab = await HiddenLab.start(files, `exec $LAB > ${pipe}`, talkative);
  reader.signal("SIGSTOP");
  await lab.talk(exchanges);
  expect(await lab.problems()).toHaveLength(1);
  expect(await lab.stop()).toBe(0);
});

const testTerminal = haveBinaries ? testWith(needs.script) : testBinaries;

testTerminal("a terminal that is held does not hold the services", async () => {
  // `script` gives it a terminal, and is stopped: nobody reads that terminal any more.
  const lab = await HiddenLab.start(files, 'exec script -qec "$LAB" /dev/null', talkative);
  lab.program.signal("SIGSTOP");
  await lab.talk(exchanges);
  expect(await lab.problems()).toEqual([expect.stringContaining("nobody reads it")]);
  lab.program.signal("SIGCONT");
  await until(async () => (await lab.problems()).length === 0);
  await fetch(`http://127.0.0.1:${lab.admin}/api/drain`, { method: "POST" });
  expect((await lab.program.outcome()).status).toBe(0);
  expect(lab.program.stdout).toContain("lines of the log were lost here: nobody reads it");
});

const smallDisk = {
  name: "the right to mount a tmpfs",
  install: "run the tests as root, outside of a container or in a privileged one",
  isThere: () => mountSmallDisk("probe")?.unmount() === true,
};

const testSmallDisk = haveBinaries ? testWith(smallDisk) : testBinaries;

for (const [what, shell, settings] of [
  ["standard output", (path: string) => `exec $LAB > ${path}`, () => ""],
  ["the log's file", () => "exec $LAB > /dev/null", (path: string) => `, file: ${path}`],
] as const) {
  testSmallDisk(`${what} on a full disk goes on when there is room again, with a count`, async () => {
    const disk = mountSmallDisk(crypto.randomUUID());
    if (disk === undefined) throw new Error("the disk could be mounted a moment ago");
    onTestFinished(() => void disk.unmount());
    const log = join(disk.folder, "log");
    const lab = await HiddenLab.start(files, shell(log), { log: `{ messages: 1000000${settings(log)} }` });
    await lab.talk(exchanges);
    const problems = await lab.problems();
    expect(problems).toEqual([expect.stringContaining(noSpace)]);
    disk.grow();
    await until(async () => (await lab.problems()).length === 0);
    await lab.talk(1);
    const to = settings(log) === "" ? "output" : "file";
    const lost = await lab.metric(`distsrv_log_lines_lost_total{to="${to}"}`);
    expect(await lab.stop()).toBe(0);
    expectLines(readFileSync(log, "utf8"), exchanges + 1, lost, noSpace);
    expect(lab.program.stderr.match(/Cannot write the log/g)).toHaveLength(1);
  });
}

/** Every line is whole; those of `count` exchanges and the lost ones, whose count stands in their place, are all there are. */
function expectLines(text: string, count: number, lost: number, why: string): void {
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { service: string; message: string; lost?: number });
  const gaps = lines.filter((line) => line.lost !== undefined);
  expect(gaps.length).toBeGreaterThan(0);
  for (const gap of gaps) expect(gap.message).toBe(`${gap.lost} lines of the log were lost here: ${why}`);
  expect(gaps.reduce((sum, gap) => sum + (gap.lost ?? 0), 0)).toBe(lost);
  expect(lost).toBeGreaterThan(100);
  const messages = lines.filter(({ message }) => /^(Received|Sent)/.test(message));
  expect(messages.length).toBeGreaterThanOrEqual(2 * count - lost);
  expect(lines.at(-1)?.message).toBe("Stopped");
}

/** A file system of 64 KB that is unmounted by `unmount`; undefined where mounting is not allowed. */
function mountSmallDisk(name: string) {
  const folder = join(files.scratch, `disk-${name}`);
  mkdirSync(folder, { recursive: true });
  const mount = (...words: string[]) =>
    Bun.spawnSync(["mount", ...words, folder], { stdout: "ignore", stderr: "ignore" }).exitCode === 0;
  if (!mount("-t", "tmpfs", "-o", "size=64k", "tmpfs")) return undefined;
  return {
    folder,
    grow: () => mount("-o", "remount,size=64m"),
    unmount: () => Bun.spawnSync(["umount", "-l", folder]).exitCode === 0,
  };
}

testBinaries("results that cannot be written are a failure, except when the reader has left", async () => {
  const shell = (command: string) => run(["sh", "-c", command], { cleanEnvironment: true });
  const refused = await shell(`${files.distsrv} schema > /dev/full`);
  expect(refused).toMatchObject({ status: 1, stderr: `Cannot write to standard output: ${noSpace}\n` });
  const help = await shell(`${files.distsrv} --help > /dev/full`);
  expect(help).toMatchObject({ status: 1, stderr: `Cannot write to standard output: ${noSpace}\n` });
  const left = await shell(`{ ${files.distsrv} schema; echo status $? >&2; } | head -n 1`);
  expect(left).toMatchObject({ stdout: "{\n", stderr: "status 0\n" });
});
