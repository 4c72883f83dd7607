import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { Glob } from "bun";

const src = join(import.meta.dir, "../src");

/** Who may import whom; the entries, at the top of `src`, may import all. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: ["core"],
  protocol: ["core", "protocol"],
  net: ["net", "core", "protocol"],
  storage: ["storage", "core"],
  observe: ["observe", "core", "protocol"],
  report: ["report", "core", "protocol"],
  dashboard: ["dashboard", "report", "core", "protocol"],
  roles: ["roles", "core", "protocol", "net", "storage"],
  server: ["server", "core", "observe", "dashboard"],
  cli: ["cli", "report", "core", "protocol", "net"],
};

interface Import {
  readonly from: string;
  readonly to: string;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), "utf8");
  const specifiers = [...text.matchAll(/(?:from|import|import\()\s*["'](\.[^"']+)["']/g)].map(
    (match) => match[1]!,
  );
  return specifiers.map((specifier) => ({
    from: file,
    to: relative(src, join(src, dirname(file), specifier)),
  }));
}

/** The tables of roles know them all. */
const tables = ["roles/index.ts", "roles/threaded.ts"];

/** The layers of the MQTT broker, from the ground up: each may import itself and those before it. */
const layers = ["ports", "wire", "routing", "session", "broker", "client"];

const files = [...new Glob("**/*.{ts,tsx}").scanSync(src)];
const imports = files.flatMap(importsOf);
const layerOf = (path: string) => (path.includes("/") ? path.split("/")[0]! : "entry");

describe("the house", () => {
  test("there is something to check", () => {
    expect(files.length).toBeGreaterThan(50);
    expect(imports.length).toBeGreaterThan(100);
  });

  test("imports run only from a layer to those it may know", () => {
    const wrong = imports.filter(({ from, to }) => {
      const layer = layerOf(from);
      return layer !== "entry" && !allowed[layer]?.includes(layerOf(to));
    });
    expect(wrong).toEqual([]);
  });

  test("a role never imports another role", () => {
    const roleOf = (path: string) => path.split("/")[1];
    const wrong = imports.filter(
      ({ from, to }) =>
        layerOf(from) === "roles" &&
        layerOf(to) === "roles" &&
        !tables.includes(from) &&
        roleOf(from) !== roleOf(to),
    );
    expect(wrong).toEqual([]);
  });

  test("no imports go round in a circle, of types or of values", () => {
    const known = new Set(files);
    const graph = new Map(files.map((file) => [file, [] as string[]]));
    for (const { from, to } of imports) if (known.has(to)) graph.get(from)?.push(to);
    expect(circleIn(graph)).toEqual([]);
    const tiny = new Map([
      ["a", ["b"]],
      ["b", ["c"]],
      ["c", ["b"]],
    ]);
    expect(circleIn(tiny)).toEqual(["b", "c", "b"]);
  });

  test("inside the broker imports run downward, and only its entries know users, auth, rules, insight and the durable store", () => {
    const root = "roles/mqtt/";
    const entries = ["index.ts", "config.ts", "access-files.ts"];
    const layerOfBroker = (path: string) => path.slice(root.length).split("/")[0]!;
    const inside = imports.filter(({ from, to }) => from.startsWith(root) && to.startsWith(root));
    const wrong = inside.filter(({ from, to }) => {
      const [layer, target] = [layerOfBroker(from), layerOfBroker(to)];
      if (layers.includes(layer)) {
        // Configuration is known to all: it is data.
        const isConfig = target === "config.ts";
        return !isConfig && (!layers.includes(target) || layers.indexOf(target) > layers.indexOf(layer));
      }
      const aside = ["rules", "auth", "users"];
      const isAside = [...aside, "insight", "durable"].includes(target);
      // Users know what is beside them, and those the rules.
      const isDownward = aside.includes(layer) && aside.indexOf(target) < aside.indexOf(layer);
      return (
        isAside && layer !== target && !(aside.includes(target) && isDownward) && !entries.includes(layer)
      );
    });
    expect(wrong).toEqual([]);
    const ofStore = inside.filter(({ from }) => layerOfBroker(from) === "durable");
    expect(ofStore.filter(({ to }) => !["durable", "ports"].includes(layerOfBroker(to)))).toEqual([]);
    expect(ofStore.length).toBeGreaterThan(0);
    expect(new Set(inside.map(({ from }) => layerOfBroker(from)))).toContain("client");
  });

  test("protocol is pure: no clock, no timer, no randomness, no socket", () => {
    const impure =
      /\b(Date\.now|new Date\(\)|setTimeout|setInterval|Math\.random\(|performance\.now|Bun\.|process\.)/;
    const wrong = files.filter((file) => layerOf(file) === "protocol" && impure.test(codeOf(file)));
    expect(wrong).toEqual([]);
  });

  // The dashboard's programs to be pasted elsewhere are texts: what they open, they open there.
  const running = files.filter((file) => !file.startsWith("dashboard/page/try/code/"));

  test("only net opens sockets and loads native code", () => {
    const sockets =
      /\bBun\.(listen|connect|serve|udpSocket)\b|from ["'](node:(http|net|tls|dgram)|bun:ffi)["']/;
    const wrong = running.filter((file) => layerOf(file) !== "net" && sockets.test(codeOf(file)));
    expect(wrong).toEqual([]);
  });

  test("only the entries touch the process", () => {
    const process = /\bprocess\.(exit|argv|stdin|stdout|stderr|on|env)\b|\bconsole\./;
    const wrong = running.filter((file) => layerOf(file) !== "entry" && process.test(codeOf(file)));
    expect(wrong).toEqual([]);
  });

  test("no role keeps module state", () => {
    const state = /^(export )?let /m;
    const wrong = files.filter((file) => layerOf(file) === "roles" && state.test(codeOf(file)));
    expect(wrong).toEqual([]);
  });
});

/** The file without its comments. */
function codeOf(file: string): string {
  const text = readFileSync(join(src, file), "utf8");
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
}

/** The files of a circle of imports, the first of them again at the end; none if there is no circle. */
function circleIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const circle = visit(next);
      if (circle.length > 0) return circle;
    }
    path.pop();
    done.add(file);
    return [];
  };
  for (const file of graph.keys()) {
    const circle = visit(file);
    if (circle.length > 0) return circle;
  }
  return [];
}
