import { describe, expect, onTestFinished, test } from "bun:test";
import mqttJs, { type IClientOptions } from "mqtt";
import { type MqttConfig, mqttConfig } from "../../../src/roles/mqtt/config.ts";
import { mqtt } from "../../../src/roles/mqtt/index.ts";
import { packet } from "../../support/mqtt-packets.ts";
import { RawClient } from "../../support/raw-client.ts";
import { rejects } from "../../support/rejects.ts";
import { ScramClient } from "../../support/scram-client.ts";
import { startRole } from "../../support/start-role.ts";

const users = [
  { name: "ani", password: "rahasia" },
  { name: "sri", password: "guru", groups: ["dosen"] },
];

async function start(config: Record<string, unknown>) {
  const started = await startRole(mqtt, config);
  const ports = started.service.addresses.map(({ port }) => port);
  return { ...started, ports };
}

async function dial(port: number | undefined, options: IClientOptions = {}) {
  const client = await mqttJs.connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0, ...options });
  onTestFinished(() => client.endAsync(true));
  return client;
}

/** CONNECT of each version, which differ in name, level and, in 5, properties. */
const connects = {
  "3.1": packet(0x10, "MQIsdp", [3, 2, 0, 60], "c"),
  "3.1.1": packet(0x10, "MQTT", [4, 2, 0, 60], "c"),
  "5": packet(0x10, "MQTT", [5, 2, 0, 60, 0], "c"),
};
type Name = keyof typeof connects;

/** What a client of the version is answered, after the fixed header: flags and return code, or reason code. */
async function answer(port: number | undefined, version: Name): Promise<number[]> {
  const client = await RawClient.connect(port ?? 0);
  client.write(connects[version]);
  const [first, length] = await client.bytes(2);
  expect(first).toBe(0x20);
  return [...(await client.bytes(length ?? 0))].slice(0, 2);
}

describe("the versions of a listener", () => {
  // Section 3.2.2.3 of MQTT 3.1.1, and 3.2.2.2 of MQTT 5.
  const accepted = [0, 0];
  const refused: Record<Name, number[]> = { "3.1": [0, 1], "3.1.1": [0, 1], "5": [0, 0x84] };
  const names = ["3.1", "3.1.1", "5"] as const;
  const cases: [versions: unknown, spoken: readonly Name[]][] = [
    [undefined, names],
    [[5], ["5"]],
    [["5.0"], ["5"]],
    [
      [3.1, "3.1.1"],
      ["3.1", "3.1.1"],
    ],
    [["3.1.1"], ["3.1.1"]],
    [
      [5, 5, "3.1"],
      ["5", "3.1"],
    ],
  ];
  for (const [versions, spoken] of cases) {
    test(`${JSON.stringify(versions)}: others are refused in their own words`, async () => {
      const { ports } = await start({
        ...(versions !== undefined && { versions }),
        listeners: [{ port: 0 }],
      });
      for (const port of ports)
        for (const name of names)
          expect([name, await answer(port, name)]).toEqual([
            name,
            spoken.includes(name) ? accepted : refused[name],
          ]);
    });
  }

  test("may differ from the service's", async () => {
    const { ports } = await start({ versions: [5], listeners: [{ port: 0, versions: ["3.1.1"] }] });
    expect(await answer(ports[0], "3.1.1")).toEqual([0, 1]);
    expect(await answer(ports[1], "3.1.1")).toEqual([0, 0]);
    expect(await answer(ports[1], "5")).toEqual([0, 0x84]);
  });

  test("are named to a client of MQTT 5 that is refused", async () => {
    const { ports } = await start({ versions: [3.1, "3.1.1"] });
    const client = await RawClient.connect(ports[0] ?? 0);
    client.write(connects["5"]);
    await client.ended;
    expect(client.received.toString()).toContain("this listener speaks MQTT 3.1 and 3.1.1 only");
  });

  for (const versions of [[], [4], ["3.2"], 5, [{}]]) {
    test(`cannot be ${JSON.stringify(versions)}`, () => {
      expect(mqttConfig.safeParse({ versions }).success).toBe(false);
      expect(mqttConfig.safeParse({ listeners: [{ port: 0, versions }] }).success).toBe(false);
    });
  }
});

describe("the users of a listener", () => {
  const forTeachers = { users, anonymous: true, listeners: [{ port: 0, onlyFor: [{ group: "dosen" }] }] };

  test("are the only ones who come in there: 0x87 in MQTT 5, 5 before", async () => {
    const { ports } = await start(forTeachers);
    const ani = { username: "ani", password: "rahasia" };
    await dial(ports[0], ani);
    await dial(ports[1], { username: "sri", password: "guru" });
    await rejects(dial(ports[1], { ...ani, protocolVersion: 5 }), "Not authorized");
    await rejects(dial(ports[1], ani), "Connection refused: Not authorized");
    await rejects(dial(ports[1], { protocolVersion: 5 }), "Not authorized");
    // Whether a password is right is not said by which listener it is tried on.
    await rejects(dial(ports[1], { username: "sri", password: "salah" }), "Bad username or password");
  });

  test("are the only ones by SCRAM-SHA-256, too", async () => {
    const { ports } = await start(forTeachers);
    const connackOf = async (port: number | undefined, username: string, password: string) => {
      const scram = new ScramClient(username, password);
      const client = mqttJs.connect(`mqtt://127.0.0.1:${port}`, {
        protocolVersion: 5,
        reconnectPeriod: 0,
        properties: {
          authenticationMethod: "SCRAM-SHA-256",
          authenticationData: Buffer.from(scram.first),
        },
      });
      onTestFinished(() => client.endAsync(true));
      client.handleAuth = (packet, callback) => {
        const final = scram.answer(packet.properties?.authenticationData ?? Buffer.alloc(0));
        const properties = { authenticationMethod: "SCRAM-SHA-256", authenticationData: Buffer.from(final) };
        callback(undefined, { cmd: "auth", reasonCode: 0x18, properties });
      };
      return await new Promise<number>((resolve) => {
        client.on("error", () => {});
        client.on("packetreceive", (packet) => {
          if (packet.cmd === "connack") resolve(packet.reasonCode ?? -1);
        });
      });
    };
    expect(await connackOf(ports[1], "sri", "guru")).toBe(0);
    expect(await connackOf(ports[0], "ani", "rahasia")).toBe(0);
    expect(await connackOf(ports[1], "ani", "rahasia")).toBe(0x87);
  });
});

describe("a reload", () => {
  const closed = (client: Awaited<ReturnType<typeof dial>>) =>
    new Promise<void>((resolve) => void client.once("close", () => resolve()));
  const next = (service: { reload?(next: MqttConfig): Promise<boolean> }, config: object) =>
    service.reload?.(mqttConfig.parse({ host: "127.0.0.1", port: 0, ...config }));

  test("changes the versions for clients that come from then on, and disconnects nobody", async () => {
    const { service, ports } = await start({ listeners: [{ port: 0 }] });
    const stays = await dial(ports[1], { protocolVersion: 5 });
    expect(await next(service, { listeners: [{ port: 0, versions: ["3.1.1"] }] })).toBe(true);
    expect(await answer(ports[1], "5")).toEqual([0, 0x84]);
    expect(await answer(ports[0], "5")).toEqual([0, 0]);
    await stays.publishAsync("a", "b", { qos: 1 });
  });

  test("disconnects those of a listener who may not use it any more, and nobody else", async () => {
    const { service, ports } = await start({ users, anonymous: true, listeners: [{ port: 0 }] });
    const ani = { username: "ani", password: "rahasia" };
    const sri = { username: "sri", password: "guru" };
    const [own, further] = [await dial(ports[0], ani), await dial(ports[1], ani)];
    const [teacher, anonymous] = [await dial(ports[1], sri), await dial(ports[1])];
    const gone = Promise.all([closed(further), closed(anonymous)]);
    const onlyFor = [{ group: "dosen" }];
    expect(await next(service, { users, anonymous: true, listeners: [{ port: 0, onlyFor }] })).toBe(true);
    await gone;
    for (const client of [own, teacher]) await client.publishAsync("a", "b", { qos: 1 });
    await rejects(dial(ports[1], ani), "Not authorized");
  });

  test("disconnects a user who is not of the group any more", async () => {
    const config = { users, listeners: [{ port: 0, onlyFor: [{ group: "dosen" }] }] };
    const { service, ports } = await start(config);
    const teacher = await dial(ports[1], { username: "sri", password: "guru" });
    const gone = closed(teacher);
    const moved = [
      { name: "ani", password: "rahasia", groups: ["dosen"] },
      { name: "sri", password: "guru" },
    ];
    expect(await next(service, { ...config, users: moved })).toBe(true);
    await gone;
    await dial(ports[1], { username: "ani", password: "rahasia" });
  });

  test("disconnects clients without a name where they may not come in any more", async () => {
    const { service, ports } = await start({ users, listeners: [{ port: 0, anonymous: true }] });
    const anonymous = await dial(ports[1]);
    const gone = closed(anonymous);
    expect(await next(service, { users, listeners: [{ port: 0 }] })).toBe(true);
    await gone;
    await rejects(dial(ports[1]), "Not authorized");
  });
});
