import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { version } from "../../package.json";
import { startServer } from "../support/lab.ts";
import { needs } from "../support/needs.ts";
import { output, run } from "../support/program.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const withNpm = needs.node.isThere() && Bun.which("npm") !== null;
/** As everywhere, what is missing is skipped, except with CI set. */
const isSkipped = process.env.DISTSRV_E2E !== "1" || (!withNpm && !process.env.CI);
const home = mkdtempSync(join(tmpdir(), "distsrv-package-"));
const installed = join(home, "installed");
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Packing bundles the programs, and installing fetches Bun unless npm has it in its cache. */
const patience = 240_000;

const inFolder = { cwd: installed };
const npx = (...words: string[]) => output(["npx", ...words], inFolder);

// It is part of the end-to-end tests only: it takes longer than all unit tests of a folder.
describe.skipIf(isSkipped)("the npm package", () => {
  setDefaultTimeout(patience);

  beforeAll(async () => {
    if (!withNpm) throw new Error(`these tests need npm: ${needs.node.install}`);
    mkdirSync(installed);
    const packed = await run(
      ["npm", "pack", "--silent", "--pack-destination", home],
      { cwd: root },
      patience,
    );
    expect(packed.status).toBe(0);
    const file = join(home, `distsrv-${version}.tgz`);
    const quiet = ["--prefer-offline", "--no-audit", "--no-fund"];
    const outcome = await run(["npm", "install", ...quiet, file], inFolder, patience);
    expect(outcome).toMatchObject({ status: 0 });
  });

  test("brings nothing but Bun with it, and nothing that would have to be built", () => {
    const modules = readdirSync(join(installed, "node_modules")).filter((name) => !name.startsWith("."));
    expect(modules.sort()).toEqual(["@oven", "bun", "distsrv"]);
    const text = readFileSync(join(installed, "node_modules/distsrv/package.json"), "utf8");
    const { scripts } = JSON.parse(text) as { scripts: Record<string, string> };
    for (const name of ["preinstall", "install", "postinstall"]) expect(scripts).not.toHaveProperty(name);
  });

  test("runs by npx from the folder it is installed in", async () => {
    expect(await npx("distsrv", "--version")).toBe(`${version}\n`);
    expect(await npx("distcli", "--version")).toBe(`${version}\n`);
    expect(await npx("distsrv", "check", "--without", "udp")).toStartWith(
      "lab.yaml (built in) is fine: 13 services (mqtt, echo",
    );
    const wrong = await run(["npx", "distsrv", "--cofnig"], inFolder);
    expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining("--config") });
  });

  test("runs under Bun itself, and by bunx", async () => {
    const options = { ...inFolder, env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}` } };
    const bunx = (...words: string[]) => output([process.execPath, "x", ...words], options);
    expect(await bunx("distsrv", "--version")).toBe(`${version}\n`);
    expect(await bunx("--bun", "distcli", "--version")).toBe(`${version}\n`);
    const bin = realpathSync(join(installed, "node_modules/.bin/distsrv"));
    expect(await output([process.execPath, bin, "--version"], options)).toBe(`${version}\n`);
  });

  test("serves the lab, threads and dashboard included, and its client talks to it", async () => {
    const any = ["echo", "time", "zmq-rep"].flatMap((name) => ["--set", `services.${name}.port=0`]);
    const only = ["--only", "echo,time,zmq-rep", "--set", "admin.port=0", ...any];
    const lab = await startServer(only, { program: ["npx", "distsrv"], ...inFolder });
    const client = (...words: string[]) => npx("distcli", ...words, "--quiet");
    expect(await client("echo", "127.0.0.1", "-p", `${lab.port("echo")}`, "halo")).toContain("Echo: halo");
    expect(await client("time", "127.0.0.1", "-p", `${lab.port("time")}`)).toMatch(/JAM \d\d:\d\d:\d\d/);
    const endpoint = `tcp://127.0.0.1:${lab.port("zmq-rep")}`;
    expect(await client("zmq", "req", endpoint, "Hello")).toContain("World");
    const page = await fetch(`http://127.0.0.1:${lab.adminPort}/`);
    expect(await page.text()).toContain("<title>");
    // The signal reaches the server through npm and Node.js.
    lab.program.signal("SIGTERM");
    await lab.program.prints('"message":"Stopped"');
    await lab.program.exited;
  });
});
