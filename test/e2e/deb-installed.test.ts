// The package for Debian, installed in a Debian of its own.
import { afterAll, beforeAll, expect, onTestFinished, setDefaultTimeout } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { version } from "../../package.json";
import { labPorts } from "../../src/core/ports.ts";
import { type DebianRoot, debianRoot } from "../support/debian-root.ts";
import { startServer } from "../support/lab.ts";
import { missingOn, testOnMachine, wantsMachine } from "../support/machine.ts";
import { createNetwork, networkRefusal, processOf } from "../support/machines.ts";
import { type Outcome, output, run } from "../support/program.ts";

const root = join(import.meta.dir, "../..");
/** Downloading a Debian takes a minute, and longer over a slow network. */
const patience = 400_000;
setDefaultTimeout(60_000);

const debian: DebianRoot | undefined = wantsMachine ? await prepare() : undefined;
const testPackage = testOnMachine(debian?.refusal);
const home = mkdtempSync(join(tmpdir(), "distsrv-deb-"));
const chroot = join(home, "root");
afterAll(() => rmSync(home, { recursive: true, force: true }));

let installed: Outcome;

async function prepare(): Promise<DebianRoot> {
  const refusal = missingOn({ "dpkg-deb": "dpkg" }) ?? networkRefusal();
  return refusal === undefined ? await debianRoot() : { refusal };
}

/**
 * The beginning of a command that runs in the Debian. Bun needs /proc; it is mounted for this command alone, so that
 * nothing is left mounted.
 */
const chrooted = (...options: readonly string[]): string[] => {
  const script = 'mount -t proc proc "$0/proc" && exec chroot "$@"';
  return ["unshare", "--mount", "--", "sh", "-c", script, chroot, ...options, chroot];
};
const clean = { cleanEnvironment: true, env: { LANG: "C", DEBIAN_FRONTEND: "noninteractive" } };
const inside = (...words: readonly string[]): Promise<Outcome> => run([...chrooted(), ...words], clean);
const inChroot = (path: string): string => join(chroot, path);
const unit = (): string => readFileSync(inChroot("usr/lib/systemd/system/distsrv.service"), "utf8");

/** The values of a setting in the unit, in their order. */
const ofUnit = (name: string): string[] =>
  [...unit().matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map(([, value = ""]) => value);

if (debian !== undefined && debian.refusal === undefined) {
  const { tar } = debian;
  beforeAll(async () => {
    await output([process.execPath, join(root, "scripts/deb.ts")]);
    const [name = ""] = readdirSync(join(root, "dist")).filter(
      (file) => file.includes(`_${version}_`) && file.endsWith(".deb"),
    );
    mkdirSync(chroot);
    await output(["tar", "-C", chroot, "-xf", tar]);
    await output(["cp", join(root, "dist", name), inChroot("tmp/distsrv.deb")]);
    installed = await inside("dpkg", "--install", "/tmp/distsrv.deb");
  }, patience);
}

testPackage("dpkg installs it without a warning, with a user of its own that owns its folder", async () => {
  expect(installed).toMatchObject({ status: 0, stderr: "" });
  const passwd = readFileSync(inChroot("etc/passwd"), "utf8");
  const [, uid] = /^distsrv:x:(\d+):\d+:[^:]*:\/var\/lib\/distsrv:\/usr\/sbin\/nologin$/m.exec(passwd) ?? [];
  const { uid: owner, mode } = statSync(inChroot("var/lib/distsrv"));
  expect({ owner, mode: mode & 0o777 }).toEqual({ owner: Number(uid), mode: 0o750 });
  for (const program of ["distsrv", "distcli"])
    expect(await inside(`/usr/bin/${program}`, "--version")).toMatchObject({
      status: 0,
      stdout: `${version}\n`,
    });
});

testPackage(
  "the unit's own commands run in it as its user, and every service makes its round trip",
  async () => {
    const network = createNetwork(["172.16.16.101", "172.16.16.102"]);
    onTestFinished(() => network.remove());
    const [server, client] = network.machines;
    const [user] = ofUnit("User");
    const asUser = chrooted(`--userspec=${user}:${user}`);
    const variables = ["/usr/bin/env", ...ofUnit("Environment")];
    for (const command of ofUnit("ExecStartPre"))
      expect(await run([...asUser, ...variables, ...command.split(" ")], clean)).toMatchObject({ status: 0 });
    const [start = ""] = ofUnit("ExecStart");
    const program = [...server!.inside, ...asUser, ...variables, ...start.split(" ")];
    const lab = await startServer([], { program, cleanEnvironment: true, cleanUp: () => {} });
    expect(Object.fromEntries(lab.services.map((name) => [name, lab.port(name)]))).toEqual(labPorts);
    const doctor = await run([...client!.inside, ...chrooted(), "distcli", "doctor", server!.address], clean);
    expect(doctor).toMatchObject({ status: 0 });
    const pid = processOf(server!, "/usr/bin/distsrv")!;
    expect(statSync(`/proc/${pid}`).uid).toBe(statSync(inChroot("var/lib/distsrv")).uid);
    process.kill(pid, "SIGTERM");
    expect((await lab.program.outcome()).status).toBe(0);
  },
);

testPackage("a lab.yaml that was changed survives a new version, and goes only with a purge", async () => {
  const config = inChroot("etc/distsrv/lab.yaml");
  const own = "services: { echo: }\n";
  writeFileSync(config, own);
  expect((await inside("dpkg", "--install", "/tmp/distsrv.deb")).status).toBe(0);
  expect(readFileSync(config, "utf8")).toBe(own);
  expect((await inside("dpkg", "--remove", "distsrv")).status).toBe(0);
  expect(readFileSync(config, "utf8")).toBe(own);
  expect((await inside("test", "-e", "/usr/bin/distsrv")).status).toBe(1);
  expect((await inside("dpkg", "--purge", "distsrv")).status).toBe(0);
  for (const path of ["/etc/distsrv", "/var/lib/distsrv"])
    expect((await inside("test", "-e", path)).status).toBe(1);
});
