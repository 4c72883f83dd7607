import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../../../src/server/config/diagnostic.ts";
import { maxFileSize, readPlan } from "../../../src/server/config/read-file.ts";
import { maxDepth } from "../../../src/server/config/yaml-source.ts";
import { fakeRegistry, fakeRole, load, reportOf } from "../../support/registry.ts";
import { scratchFolder } from "../../support/scratch.ts";

const fake = fakeRegistry(fakeRole("echo"), fakeRole("time"));

const reportOfFile = (file: string): string => {
  try {
    readPlan({ file, environment: {} }, fake);
  } catch (error) {
    if (error instanceof ConfigError) return error.report();
    throw error;
  }
  return "fine";
};

describe("the depth of a file", () => {
  const tooDeep = `more than ${maxDepth} levels deep here; at most ${maxDepth} are read`;

  test.each([
    ["maps", "{a: ", "}"],
    ["lists", "[", "]"],
    ["lists without brackets", "- ", ""],
  ])("%s within each other are read up to 64 levels, and no deeper", (_, open, close) => {
    const nested = (levels: number) => {
      const value = `${open.repeat(levels)}1${close.repeat(levels)}`;
      return `services: { echo: }\nx-a: ${open === "- " ? "\n  " : ""}${value}\n`;
    };
    const levels = maxDepth - 1; // the file itself is the first
    expect(load(nested(levels), fake).services).toHaveLength(1);
    const report = reportOf(nested(levels + 1), fake);
    expect(report).toContain(tooDeep);
    expect(report.match(/is not YAML/g)).toHaveLength(1);
  });

  test("a hundred thousand brackets are refused at the one that is too many, with its column", () => {
    expect(reportOf(`services: { echo: }\nx-a: ${"[".repeat(100_000)}`, fake)).toBe(
      `lab.yaml:2:${6 + maxDepth - 1}  is not YAML: maps and lists are nested ${tooDeep}`,
    );
  });

  test("aliases of aliases count as the depth they stand for", () => {
    const levels = Array.from({ length: 100 }, (_, i) => `x-${i + 1}: &a${i + 1} [*a${i}]`);
    const report = reportOf(`x-0: &a0 [1]\n${levels.join("\n")}\nservices: { echo: }\n`, fake);
    expect(report).toContain(`with *a62 maps and lists are nested more than ${maxDepth} levels deep`);
  });
});

describe("the size of a file", () => {
  test("is at most 4 MiB, and a larger one is refused with its size before it is parsed", () => {
    const folder = scratchFolder("bounds");
    const write = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const services = "services: { echo: }\n";
    const fits = services + "#".repeat(maxFileSize - services.length);
    expect(reportOfFile(write("fits.yaml", fits))).toBe("fine");
    expect(reportOfFile(write("large.yaml", `${fits}#`))).toEndWith(
      "is too large: it has 4194305 bytes, and a configuration at most 4194304 (4 MiB)",
    );
  });

  test("of a file without end is more than that", () => {
    expect(reportOfFile("/dev/zero")).toBe(
      "/dev/zero  is too large: it has more than 4194304 bytes, and a configuration at most 4194304 (4 MiB)",
    );
  });

  test("thousands of services are read, each with its own mistake reported", () => {
    const lines = Array.from({ length: 4000 }, (_, i) => `  e${i}: { role: echo, port: ${i + 1}, prot: 1 }`);
    const report = reportOf(`services:\n${lines.join("\n")}\n`, fake);
    expect(report.match(/Did you mean "port"/g)).toHaveLength(4000);
    expect(report).toContain("lab.yaml:4001:36  services.e3999.prot");
  });

  test("a line of more than a thousand characters is not shown below each of its errors", () => {
    const list = Array.from({ length: 100 }, (_, i) => `e${i}: { role: echo, prot: 1 }`);
    expect(reportOf(`services: { ${list.join(", ")} }\n`, fake).split("\n")).toHaveLength(100);
  });
});

describe("aliases", () => {
  test("one that stands for nothing is reported at its place, and nothing else is", () => {
    expect(reportOf("x-a: &bass { port: 1 }\nservices:\n  echo: *base\n", fake)).toBe(
      [
        "lab.yaml:3:9  services.echo: there is no &base above for *base to stand for. Did you mean *bass?",
        "    3 |   echo: *base",
        "      |         ^^^^^",
      ].join("\n"),
    );
    expect(reportOf("services:\n  echo: { <<: *nope }\n", fake)).toContain(
      "lab.yaml:2:15  services.echo.<<: there is no &nope",
    );
    expect(reportOf("services: &all\n  echo: *all\n", fake)).toContain("*all stands inside of &all itself");
    expect(reportOf("services: *later\nx-a: &later { echo: }\n", fake)).toContain("there is no &later above");
  });

  test("an alias of another kind than a map cannot be merged", () => {
    expect(reportOf("x-a: &a 5\nservices:\n  echo: { <<: *a }\n", fake)).toBe(
      [
        "lab.yaml:3:15  services.echo.<<: << takes a map, or a list of maps, to merge",
        "    3 |   echo: { <<: *a }",
        "      |               ^^",
      ].join("\n"),
    );
  });

  test("two hundred services share one base, and a list of bases counts from its first", () => {
    const services = Array.from({ length: 200 }, (_, i) => `  e${i}: { <<: *base, port: ${i + 1} }`);
    const plan = load(
      `x-base: &base { role: echo, host: "::1", port: 9 }\nservices:\n${services.join("\n")}\n`,
      fake,
    );
    expect(plan.services[199]?.config).toMatchObject({ host: "::1", port: 200 });
    const source =
      "x-a: &a { port: 1 }\nx-b: &b { port: 2, host: '::1' }\nservices:\n  echo: { <<: [*a, *b] }\n";
    expect(load(source, fake).services[0]?.config).toMatchObject({ port: 1, host: "::1" });
  });

  test("what is wrong in a base is shown where it stands, and text from the environment in it has no type", () => {
    const base = (port: string) => `x-a: &a { port: ${port} }\nservices:\n  echo: { <<: *a }\n  time: *a\n`;
    expect(reportOf(base("70000"), fake)).toContain(
      "lab.yaml:1:17  services.echo.port: must be at most 65535",
    );
    const plan = load(base('"${P}"').replace("time: *a", "time: { port: 1 }"), fake, {
      environment: { P: "45" },
    });
    expect(plan.services[0]?.config).toMatchObject({ port: 45 });
  });

  test("a million values by aliases of aliases are too many", () => {
    const levels = Array.from(
      { length: 11 },
      (_, i) => `x-${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}, *a${i}]`,
    );
    const report = reportOf(`x-0: &a0 [1]\n${levels.join("\n")}\nservices: { echo: }\n`, fake);
    expect(report).toContain("with this alias the file stands for more than 1000000 values");
  });
});

describe("what YAML allows and a configuration does not", () => {
  test("a tag that names a type of some program is refused where it stands", () => {
    expect(reportOf("services:\n  echo: !!python/object:os.system { port: 1 }\n", fake)).toBe(
      [
        "lab.yaml:2:9  the tag !!python/object:os.system has no meaning here; take it away",
        "    2 |   echo: !!python/object:os.system { port: 1 }",
        "      |         ^^^^^^^^^^^^^^^^^^^^^^^^^",
      ].join("\n"),
    );
    expect(load("services:\n  echo: { host: !!str 12 }\n", fake).services[0]?.config).toMatchObject({
      host: "12",
    });
  });

  test.each([
    ["? [a, b]\n: 1", "a key must be plain text, and is a list"],
    ["? { a: b }\n: 1", "a key must be plain text, and is a map"],
  ])("the key of %j is refused", (entry, message) => {
    expect(reportOf(`services: { echo: }\n${entry}\n`, fake)).toContain(message);
  });

  test.each([
    ["services:\n  echo: { port: 2222\n  time: { port: 1 }\n", "2:9", "this { is not closed; end it with }"],
    ["services:\n  echo: { port: 2222\nhost: '::1'\n", "2:9", "this { is not closed; end it with }"],
    ["services: {\n  echo: { port: 2222 },\n", "1:11", "this { is not closed; end it with }"],
    ["x-a: [1, [2, 3]\nservices: { echo: }\n", "1:6", "this [ is not closed; end it with ]"],
    ["x-a: [ { b: 1 ]\nservices: { echo: }\n", "1:8", "this { is closed by ]; end it with }"],
  ])("in %j the bracket that is not closed is reported, and nothing else", (source, place, message) => {
    const report = reportOf(source, fake);
    expect(report).toStartWith(`lab.yaml:${place}  is not YAML: ${message}`);
    expect(report.match(/lab\.yaml/g)).toHaveLength(1);
  });
});
