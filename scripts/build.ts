// Builds dist/distsrv and dist/distcli: `bun run build`, `bun run build --target linux-arm64-musl`, `--target all`.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { dashboardPlugin } from "../src/dashboard/bundle.ts";

const root = join(import.meta.dir, "..");

/** What a build is named here, and what Bun calls it. libzmq inside the server is of the same kind. */
const targets = {
  "linux-x64-glibc": "bun-linux-x64",
  "linux-x64-musl": "bun-linux-x64-musl",
  "linux-arm64-glibc": "bun-linux-arm64",
  "linux-arm64-musl": "bun-linux-arm64-musl",
  "darwin-x64": "bun-darwin-x64",
  "darwin-arm64": "bun-darwin-arm64",
} as const satisfies Record<string, Bun.Build.CompileTarget>;

type Target = keyof typeof targets;

/** Worker threads start at an entry of their own, which must stand beside the main one. */
const binaries = {
  distsrv: ["src/distsrv.ts", "src/worker.ts"],
  distcli: ["src/distcli.ts"],
} as const;

const { values } = parseArgs({
  options: {
    target: { type: "string", multiple: true, default: [] },
    outdir: { type: "string", default: "dist" },
  },
});

const wanted = values.target.includes("all") ? Object.keys(targets) : values.target;
for (const target of wanted) if (!isTarget(target)) refuse(target);

if (wanted.length === 0) await build(hostTarget(), values.outdir);
for (const target of wanted.filter(isTarget)) await build(target, join(values.outdir, target));

async function build(target: Target, outdir: string): Promise<void> {
  mkdirSync(join(root, outdir), { recursive: true });
  for (const [name, entrypoints] of Object.entries(binaries)) {
    const outfile = join(root, outdir, name);
    const result = await Bun.build({
      entrypoints: entrypoints.map((entry) => join(root, entry)),
      compile: { target: targets[target], outfile },
      minify: true,
      // Parsed once, here: it halves the time to the first served client.
      bytecode: true,
      format: "esm",
      define: { LIBZMQ_TARGET: JSON.stringify(target), DASHBOARD_EMBEDDED: "true" },
      plugins: [await dashboardPlugin()],
      throw: false,
    });
    if (!result.success) {
      for (const log of result.logs) console.error(String(log));
      console.error(`Cannot build ${outdir}/${name} for ${target}`);
      process.exit(1);
    }
    console.log(`${outdir}/${name}  ${(Bun.file(outfile).size / 1e6).toFixed(0)} MB  ${target}`);
  }
}

function hostTarget(): Target {
  const { platform, arch } = process;
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
