import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import { maxWaiting } from "../src/net/udp/server.ts";
import { registry } from "../src/registry.ts";
import { jsonSchema, settingsSchema } from "../src/server/config/schema.ts";
import { load } from "./support/registry.ts";

const folder = join(import.meta.dir, "../config");
const read = (file: string) => readFileSync(join(folder, file), "utf8");
const lab = read("lab.yaml");

/** Every setting written out: `#port: 2222` without its mark. Where there is no default, `as in:` shows a sample. */
const withSamples = lab.replace(/^(\s*)#(?=[a-z]\w*:)/gim, "$1");
const writtenOut = lab.replace(/(?<!as in:\n)^(\s*)#(?=[a-z]\w*:)/gim, "$1");

describe("the files in config/", () => {
  test.each([...new Glob("*.yaml").scanSync(folder)])("%s is fine as it is", (file) => {
    expect(load(read(file), registry).services.length).toBeGreaterThan(0);
  });

  test("an exercise that needs several machines listens on the network", () => {
    for (const file of ["lab.yaml", "concurrency.yaml"]) {
      for (const { name, config } of load(read(file), registry).services) {
        expect({ file, name, config }).toMatchObject({ config: { host: "0.0.0.0" } });
      }
    }
  });

  test("every default that lab.yaml documents is the real one", () => {
    expect(writtenOut).not.toBe(lab);
    const [plain, explicit] = [load(lab, registry), load(writtenOut, registry)];
    for (const [i, { name, config }] of plain.services.entries()) {
      expect({ name, config: explicit.services[i]?.config }).toEqual({ name, config });
    }
    expect(explicit.settings).toEqual(plain.settings);
    expect(explicit.definitions).toEqual(plain.definitions);
  });

  test("the samples in lab.yaml are fine, too", () => {
    const services = load(withSamples, registry).services;
    const configOf = (name: string) => services.find((service) => service.name === name)?.config;
    expect(configOf("upcall")).toMatchObject({ events: { every: 5000 } });
    expect(configOf("zmq-pub")).toMatchObject({ publish: [{ topic: "suhu" }] });
  });

  test("lab.yaml documents every role and every setting", () => {
    for (const role of registry.roles) {
      const section =
        lab.match(new RegExp(`^  ${role.name}:$[\\s\\S]*?(?=^  [a-z]|$(?![\\s\\S]))`, "m"))?.[0] ?? "";
      for (const key of settingsOf(role.name)) {
        // host: and tls: are said once for all services.
        const isThere = ["host", "tls"].includes(key) || new RegExp(`^ +#? ?${key}:`, "m").test(section);
        expect({ role: role.name, key, isThere }).toEqual({ role: role.name, key, isThere: true });
      }
    }
    const top = { ...settingsSchema.shape, ...settingsSchema.shape.log.unwrap().shape };
    for (const key of Object.keys(top)) expect(lab).toMatch(new RegExp(`^ *#? ?${key}:`, "m"));
  });

  test("lab.yaml's own services and operations are those that a file without them gets", () => {
    const bare = load("services: { echo: }", registry);
    expect(load(lab, registry).definitions).toEqual(bare.definitions);
  });

  test("distsrv.schema.json is what `distsrv schema` prints", () => {
    const regenerate = "bun src/distsrv.ts schema > config/distsrv.schema.json";
    expect({ regenerate, schema: JSON.parse(read("distsrv.schema.json")) }).toEqual({
      regenerate,
      schema: JSON.parse(JSON.stringify(jsonSchema(registry.roles))),
    });
  });
});

function settingsOf(role: string): string[] {
  const schema = JSON.parse(read("distsrv.schema.json"));
  const { properties } = schema.properties.services.properties[role];
  return Object.keys(properties).filter((key) => key !== "role" && key !== "restart");
}

test("the lab at every limit at once stays below a gigabyte", () => {
  const { services } = load(lab, registry);
  // What the clients of a service may make it hold, all together.
  const limits = [
    "maxBuffered",
    "maxSendBuffers",
    "maxReceiveBuffers",
    "maxAllQueuedBytes",
    "maxSubscriptionBytes",
    "maxRetainedBytes",
  ];
  const held = services.map(({ config }) => {
    const known = limits.map((name) => Number(Reflect.get(Object(config), name) ?? 0));
    return known.reduce((sum, bytes) => sum + bytes, 0);
  });
  // Only UDP has none: what waits there is bounded by a constant.
  expect(services.filter((_, index) => held[index] === 0).map(({ name }) => name)).toEqual(["udp"]);
  const [admin, idle] = [16, 90].map((megabytes) => megabytes * 1024 * 1024);
  const all = held.reduce((sum, bytes) => sum + bytes, 0);
  expect(all + admin! + idle! + maxWaiting.bytes).toBeLessThan(1024 ** 3);
});
