// The bill of materials of the programs, as CycloneDX 1.5 JSON: `bun scripts/sbom.ts [FILE]`, else to the output.
// What is installed comes from bun.lock; which of it is inside the programs, from what the sources import.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import { z } from "zod";
import { dependencies, devDependencies, name, version } from "../package.json";

const root = join(import.meta.dir, "..");

const names = z.record(z.string(), z.string()).default({});
const entrySchema = z.tuple([z.string(), z.string(), z.object({ dependencies: names }), z.string()]);
const lockSchema = z.object({ packages: z.record(z.string(), entrySchema) });

type Packages = z.infer<typeof lockSchema>["packages"];

export interface Component {
  readonly type: "library" | "platform";
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  /** excluded: a tool of the build and the tests, which no program contains. */
  readonly scope: "required" | "excluded";
  readonly purl: string;
  readonly hashes: readonly { readonly alg: "SHA-512"; readonly content: string }[];
  readonly licenses?: readonly { readonly expression: string }[];
}

/** @param imported the packages that the sources import */
export function billOfMaterials(lockText: string, imported: ReadonlySet<string>) {
  const { packages } = lockSchema.parse(Bun.JSONC.parse(lockText));
  const shipped = reachableFrom(packages, ["bun", ...imported]);
  const components = Object.keys(packages).map((key) => component(packages, key, shipped.has(key)));
  const own = `pkg:npm/${name}@${version}`;
  const below = Object.entries(packages).map(([key, [, , { dependencies }]]) => ({
    ref: purlOf(packages, key),
    dependsOn: keysOf(packages, key, Object.keys(dependencies)).map((found) => purlOf(packages, found)),
  }));
  const direct = keysOf(packages, "", ["bun", ...imported]).map((key) => purlOf(packages, key));
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    // The same for the same lock file, so that a build can be repeated.
    serialNumber: `urn:uuid:${uuidOf(lockText)}`,
    version: 1,
    metadata: {
      component: { type: "application", "bom-ref": own, name, version, licenses: [{ expression: "MIT" }] },
    },
    components,
    dependencies: [{ ref: own, dependsOn: direct }, ...below],
  };
}

/** What the programs contain, each with its folder in node_modules. */
export function shippedComponents(): (Component & { readonly key: string })[] {
  const { packages } = lockSchema.parse(Bun.JSONC.parse(readFileSync(join(root, "bun.lock"), "utf8")));
  const shipped = reachableFrom(packages, ["bun", ...importedPackages()]);
  return [...shipped].sort().map((key) => ({ key, ...component(packages, key, true) }));
}

/** The packages whose modules the sources import by name; types alone leave nothing in a program. */
export function importedPackages(): Set<string> {
  const found = new Set<string>();
  const declared = new Set(Object.keys({ ...dependencies, ...devDependencies }));
  for (const file of new Glob("src/**/*.{ts,tsx}").scanSync(root)) {
    const loader = file.endsWith("x") ? "tsx" : "ts";
    const source = readFileSync(join(root, file), "utf8").replace(/^#!.*/, "");
    const imports = new Bun.Transpiler({ loader }).scanImports(source);
    for (const { path } of imports) {
      const [package_] = /^(?:@[^/]+\/)?[^/.:@][^/:]*(?=\/|$)/.exec(path) ?? [];
      // JSX counts as an import of react, which there is not.
      if (package_ !== undefined && declared.has(package_)) found.add(package_);
    }
  }
  return found;
}

function reachableFrom(packages: Packages, roots: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const rest = keysOf(packages, "", roots);
  for (let key = rest.pop(); key !== undefined; key = rest.pop()) {
    if (reached.has(key)) continue;
    reached.add(key);
    rest.push(...keysOf(packages, key, Object.keys(packages[key]?.[2].dependencies ?? {})));
  }
  return reached;
}

/** Where the lock has these dependencies of a package: below it, below one that it is itself below, or at the top. */
function keysOf(packages: Packages, from: string, dependencies: readonly string[]): string[] {
  return dependencies.flatMap((dependency) => {
    for (let parent = from; parent !== ""; parent = parent.slice(0, Math.max(0, parent.lastIndexOf("/")))) {
      if (Object.hasOwn(packages, `${parent}/${dependency}`)) return [`${parent}/${dependency}`];
    }
    return Object.hasOwn(packages, dependency) ? [dependency] : [];
  });
}

function component(packages: Packages, key: string, isShipped: boolean): Component {
  const [identity, , , integrity] = packages[key] ?? ["", "", { dependencies: {} }, ""];
  const at = identity.lastIndexOf("@");
  const [algorithm, digest = ""] = integrity.split("-", 2);
  if (algorithm !== "sha512") throw new Error(`bun.lock has ${integrity} for ${identity}, and not a SHA-512`);
  const licence = licenceOf(key);
  return {
    type: key === "bun" ? "platform" : "library",
    "bom-ref": purlOf(packages, key),
    name: identity.slice(0, at),
    version: identity.slice(at + 1),
    scope: isShipped ? "required" : "excluded",
    purl: purlOf(packages, key),
    hashes: [{ alg: "SHA-512", content: Buffer.from(digest, "base64").toString("hex") }],
    ...(licence === undefined ? {} : { licenses: [{ expression: licence }] }),
  };
}

function purlOf(packages: Packages, key: string): string {
  return `pkg:npm/${(packages[key]?.[0] ?? "").replace(/^@/, "%40")}`;
}

/** As the installed package says; those of other machines are not installed. */
function licenceOf(key: string): string | undefined {
  const file = join(root, "node_modules", key, "package.json");
  if (!existsSync(file)) return undefined;
  const { data } = z.object({ license: z.string() }).safeParse(JSON.parse(readFileSync(file, "utf8")));
  return data?.license;
}

function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const groups = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return groups.join("-");
}

if (import.meta.main) {
  const lock = readFileSync(join(root, "bun.lock"), "utf8");
  const text = `${JSON.stringify(billOfMaterials(lock, importedPackages()), null, 2)}\n`;
  const [file] = process.argv.slice(2);
  if (file === undefined) process.stdout.write(text);
  else writeFileSync(file, text);
}
