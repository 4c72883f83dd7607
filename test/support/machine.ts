import { test } from "bun:test";
import { haveBinaries, testBinaries } from "./binaries.ts";

type Body = () => void | Promise<void>;

/**
 * A test that needs more of its machine than programs: root, network namespaces, a chroot. Where the machine forbids
 * it, the test is skipped and its title says why, with `CI` set, too: no installation would change that. It takes
 * longer than others, so it is part of `npm run e2e` only.
 * @param reason why the machine cannot run it; undefined when it can
 */
export function testOnMachine(
  reason: string | undefined,
): (title: string, body: Body, limit?: number) => void {
  if (process.env.DISTSRV_E2E !== "1")
    return (title, body) => test.skip(`${title} [part of npm run e2e]`, body);
  if (!haveBinaries) return (title, body) => testBinaries(title, body);
  if (reason !== undefined) return (title, body) => test.skip(`${title} [${reason}]`, body);
  return (title, body, limit) => test(title, body, limit);
}

/** Whether such tests are wanted at all, for what is expensive to find out or to prepare. */
export const wantsMachine = process.env.DISTSRV_E2E === "1" && haveBinaries;

/** Why this machine cannot run these programs as root; undefined when it can. */
export function missingOn(needed: Readonly<Record<string, string>>): string | undefined {
  if (process.platform !== "linux") return `needs Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "needs root";
  const missing = Object.keys(needed).filter((name) => commandPath(name) === undefined);
  const packages = [...new Set(missing.map((name) => needed[name]))];
  return missing.length === 0
    ? undefined
    : `needs ${missing.join(", ")}: apt-get install ${packages.join(" ")}`;
}

/** Also where only root looks. */
export const commandPath = (name: string): string | undefined =>
  Bun.which(name, { PATH: `${process.env.PATH}:/usr/sbin:/sbin` }) ?? undefined;

/** Why a command fails, in one line; undefined when it succeeds. */
export function refusalOf(command: readonly string[]): string | undefined {
  const { exitCode, stderr } = Bun.spawnSync([...command], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  if (exitCode === 0) return undefined;
  return `"${command.join(" ")}" ended with ${exitCode}: ${stderr.toString().trim().split("\n").at(-1)}`;
}
