// Builds dist/distsrv and dist/distcli: `bun run build`, `bun run build --target linux-arm64-musl`, `--target all`.
import { copyFileSync, linkSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { version } from "../package.json";
import { dashboardPlugin } from "../src/dashboard/bundle.ts";

const root = join(import.meta.dir, "..");

/** What a build is named here, and what Bun calls it. libzmq inside the client is of the same kind. */
const targets = {
  "linux-x64-glibc": "bun-linux-x64",
  "linux-x64-musl": "bun-linux-x64-musl",
  "linux-arm64-glibc": "bun-linux-arm64",
  "linux-arm64-musl": "bun-linux-arm64-musl",
  "darwin-x64": "bun-darwin-x64",
  "darwin-arm64": "bun-darwin-arm64",
  "windows-x64": "bun-windows-x64",
} as const satisfies Record<string, Bun.Build.CompileTarget>;

type Target = keyof typeof targets;

/** The program decides by its name which of the two it is. Worker threads start at an entry of their own. */
const entrypoints = ["src/binary.ts", "src/worker.ts"];

const { values } = parseArgs({
  options: {
    target: { type: "string", multiple: true, default: [] },
    outdir: { type: "string", default: "dist" },
    archive: { type: "boolean", default: false },
  },
});

const wanted = values.target.includes("all") ? Object.keys(targets) : values.target;
for (const target of wanted) if (!isTarget(target)) refuse(target);

const outdir = resolve(root, values.outdir);
if (wanted.length === 0) await make(hostTarget(), outdir);
for (const target of wanted.filter(isTarget)) await make(target, join(outdir, target));

async function make(target: Target, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const [distsrv, distcli] = ["distsrv", "distcli"].map((name) =>
    join(folder, target.startsWith("windows") ? `${name}.exe` : name),
  ) as [string, string];
  await compile(target, distsrv);
  const isShared = link(distsrv, distcli);
  const size = `${(statSync(distsrv).size / 1e6).toFixed(0)} MB`;
  console.log(`${distsrv}  ${size}  ${target}`);
  console.log(`${distcli}  ${isShared ? "the same file" : size}`);
  if (values.archive) pack(target, folder, [distsrv, distcli]);
}

async function compile(target: Target, outfile: string): Promise<void> {
  const result = await Bun.build({
    entrypoints: entrypoints.map((entry) => join(root, entry)),
    compile: { target: targets[target], outfile },
    minify: true,
    // Parsed once, here: it halves the time to the first served client.
    bytecode: true,
    format: "esm",
    // Each program, and each thread, loads its own part only.
    splitting: true,
    define: { LIBZMQ_TARGET: JSON.stringify(target), DASHBOARD_EMBEDDED: "true" },
    plugins: [await dashboardPlugin()],
    throw: false,
  });
  if (result.success) return;
  for (const log of result.logs) console.error(String(log));
  console.error(`Cannot build ${outfile} for ${target}`);
  process.exit(1);
}

/** A second name for the same file. @returns false where the file system has no hard links, and it is a copy */
function link(file: string, name: string): boolean {
  rmSync(name, { force: true });
  try {
    linkSync(file, name);
    return true;
  } catch {
    copyFileSync(file, name);
    return false;
  }
}

/** tar keeps the second name a link, so the archive has the runtime once. */
function pack(target: Target, folder: string, files: readonly string[]): void {
  const archive = join(outdir, `distsrv-${version}-${target}.tar.gz`);
  const names = files.map((file) => file.slice(folder.length + 1));
  const { exitCode, stderr } = Bun.spawnSync(["tar", "-czf", archive, "-C", folder, ...names]);
  if (exitCode !== 0) {
    console.error(`Cannot write ${archive}: tar ended with ${exitCode}: ${stderr.toString().trim()}`);
    process.exit(1);
  }
  console.log(`${archive}  ${(statSync(archive).size / 1e6).toFixed(0)} MB`);
}

function hostTarget(): Target {
  const { arch } = process;
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const target =
    platform === "linux" ? `linux-${arch}-${isMusl() ? "musl" : "glibc"}` : `${platform}-${arch}`;
  return isTarget(target) ? target : refuse(target);
}

function isMusl(): boolean {
  const report: unknown = process.report?.getReport();
  const header =
    typeof report === "object" && report !== null && "header" in report ? report.header : undefined;
  const hasGlibc = typeof header === "object" && header !== null && "glibcVersionRuntime" in header;
  return !hasGlibc && Bun.spawnSync(["sh", "-c", "ls /lib/ld-musl-*"]).exitCode === 0;
}

function isTarget(name: string): name is Target {
  return Object.hasOwn(targets, name);
}

function refuse(target: string): never {
  console.error(`Cannot build for "${target}": the targets are ${Object.keys(targets).join(", ")} and all`);
  process.exit(2);
}
