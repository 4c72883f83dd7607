import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The files of the dashboard, by the path they are served at. */
export type DashboardFiles = ReadonlyMap<string, string>;

const page = join(import.meta.dir, "page");
const worker = join(import.meta.dir, "capture/worker.ts");

/**
 * Makes what a browser loads out of the sources: one script, one sheet, the page around them. The build embeds
 * the result in the binary; run from source, the server calls this when the dashboard is first asked for.
 * @throws {AggregateError} with what the bundler complains about
 */
export async function bundleDashboard(): Promise<DashboardFiles> {
  const { outputs } = await Bun.build({
    entrypoints: [join(page, "main.tsx"), join(page, "theme.ts"), join(page, "style/main.css")],
    root: page,
    target: "browser",
    minify: true,
    naming: "[name].[ext]",
    tsconfig: join(page, "tsconfig.json"),
  });
  const files = new Map([["index.html", readFileSync(join(page, "index.html"), "utf8")]]);
  files.set("icon.svg", readFileSync(join(page, "icon.svg"), "utf8"));
  for (const output of outputs) files.set(output.path.replace(/^\.\//, ""), await output.text());
  files.set("capture.js", await bundleWorker());
  return files;
}

/** What reads a capture: a script of its own, which the page loads when a file is opened and not before. */
async function bundleWorker(): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [worker],
    target: "browser",
    minify: true,
    // The platform is the server's business; a browser has no `process`.
    define: { "process.platform": '"browser"' },
  });
  return (await outputs[0]?.text()) ?? "";
}

/**
 * For `Bun.build`: gives the imports of `dashboard:NAME` in assets.ts their files, to be embedded in the binary.
 * They stay files there, so a server whose dashboard nobody opens does not hold them in memory.
 */
export async function dashboardPlugin(): Promise<Bun.BunPlugin> {
  const files = await bundleDashboard();
  return {
    name: "dashboard",
    setup(build) {
      build.onResolve({ filter: /^dashboard:/ }, ({ path }) => ({
        path: path.slice("dashboard:".length),
        namespace: "dashboard",
      }));
      build.onLoad({ filter: /.*/, namespace: "dashboard" }, ({ path }) => {
        const contents = files.get(path);
        if (contents === undefined)
          throw new Error(`The dashboard has no file "${path}": it has ${[...files.keys()].join(", ")}`);
        return { contents, loader: "file" };
      });
    },
  };
}
