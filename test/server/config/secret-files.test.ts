import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { maskPaths } from "../../../src/core/secrets.ts";
import { registry } from "../../../src/registry.ts";
import { ConfigError } from "../../../src/server/config/diagnostic.ts";
import type { LoadOptions } from "../../../src/server/config/load.ts";
import { loadPlan } from "../../../src/server/config/load.ts";
import { readPlan } from "../../../src/server/config/read-file.ts";
import { scratchFolder } from "../../support/scratch.ts";

const folder = scratchFolder("secrets");

/** A file with this content. @returns its name in the folder */
function secretFile(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return name;
}

const load = (source: string, options: Partial<LoadOptions> = {}) =>
  loadPlan({ file: "lab.yaml", source, folder, environment: {}, ...options }, registry);

/** The report of the mistakes in it; empty: there are none. */
function reportOf(source: string, options: Partial<LoadOptions> = {}): string {
  try {
    load(source, options);
    return "";
  } catch (error) {
    if (error instanceof ConfigError) return error.report();
    throw error;
  }
}

const userWith = (password: string) =>
  `services:\n  mqtt:\n    port: 0\n    users:\n      - name: ani\n        password: ${password}\n`;

const passwordOf = (source: string, options: Partial<LoadOptions> = {}) => {
  const config = load(source, options).services[0]?.config as { users: { password: string }[] };
  return config.users[0]?.password;
};

describe("a reference to a file", () => {
  test("is filled in with its text, without the one line end that editors write", () => {
    for (const [content, text] of [
      ["rahasia", "rahasia"],
      ["rahasia\n", "rahasia"],
      ["rahasia\r\n", "rahasia"],
      ["rahasia\n\n", "rahasia\n"],
      [" dua baris\nlagi ", " dua baris\nlagi "],
      ["12345\n", "12345"],
      ["*a: {${X}", "*a: {${X}"],
    ] as const) {
      const name = secretFile("ani", content);
      expect(passwordOf(userWith(`\${file:${name}}`))).toBe(text);
      expect(passwordOf(userWith(`"\${file:${join(folder, name)}}"`))).toBe(text);
    }
  });

  test("may stand inside of text, beside the environment, and behind an alias", () => {
    secretFile("half", "siang\n");
    const source = userWith("malam-${file:./half}-${NAME}-$${file:half}");
    expect(passwordOf(source, { environment: { NAME: "x" } })).toBe("malam-siang-x-${file:half}");
    const aliased = `x-p: &p "\${file:half}"\n${userWith("*p")}`;
    expect(passwordOf(aliased)).toBe("siang");
  });

  test("may give a number, a truth value, and follow a link as Kubernetes makes it", () => {
    secretFile("port", "2345\n");
    symlinkSync("port", join(folder, "link"));
    const source = 'services:\n  echo: { port: "${file:link}" }\n  time: { port: ${PORT:-1} }\n';
    expect(load(source.replace("${PORT:-1}", "45000")).services[0]?.config).toMatchObject({ port: 2345 });
  });

  test("is no reference to a variable that is called file", () => {
    expect(passwordOf(userWith("${file:-abc}"))).toBe("abc");
    expect(passwordOf(userWith("${file:-abc}"), { environment: { file: "x" } })).toBe("x");
  });

  test("starts at the folder of the configuration, wherever distsrv was started", () => {
    secretFile("ani", "rahasia\n");
    const file = join(folder, "lab.yaml");
    writeFileSync(file, userWith("${file:ani}"));
    expect(readPlan({ file, environment: {} }, registry).services[0]?.config).toMatchObject({
      users: [{ name: "ani", password: "rahasia" }],
    });
  });

  test("that cannot be read is reported with its place, the whole path, and the reason", () => {
    const report = (path: string) => reportOf(userWith(`\${file:${path}}`));
    expect(report("nope")).toStartWith(
      `lab.yaml:6:19  services.mqtt.users.0.password: \${file:nope} is ${join(folder, "nope")}, which is not there\n`,
    );
    expect(report("nope:-abc")).toContain("is not there; a reference to a file has no default\n");
    mkdirSync(join(folder, "inner"));
    expect(report("inner")).toContain("inner, which is no file\n");
    expect(report("/dev/zero")).toContain("which is no file\n");
    expect(report(secretFile("latin1", Uint8Array.of(0x66, 0xe9)))).toContain("which is not UTF-8 text\n");
    expect(report(secretFile("big", "x".repeat(65_537)))).toContain(
      "which is too large: it has more than 65536 bytes (64 KiB)\n",
    );
    expect(report(secretFile("just", "x".repeat(65_536)))).toBe("");
    expect(report("")).toContain("${file:} is no reference; write ${NAME}");
  });

  test.skipIf(process.getuid?.() === 0)("that may not be read says so", () => {
    chmodSync(join(folder, secretFile("locked", "x")), 0);
    expect(reportOf(userWith("${file:locked}"))).toContain("which may not be read; check its permissions\n");
  });

  test("a pipe that nobody writes to does not keep distsrv waiting", () => {
    const pipe = join(folder, "pipe");
    expect(Bun.spawnSync(["mkfifo", pipe]).exitCode).toBe(0);
    expect(reportOf(userWith("${file:pipe}"))).toContain("which is no file\n");
  });

  test("many references to a big file are bounded together", () => {
    secretFile("just", "x".repeat(65_536));
    const users = (count: number) =>
      Array.from({ length: count }, (_, i) => `      - { name: u${i}, password: "\${file:just}" }\n`).join(
        "",
      );
    const source = (count: number) => `services:\n  mqtt:\n    port: 0\n    users:\n${users(count)}`;
    expect(reportOf(source(64))).toBe("");
    expect(reportOf(source(65))).toStartWith(
      "lab.yaml:69:32  services.mqtt.users.64.password: ${file:just} is one too many: all files together give more than 4194304 bytes\n",
    );
  });

  test("on another machine, whose files are not here, has some text", () => {
    const source = `admin: { token: "\${file:/nowhere/token}" }\n${userWith("${file:/nowhere/ani}")}`;
    expect(load(source, { isElsewhere: true }).services).toHaveLength(1);
    expect(reportOf(source)).toContain("which is not there");
  });
});

describe("what is in a file", () => {
  const secret = 'kunci"rahasia\\42';

  test("is in no report, whatever setting it is wrong for", () => {
    secretFile("secret", `${secret}\n`);
    for (const source of [
      'services:\n  echo: { port: "${file:secret}" }\n',
      'services:\n  echo: { concurrency: "${file:secret}" }\n',
      'services:\n  x: { role: "${file:secret}" }\n',
      "services:\n  echo: ${file:secret}\n",
      'services:\n  rest: { tls: { cert: a, key: b, ciphers: "AES128-SHA:${file:secret}" } }\n',
      'services:\n  mqtt: { connectTimeout: "${file:secret}" }\n',
      'log: { level: "${file:secret}" }\nservices: { echo: }\n',
      'log: "${file:secret}"\nservices: { echo: }\n',
      'operations: { add: "${file:secret}" }\nservices: { echo: }\n',
      'operations: { "${file:secret}": a + b }\nservices: { echo: }\n',
      'services:\n  mqtt: { users: [{ name: "${file:secret}", password: a }, { name: "${file:secret}", password: b }] }\n',
      'services:\n  mqtt: { publish: [{ topic: "${file:secret}/#", message: x, every: 1s }] }\n',
      'services:\n  echo: { tls: { cert: "${file:secret}", key: "${file:secret}" } }\n',
    ]) {
      const report = reportOf(source);
      expect(report).not.toBe("");
      for (const part of ["kunci", "rahasia", "42"]) expect(report).not.toContain(part);
    }
  });

  test("is said to be wrong where it stands, with the file's name", () => {
    secretFile("secret", secret);
    expect(reportOf('services:\n  echo: { port: "${file:secret}" }\n')).toBe(
      [
        "lab.yaml:2:17  services.echo.port: cannot be what secret holds, which is not shown; with another value here this says what is wrong",
        '    2 |   echo: { port: "${file:secret}" }',
        "      |                 ^^^^^^^^^^^^^^^^",
      ].join("\n"),
    );
  });

  test("is said to be wrong in detail where the setting is secret anyway", () => {
    secretFile("empty", "\n");
    expect(reportOf(userWith("${file:empty}"))).toContain("password: must be text, not empty\n");
    secretFile("short", "pendek\n");
    const report = reportOf('admin: { token: "${file:short}" }\nservices: { echo: }\n');
    expect(report).toContain("admin.token: must ");
    expect(report).not.toContain("pendek");
  });

  test("is marked in the plan, so that it is masked wherever the configuration is shown", () => {
    secretFile("secret", secret);
    const source =
      'services:\n  echo: { port: 0, reply: "${file:secret}: {message}" }\n  mqtt: { users: [{ name: a, password: "${file:secret}" }] }\n  time:\n';
    expect(reportOf(source)).toBe("");
    expect(load(source).services.map(({ hidden }) => hidden)).toEqual([
      [["reply"]],
      [["users", "0", "password"]],
      [],
    ]);
    // What stands for several users moves those behind it.
    const users = '[{ count: 2, prefix: m }, { name: "${file:secret}", password: p }]';
    writeFileSync(join(folder, "m.yaml"), "- { name: m01, password: a }\n- { name: m02, password: b }\n");
    const { hidden, config } = load(`services:\n  mqtt: { users: ${users} }\n`).services[0]!;
    expect(JSON.stringify(config)).toMatch(/m02.*rahasia/);
    expect(JSON.stringify(maskPaths(config, hidden))).not.toContain("rahasia");
  });
});
