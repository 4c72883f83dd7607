import { afterAll, setDefaultTimeout, test } from "bun:test";
import { constants, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { maxTestTime } from "./until.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const names = ["distsrv", "distcli"] as const;

/** Copies of both binaries, alone in a folder. */
export interface Binaries {
  readonly folder: string;
  readonly distsrv: string;
  readonly distcli: string;
  /** An empty folder elsewhere, for files that tests create. */
  readonly scratch: string;
}

/**
 * `test` that needs the binaries. `npm run e2e` builds them and sets DISTSRV_E2E=1. Without that the test is skipped
 * when the binaries are older than any source.
 */
export const testBinaries: (title: string, body: () => void | Promise<void>, timeout?: number) => void =
  chooseTest();

function chooseTest(): typeof testBinaries {
  const missing = skipReason();
  if (missing === undefined) return (title, body, timeout) => test(title, body, timeout);
  if (process.env.DISTSRV_E2E === "1" && process.env.CI) {
    return (title) =>
      test(`${title} [${missing}]`, () => {
        throw new Error(`CI is set, so nothing may be skipped: ${missing}`);
      });
  }
  return (title, body) => test.skip(`${title} [${missing}]`, body);
}

/** Whether the tests run, for the preparations of a file. */
export const haveBinaries = skipReason() === undefined;

function skipReason(): string | undefined {
  const built = names.map((name) => join(root, "dist", name));
  if (!built.every((path) => existsSync(path))) return "needs dist/: bun run build";
  if (process.env.DISTSRV_E2E === "1") return undefined;
  const oldest = Math.min(...built.map((path) => statSync(path).mtimeMs));
  const sources = [...new Bun.Glob("{src,config}/**/*").scanSync({ cwd: root }), "package.json"];
  const isStale = sources.some((path) => statSync(join(root, path)).mtimeMs > oldest);
  return isStale ? "needs a build of these sources: bun run build" : undefined;
}

/** Copies the binaries to an empty folder. Both folders are deleted after the file's tests. */
export function copyBinaries(): Binaries {
  setDefaultTimeout(maxTestTime);
  const home = mkdtempSync(join(tmpdir(), "distsrv-e2e-"));
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  const [folder, scratch] = [join(home, "bin"), join(home, "scratch")];
  mkdirSync(folder);
  mkdirSync(scratch);
  for (const name of names) {
    copyFileSync(join(root, "dist", name), join(folder, name), constants.COPYFILE_FICLONE);
  }
  return { folder, scratch, distsrv: join(folder, "distsrv"), distcli: join(folder, "distcli") };
}
