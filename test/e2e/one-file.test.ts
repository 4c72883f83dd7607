import { expect, onTestFinished } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { version } from "../../package.json";
import { copyBinaries, haveBinaries, testBinaries } from "../support/binaries.ts";
import { output, run } from "../support/program.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const files = haveBinaries ? copyBinaries() : { folder: "", scratch: "", distsrv: "", distcli: "" };

testBinaries("distsrv and distcli are two names of one file", () => {
  const [distsrv, distcli] = ["distsrv", "distcli"].map((name) => statSync(join(root, "dist", name)));
  expect(distcli?.ino).toBe(distsrv?.ino as number);
});

testBinaries("each is itself: copied alone, found by PATH, and as a symbolic link to the other", async () => {
  const clean = { cwd: files.scratch, cleanEnvironment: true };
  const helpOf = (command: readonly string[]) => output([...command, "--help"], clean);
  expect(await helpOf([files.distcli])).toStartWith("Usage: distcli");
  expect(await helpOf([files.distsrv])).toStartWith("Usage: distsrv");
  const link = join(files.scratch, "distcli");
  symlinkSync(files.distsrv, link);
  expect(await helpOf([link])).toStartWith("Usage: distcli");
  const byPath = await run(["/bin/sh", "-c", "distcli --help"], {
    env: { PATH: files.folder },
    cwd: files.scratch,
  });
  expect(byPath.stdout).toStartWith("Usage: distcli");
});

testBinaries("its hints name the client beside it", async () => {
  const words = ["--only", "echo", "--set", "services.echo.port=0", "--set", "admin=false"];
  const command = `timeout -s INT 5 ./distsrv ${words.join(" ")} --log-format text | head -n 2; true`;
  const { stdout } = await run(["sh", "-c", command], { cwd: files.folder, cleanEnvironment: true });
  expect(stdout).toMatch(/\.\/distcli echo 127\.0\.0\.1 -p \d+ halo\n/);
});

testBinaries("an archive holds the runtime once, and both programs come out of it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "distsrv-archive-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const build = [process.execPath, "scripts/build.ts", "--outdir", folder, "--archive"];
  expect(await run(build, { cwd: root }, 120_000)).toMatchObject({ status: 0 });
  const archive = readdirSync(folder).find((name) => name.endsWith(".tar.gz")) ?? "";
  expect(archive).toMatch(new RegExp(`^distsrv-${RegExp.escape(version)}-\\w+-\\w+(-\\w+)?\\.tar\\.gz$`));
  const listed = await output(["tar", "-tvzf", join(folder, archive)]);
  expect(listed).toMatch(/ distsrv\n/);
  expect(listed).toMatch(/ distcli link to distsrv\n/);
  mkdirSync(join(folder, "out"));
  await output(["tar", "-xzf", archive, "-C", "out"], { cwd: folder });
  expect(await output([join(folder, "out/distcli"), "--version"])).toBe(`${version}\n`);
  expect(statSync(join(folder, "out/distcli")).nlink).toBe(2);
});
