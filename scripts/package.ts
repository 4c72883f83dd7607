// Builds lib/, which is what the npm package runs: the programs and the threads' entry in a few files, the dashboard and
// libzmq of every platform, so that the package needs nothing but Bun, and installing it builds nothing.
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dashboardPlugin } from "../src/dashboard/bundle.ts";
import { packagedLibraries } from "../src/net/zmq/packaged-libraries.ts";
import { thirdPartyText } from "./third-party.ts";

const root = join(import.meta.dir, "..");
const lib = join(root, "lib");

rmSync(lib, { recursive: true, force: true });
const result = await Bun.build({
  entrypoints: ["distsrv.ts", "distcli.ts", "worker.ts"].map((name) => join(root, "src", name)),
  outdir: lib,
  target: "bun",
  minify: true,
  format: "esm",
  splitting: true,
  naming: { entry: "[name].js", chunk: "chunk-[hash].js", asset: "[name]-[hash].[ext]" },
  define: { LIBZMQ_TARGET: '"package"', DASHBOARD_EMBEDDED: "true", WORKER_FILE: '"./worker.js"' },
  plugins: [await dashboardPlugin()],
  throw: false,
});
for (const log of result.logs) console.error(String(log));
if (!result.success) {
  console.error(`Cannot build ${lib}`);
  process.exit(1);
}

mkdirSync(join(lib, "libzmq"));
for (const [name, build] of Object.entries(packagedLibraries)) {
  copyFileSync(
    join(root, "node_modules/zeromq/build", build, "addon.node"),
    join(lib, "libzmq", `${name}.node`),
  );
}
writeFileSync(join(lib, "THIRD-PARTY.txt"), thirdPartyText());
const count = result.outputs.length + Object.keys(packagedLibraries).length + 1;
console.log(`${lib}  ${count} files`);
