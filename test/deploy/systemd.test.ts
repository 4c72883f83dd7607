import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { registry } from "../../src/registry.ts";
import { run } from "../support/program.ts";
import { load } from "../support/registry.ts";

const deploy = join(import.meta.dir, "../../deploy");
const unit = readFileSync(join(deploy, "distsrv.service"), "utf8");
const setting = (name: string): string | undefined => new RegExp(`^${name}=(.*)$`, "m").exec(unit)?.[1];

const analyze = Bun.which("systemd-analyze");

test.skipIf(analyze === null)("systemd understands the unit [needs systemd]", async () => {
  const folder = mkdtempSync(join(tmpdir(), "distsrv-unit-"));
  try {
    // With programs that are there on any machine; the manual page is not.
    const here = unit.replaceAll("/usr/bin/distsrv", "/bin/true").replace(/^Documentation=.*\n/m, "");
    writeFileSync(join(folder, "distsrv.service"), here);
    const { stderr } = await run(["systemd-analyze", "verify", "--man=no", join(folder, "distsrv.service")]);
    expect(stderr.split("\n").filter((line) => line.includes("distsrv.service"))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the unit runs the file that the package brings, as a user that the package makes", () => {
  expect(setting("ExecStart")).toBe("/usr/bin/distsrv --config /etc/distsrv/lab.yaml --log-format json");
  expect(setting("ExecReload")).toBe("/bin/kill -HUP $MAINPID");
  expect(setting("ExecStartPre")).toBe("/usr/bin/distsrv check /etc/distsrv/lab.yaml");
  const user = setting("User");
  expect(readFileSync(join(deploy, "sysusers.conf"), "utf8")).toMatch(new RegExp(`^u +${user} `, "m"));
  expect(readFileSync(join(deploy, "tmpfiles.conf"), "utf8")).toContain(`/var/lib/distsrv 0750 ${user} `);
  expect(setting("StateDirectory")).toBe("distsrv");
});

test("a stop has longer than the grace of the lab, and a compiler of JavaScript may work", () => {
  const lab = readFileSync(join(deploy, "../config/lab.yaml"), "utf8");
  expect(parseInt(setting("TimeoutStopSec") ?? "", 10) * 1000).toBeGreaterThan(
    load(lab, registry).settings.grace,
  );
  expect(unit).not.toContain("MemoryDenyWriteExecute=yes");
});
