import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { dependencies, version } from "../../package.json";
import { billOfMaterials, importedPackages } from "../../scripts/sbom.ts";

const lock = readFileSync(fileURLToPath(new URL("../../bun.lock", import.meta.url)), "utf8");
const imported = importedPackages();
const bill = billOfMaterials(lock, imported);
const scopeOf = (name: string) => bill.components.find((component) => component.name === name)?.scope;

test("the bill of materials has every package of the lock once, with version, address and hash", () => {
  const locked = [...lock.matchAll(/^ {4}"[^"]+": \["([^"]+)"/gm)].map(([, identity]) => identity);
  expect(locked.length).toBeGreaterThan(100);
  expect(bill.components.map(({ name, version }) => `${name}@${version}`)).toEqual(locked as string[]);
  expect(new Set(bill.components.map((component) => component["bom-ref"])).size).toBe(locked.length);
  for (const { purl, hashes } of bill.components) {
    expect(purl).toMatch(/^pkg:npm\/(%40[\w.-]+\/)?[\w.-]+@\d/);
    expect(hashes).toEqual([{ alg: "SHA-512", content: expect.stringMatching(/^[0-9a-f]{128}$/) }]);
  }
});

test("it tells what the programs contain from what only builds and tests them", () => {
  expect(bill.components.find(({ name }) => name === "bun")).toMatchObject({
    version: dependencies.bun,
    type: "platform",
  });
  for (const inside of ["bun", "zod", "hono", "zeromq", "soap", "axios", "preact"])
    expect({ inside, scope: scopeOf(inside) }).toEqual({ inside, scope: "required" });
  for (const tool of ["typescript", "@biomejs/biome", "fast-check", "playwright-core"])
    expect({ tool, scope: scopeOf(tool) }).toEqual({ tool, scope: "excluded" });
});

test("its dependencies refer to its components, and the program's are what the sources import", () => {
  const refs = new Set(bill.components.map((component) => component["bom-ref"]));
  const [own, ...others] = bill.dependencies;
  expect(own?.ref).toBe(`pkg:npm/distsrv@${version}`);
  expect(own?.dependsOn.length).toBe(new Set(["bun", ...imported]).size);
  for (const { ref, dependsOn } of [...others, ...bill.dependencies]) {
    if (ref !== own?.ref) expect(refs).toContain(ref);
    for (const below of dependsOn) expect(refs).toContain(below);
  }
});

test("the nearest version of a package is its dependents': one below another package before the one at the top", () => {
  const at = (name: string, version: string, dependencies: Record<string, string> = {}) =>
    JSON.stringify([
      `${name}@${version}`,
      "",
      { dependencies },
      `sha512-${Buffer.alloc(64, version).toString("base64")}`,
    ]);
  const own = `{ "packages": {
    "a": ${at("a", "1.0.0", { b: "^2" })}, "b": ${at("b", "1.0.0")}, "a/b": ${at("b", "2.0.0")},
  } }`;
  const { components, dependencies } = billOfMaterials(own, new Set(["a"]));
  expect(dependencies.find(({ ref }) => ref === "pkg:npm/a@1.0.0")?.dependsOn).toEqual(["pkg:npm/b@2.0.0"]);
  expect(components.map(({ purl, scope }) => [purl, scope])).toEqual([
    ["pkg:npm/a@1.0.0", "required"],
    ["pkg:npm/b@1.0.0", "excluded"],
    ["pkg:npm/b@2.0.0", "required"],
  ]);
});

test("the same lock makes the same bill, another lock another serial number", () => {
  expect(billOfMaterials(lock, imported)).toEqual(bill);
  expect(bill.serialNumber).toMatch(
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(billOfMaterials(lock.replace('"1.4.5"', '"1.4.6"'), imported).serialNumber).not.toBe(
    bill.serialNumber,
  );
});
