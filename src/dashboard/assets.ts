import { resolve } from "node:path";

/** One file of the dashboard as it is served. */
export interface DashboardAsset {
  /** Its Content-Type. */
  readonly type: string;
  readonly body: string | Uint8Array;
}

export type DashboardAssets = ReadonlyMap<string, DashboardAsset>;

/** What the page may do: its own files and its own server, pictures it has made itself, nothing from elsewhere. */
export const dashboardPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Where each file is served, and as what. */
const served = {
  "index.html": ["/", "text/html; charset=utf-8"],
  "main.js": ["/assets/main.js", "text/javascript; charset=utf-8"],
  "capture.js": ["/assets/capture.js", "text/javascript; charset=utf-8"],
  "theme.js": ["/assets/theme.js", "text/javascript; charset=utf-8"],
  "main.css": ["/assets/main.css", "text/css; charset=utf-8"],
  "icon.svg": ["/assets/icon.svg", "image/svg+xml"],
} as const satisfies Record<string, readonly [path: string, type: string]>;

type FileName = keyof typeof served;

let assets: Promise<DashboardAssets> | undefined;

/**
 * The dashboard by path: "/" is the page, "/assets/..." what it loads. Made when first asked for and kept, so that
 * a server whose dashboard nobody opens spends neither time nor memory on it.
 */
export function dashboardAssets(): Promise<DashboardAssets> {
  assets ??= load().catch((cause: unknown) => {
    // Not kept: the next request tries again.
    assets = undefined;
    throw new Error("Cannot make the dashboard's files", { cause });
  });
  return assets;
}

async function load(): Promise<DashboardAssets> {
  const files = (await embeddedFiles()) ?? (await bundledFiles());
  const entries = await Promise.all(
    Object.entries(served).map(async ([name, [path, type]]) => {
      return [path, { type, body: await files(name as FileName) }] as const;
    }),
  );
  return new Map(entries);
}

type Files = (name: FileName) => Promise<string>;

/** In a compiled binary; the build sets `DASHBOARD_EMBEDDED` and gives these imports their files (bundle.ts). */
async function embeddedFiles(): Promise<Files | undefined> {
  if (typeof DASHBOARD_EMBEDDED === "undefined") return undefined;
  const places = {
    "index.html": (await import("dashboard:index.html", { with: { type: "file" } })).default,
    "main.js": (await import("dashboard:main.js", { with: { type: "file" } })).default,
    "capture.js": (await import("dashboard:capture.js", { with: { type: "file" } })).default,
    "theme.js": (await import("dashboard:theme.js", { with: { type: "file" } })).default,
    "main.css": (await import("dashboard:main.css", { with: { type: "file" } })).default,
    "icon.svg": (await import("dashboard:icon.svg", { with: { type: "file" } })).default,
  };
  // In a binary these are absolute paths inside of it, in the npm package they are relative to the file that runs.
  return (name) => Bun.file(resolve(import.meta.dir, places[name])).text();
}

/** From source. The bundler is loaded only here. */
async function bundledFiles(): Promise<Files> {
  if (typeof DASHBOARD_EMBEDDED !== "undefined") throw new Error("This binary has no dashboard in it");
  const { bundleDashboard } = await import("./bundle.ts");
  const files = await bundleDashboard();
  return async (name) => {
    const text = files.get(name);
    if (text === undefined)
      throw new Error(`The bundle has no "${name}": it has ${[...files.keys()].join(", ")}`);
    return text;
  };
}
