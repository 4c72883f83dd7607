import { describe, expect, test } from "bun:test";
import { maskSecrets } from "../../../../src/core/secrets.ts";
import { registry } from "../../../../src/registry.ts";
import { mqttConfig } from "../../../../src/roles/mqtt/config.ts";
import { ConfigError } from "../../../../src/server/config/diagnostic.ts";
import { loadPlan } from "../../../../src/server/config/load.ts";

const verifier = `SCRAM-SHA-256$4096:c2FsdHNhbHQ=$${"A".repeat(43)}=:${"B".repeat(43)}=`;

/** The mistakes that `distsrv check` reports in these settings; undefined: none. */
function mistakes(settings: string, environment: Record<string, string> = {}): string | undefined {
  const source = `services:\n  mqtt:\n    ${settings}\n`;
  try {
    loadPlan({ file: "lab.yaml", source, environment }, registry);
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error.report();
    throw error;
  }
}

describe("users", () => {
  test("may have any password from the environment", () => {
    const settings = 'users: [{ name: budi, password: "${SECRET}" }]';
    for (const SECRET of ["rahasia", "12345", "true", "*a: {", verifier]) {
      expect(mistakes(settings, { SECRET })).toBeUndefined();
    }
  });

  test.each([
    ["", "services.mqtt.users.0.password: must be text, not empty"],
    [
      "SCRAM-SHA-256$geheim",
      "services.mqtt.users.0.password: must be a verifier such as SCRAM-SHA-256$4096:SALT",
    ],
    [verifier.replace("4096", "4095"), "with 4096 to 10000000 iterations"],
    [`${verifier}geheim`, "must be a verifier"],
  ])("the report of a mistake in the password %j does not quote it", (SECRET, message) => {
    const report = mistakes('users: [{ name: budi, password: "${SECRET}" }]', { SECRET }) ?? "";
    expect(report).toContain(message);
    if (SECRET !== "") expect(report).not.toContain(SECRET);
    expect(report).not.toContain("geheim");
  });

  test.each([
    ["users: [{ name: budi }]", "services.mqtt.users.0.password: must be set: text\n"],
    ["users: [{ name: budi, password: 4711 }]", "services.mqtt.users.0.password: must be text, in quotes\n"],
    ["users: [{ password: x }]", "services.mqtt.users.0.name: must be set: text"],
    ["anonymous: false", "services.mqtt.anonymous: must not be false without users: nobody could connect"],
    [
      "users: [{ name: José, password: x }, { name: José, password: y }]",
      "services.mqtt.users.1.name: must be another name",
    ],
    ["users: { count: 0, prefix: m }", "services.mqtt.users.count: must be at least 1, and is 0"],
    ["users: { cout: 2, prefix: m }", 'there is no setting "cout". Did you mean "count"?'],
    ['users: { count: 2, prefix: "a b" }', "users.prefix: must be of letters, digits, dots, dashes"],
    ["users: { count: 2, prefix: m, password: x }", 'there is no setting "password". There are '],
    [
      "users: [{ count: 2, prefix: m }, { name: m01, password: x }]",
      'services.mqtt.users.1.name: must be another name: "m01" is listed already',
    ],
    [
      "users: [{ name: m01, password: x }, { count: 2, prefix: m }]",
      'services.mqtt.users.1.prefix: must be another prefix: "m01" is listed already',
    ],
    [
      "users: { count: 2, prefix: m }\n    access: [{ user: m03, publish: a }]",
      "services.mqtt.access.0.user",
    ],
  ])("%s is a mistake", (settings, message) => {
    expect(mistakes(settings)).toContain(message);
  });

  test("are shown without their passwords", () => {
    const config = mqttConfig.parse({ users: [{ name: "budi", password: "rahasia" }], anonymous: true });
    const shown = JSON.stringify(maskSecrets(mqttConfig, config));
    expect(shown).toContain('"users":[{"name":"budi","password":"***"}]');
    expect(shown).not.toContain("rahasia");
    expect(structuredClone(config)).toEqual(config);
  });
});
