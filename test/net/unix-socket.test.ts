import { describe, expect, onTestFinished, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { unobserved } from "../../src/core/traffic.ts";
import { listenTcp } from "../../src/net/tcp/server.ts";
import { clearSocketPath, madePrivately, setSocketMode } from "../../src/net/unix-socket.ts";
import { rejects } from "../support/rejects.ts";
import { scratchFolder } from "../support/scratch.ts";

const isUnix = process.platform !== "win32";
const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

const folder = scratchFolder("unix-socket");
let folders = 0;

/** The path of a socket in a new folder with this mode. */
function pathIn(mode: number): string {
  const place = join(folder, String(folders++));
  mkdirSync(place);
  // mkdir would take the umask off.
  chmodSync(place, mode);
  return join(place, "socket");
}

/** Somebody who listens there, as a program does that does not set who may use its socket. */
function bound(path: string): void {
  const listener = Bun.listen({ unix: path, socket: { data() {} } });
  onTestFinished(() => listener.stop(true));
}

/** A service's listener with this mode, and what it logs. */
async function listen(path: string, mode: number): Promise<string[]> {
  const log: string[] = [];
  const note = (line: string) => void log.push(line);
  const context = { service: "test", traffic: unobserved, thread: 0, joins: false };
  const server = await listenTcp(
    { ...context, log: { debug: note, info: note, warning: note, error: note } },
    { host: "", port: 0, path, mode },
    { open: () => undefined, data() {} },
  );
  onTestFinished(() => server.stop(AbortSignal.abort()));
  return log;
}

test.skipIf(!isUnix)(
  "a socket is its owner's alone from its first moment, and the umask is what it was, also after a failure",
  () => {
    const path = pathIn(0o755);
    const before = process.umask(0);
    try {
      const listener = madePrivately(() => Bun.listen({ unix: path, socket: { data() {} } }));
      expect(statSync(path).mode & 0o777).toBe(0o600);
      listener.stop(true);
      expect(process.umask()).toBe(0);
      const fails = () =>
        madePrivately(() => {
          throw new Error("taken");
        });
      expect(fails).toThrow("taken");
      expect(process.umask()).toBe(0);
    } finally {
      process.umask(before);
    }
  },
);

describe.skipIf(!isUnix)("a listener's socket", () => {
  test.each([0o600, 0o660, 0o666])(
    "has its mode %o whatever the umask is, and the service's user",
    async (mode) => {
      const before = process.umask(0o077);
      onTestFinished(() => void process.umask(before));
      const path = pathIn(0o755);
      expect(await listen(path, mode)).toEqual([]);
      const { mode: made, uid, gid } = lstatSync(path);
      expect(made & 0o777).toBe(mode);
      expect([uid, gid]).toEqual([process.geteuid?.() ?? -1, process.getegid?.() ?? -1]);
    },
  );

  test.skipIf(!isRoot)("has the group of a folder that gives its own", async () => {
    const path = pathIn(0o755);
    chownSync(join(path, ".."), 0, nobody);
    chmodSync(join(path, ".."), 0o2755);
    await listen(path, 0o660);
    expect(lstatSync(path)).toMatchObject({ uid: 0, gid: nobody });
  });

  test("in a folder where everybody may put another in its place is warned of", async () => {
    const path = pathIn(0o777);
    const [line, ...more] = await listen(path, 0o660);
    expect(line).toContain(`Every user of this machine may write to the folder of ${path}`);
    expect(more).toEqual([]);
    // As /tmp is: there one may remove only what is one's own. And who shares a group shares the folder.
    for (const mode of [0o1777, 0o770]) expect(await listen(pathIn(mode), 0o660)).toEqual([]);
  });
});

describe.skipIf(process.platform !== "linux")("the mode is set on nothing but the socket", () => {
  test("where somebody has put a link there, what it leads to is left as it is", () => {
    const path = pathIn(0o777);
    const secret = `${path}.secret`;
    writeFileSync(secret, "secret", { mode: 0o600 });
    bound(path);
    rmSync(path);
    symlinkSync(secret, path);
    expect(() => setSocketMode(path, 0o666)).toThrow(`somebody has put something else at ${path}`);
    expect(statSync(secret).mode & 0o777).toBe(0o600);
  });

  test("nor on a file, nor on a socket of somebody else", () => {
    const path = pathIn(0o777);
    writeFileSync(path, "", { mode: 0o600 });
    expect(() => setSocketMode(path, 0o666)).toThrow("something else");
    rmSync(path);
    bound(path);
    if (isRoot) {
      chownSync(path, nobody, nobody);
      expect(() => setSocketMode(path, 0o666)).toThrow("something else");
      chownSync(path, 0, 0);
    }
    setSocketMode(path, 0o606);
    expect(statSync(path).mode & 0o777).toBe(0o606);
  });
});

test.skipIf(!isUnix)(
  "what is no socket stays where a socket is to be made, and so does what a link leads to",
  async () => {
    const path = pathIn(0o755);
    const file = `${path}.file`;
    writeFileSync(file, "mine");
    symlinkSync(file, path);
    await rejects(clearSocketPath(path), "is a file and no socket. Move it away");
    expect(readFileSync(path, "utf8")).toBe("mine");
  },
);
