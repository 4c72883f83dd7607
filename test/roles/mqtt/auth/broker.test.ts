import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import type { Connect } from "../../../../src/protocol/mqtt/packet.ts";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { mqttConfig } from "../../../../src/roles/mqtt/config.ts";
import { disconnectDisallowed } from "../../../../src/roles/mqtt/users/disconnect-disallowed.ts";
import { reloadableAccess } from "../../../../src/roles/mqtt/users/reloadable-access.ts";
import { bytes, FakeService, json } from "../support/auth-kit.ts";
import { TestBroker, type TestClient } from "../support/test-broker.ts";

const http = "http://auth.example/mqtt";

/** How a client connects. */
type Coming = Partial<Omit<Connect, "password">> & { readonly password?: string };

/** A broker that asks a service, as the service `mqtt` builds it; its verdicts are made by user name. */
function lab(settings: object = {}, verdicts: Record<string, object> = {}) {
  const fake = new FakeService(({ body }) => json({ allow: false, ...verdicts[String(body.username)] }));
  fake.time = Date.now();
  const parse = (own: object) => mqttConfig.parse({ sysInterval: 0, auth: { http, cache: 0 }, ...own });
  const access = reloadableAccess(parse(settings), fake);
  const test = new TestBroker({ sysInterval: 0 }, { access });
  const come = async (username: string | undefined, options: Coming = {}) => {
    const { version = 5, password = "p", ...more } = options;
    const client = test.open(version);
    const proof = username === undefined ? {} : { username, password: bytes(password) };
    client.connect(username ?? "nameless", { ...proof, ...more });
    await decided(client);
    return client;
  };
  const reload = (own: object) => {
    const config = parse(own);
    expect(test.broker.reload(config)).toBe(true);
    const { mayStay, hasNewRules } = access.change(config);
    disconnectDisallowed(test.broker, mayStay);
    if (hasNewRules) test.broker.permissionsChanged();
  };
  return { test, fake, come, reload, access, verdicts };
}

/** The client has been let in, or not. */
async function decided({ connection, test }: TestClient): Promise<void> {
  while (connection.state === "held") await new Promise((resolve) => setImmediate(resolve));
  test.clock.settle();
}

const reasonOf = (client: TestClient) => client.next("connack").reasonCode;
const lasting = { cleanStart: false, properties: { sessionExpiryInterval: 1000 } };

/** Whether the broker passes a message on to somebody who may receive everything. */
function isPassedOn(client: TestClient, reader: TestClient, topic: string): boolean {
  client.publish(topic, "x");
  return reader.messages().length > 0;
}

describe.each([3, 4, 5] as const)("version %d", (version) => {
  test("a client is let in, refused, or told that nobody can decide, in the version's words", async () => {
    const { come, fake } = lab({}, { ani: { allow: true } });
    expect(reasonOf(await come("ani", { version }))).toBe(0);
    expect(reasonOf(await come("budi", { version }))).toBe(version === 5 ? Reason.BadUserNameOrPassword : 4);
    fake.answer = () => json({}, 403);
    expect(reasonOf(await come("budi", { version }))).toBe(version === 5 ? Reason.NotAuthorized : 5);
    fake.answer = () => json({}, 500);
    expect(reasonOf(await come("ani", { version }))).toBe(version === 5 ? Reason.ServerUnavailable : 3);
  });

  test("what it may do is what its verdict gives, and its groups and name by the rules", async () => {
    const { come, test } = lab(
      {
        users: [{ name: "reader", password: "p" }],
        access: [
          { user: "reader", subscribe: "#" },
          { group: "dosen", publish: "nilai/#" },
          { user: "ani", publish: "ani", subscribe: "ani" },
          { publish: "umum" },
        ],
      },
      {
        ani: { allow: true },
        sri: { allow: true, groups: ["dosen", "unknown"] },
        tono: { allow: true, rules: [{ publish: ["rumah/%u/#", "!umum"], subscribe: "rumah/+" }] },
        alias: { allow: true, username: "ani" },
        none: { allow: true, rules: [] },
      },
    );
    const reader = await come("reader", { version });
    reader.take();
    reader.subscribe("#");
    reader.take();
    const table: [string, Record<string, boolean>][] = [
      ["ani", { ani: true, umum: true, "nilai/1": false, "rumah/ani/x": false }],
      ["sri", { ani: false, umum: true, "nilai/1": true }],
      ["tono", { "rumah/tono/x": true, "rumah/ani/x": false, umum: false, "nilai/1": false }],
      ["alias", { ani: true, umum: true }],
      ["none", { umum: true, ani: false }],
    ];
    for (const [name, topics] of table) {
      const client = await come(name, { version });
      client.take();
      const may = Object.keys(topics).map((topic) => [topic, isPassedOn(client, reader, topic)]);
      expect({ name, ...Object.fromEntries(may) }).toEqual({ name, ...topics });
    }
    const tono = test.broker.sessions.get("tono")?.permissions;
    expect([tono?.reach("rumah/+"), tono?.reach("rumah/#"), tono?.reach("ani")]).toEqual([
      "all",
      "some",
      "none",
    ]);
  });
});

describe("rules that come with a verdict", () => {
  test("deny the rest where the file has no rules, unless accessDefault allows it", async () => {
    const verdicts = { ani: { allow: true, rules: [{ publish: ["a/#", "!a/x"] }] }, budi: { allow: true } };
    const mayPublish = async (settings: object, name: string, topic: string) => {
      const { come, test } = lab(settings, verdicts);
      await come(name);
      return test.broker.sessions.get(name)?.permissions.mayPublish(topic);
    };
    expect(await mayPublish({}, "ani", "a/1")).toBe(true);
    expect(await mayPublish({}, "ani", "b")).toBe(false);
    expect(await mayPublish({}, "budi", "b")).toBe(true);
    expect(await mayPublish({ accessDefault: "allow" }, "ani", "b")).toBe(true);
    expect(await mayPublish({ accessDefault: "allow" }, "ani", "a/x")).toBe(false);
    expect(await mayPublish({ accessDefault: "deny" }, "budi", "b")).toBe(false);
  });

  test("give nothing that a rule for the client in the file takes away", async () => {
    const access = [
      { user: "ani", publish: "!rahasia/#" },
      { group: "g", publish: "!nilai" },
    ];
    const { come, test } = lab(
      { access },
      { ani: { allow: true, groups: ["g"], rules: [{ publish: "#" }] } },
    );
    await come("ani");
    const may = test.broker.sessions.get("ani")?.permissions;
    expect([may?.mayPublish("rahasia/1"), may?.mayPublish("nilai"), may?.mayPublish("x")]).toEqual([
      false,
      false,
      true,
    ]);
  });

  test("decide on the will, too", async () => {
    const { come } = lab({}, { ani: { allow: true, rules: [{ publish: "a" }] } });
    const will = (topic: string) => ({
      will: { topic, payload: bytes("x"), qos: 0 as const, retain: false, properties: {} },
    });
    expect(reasonOf(await come("ani", will("b")))).toBe(Reason.NotAuthorized);
    expect(reasonOf(await come("ani", will("a")))).toBe(0);
  });

  test("are those of the last verdict when a session is resumed: what waits and may not be received is dropped", async () => {
    const { come, verdicts, fake } = lab(
      { users: [{ name: "writer", password: "p" }], access: [{ user: "writer", publish: "#" }] },
      { ani: { allow: true, rules: [{ subscribe: ["a", "b"] }] } },
    );
    const ani = await come("ani", lasting);
    ani.take();
    ani.subscribe("a", 1);
    ani.subscribe("b", 1);
    ani.cut();
    const writer = await come("writer");
    for (const topic of ["a", "b"]) writer.publish(topic, "1", { qos: 1, packetId: 1 });
    verdicts.ani = { allow: true, rules: [{ subscribe: "b" }] };
    const back = await come("ani", lasting);
    expect(back.messages()).toEqual(["b: 1"]);
    for (const topic of ["a", "b"]) writer.publish(topic, "2", { qos: 0 });
    expect(back.messages()).toEqual(["b: 2"]);
    // And without another verdict nothing changes, and nothing is subscribed to anew.
    const session = back.connection.session;
    const before = session?.permissions;
    back.cut();
    expect((await come("ani", lasting)).connection.session?.permissions).toBe(before!);
    // It comes back with more.
    verdicts.ani = { allow: true, rules: [{ subscribe: "#" }] };
    const wider = await come("ani", lasting);
    wider.take();
    writer.publish("a", "3");
    expect(wider.messages()).toEqual(["a: 3"]);
    expect(fake.lines.filter((line) => line.startsWith("error"))).toEqual([]);
  });

  test("stay when the rules of the file change, together with these", async () => {
    const { come, test, reload } = lab({}, { ani: { allow: true, rules: [{ publish: "a" }] } });
    await come("ani");
    const may = (topic: string) => test.broker.sessions.get("ani")?.permissions.mayPublish(topic);
    expect([may("a"), may("b")]).toEqual([true, false]);
    reload({ access: [{ publish: "b" }] });
    expect([may("a"), may("b")]).toEqual([true, true]);
    reload({ access: [{ user: "ani", publish: "!a" }] });
    expect([may("a"), may("b")]).toEqual([false, false]);
  });
});

describe("who is asked", () => {
  const users = [{ name: "ani", password: "rahasia", groups: ["g"] }];

  test("about a listed user is the list alone", async () => {
    const { come, fake } = lab({ users }, { ani: { allow: true } });
    expect(reasonOf(await come("ani", { password: "rahasia" }))).toBe(0);
    expect(reasonOf(await come("ani", { password: "lain" }))).toBe(Reason.BadUserNameOrPassword);
    expect(reasonOf(await come("a\u{ad}ni", { password: "lain" }))).toBe(Reason.BadUserNameOrPassword);
    expect(fake.asked).toEqual([]);
  });

  test("about everybody else is the service, which lets nobody in under a listed name", async () => {
    const { come, fake } = lab({ users }, { budi: { allow: true }, liar: { allow: true, username: "ani" } });
    expect(reasonOf(await come("budi"))).toBe(0);
    expect(await (await come("liar")).next("connack")).toMatchObject({
      reasonCode: Reason.NotAuthorized,
      properties: { reasonString: "the user is one that the broker knows itself" },
    });
    expect(fake.asked).toHaveLength(2);
  });

  test("about a client that shows nothing is the file where it says anonymous, and else the service", async () => {
    const verdicts = { null: { allow: true } };
    for (const anonymous of [true, false]) {
      const { come, fake } = lab({ anonymous }, verdicts);
      expect(reasonOf(await come(undefined))).toBe(anonymous ? 0 : Reason.NotAuthorized);
      expect(fake.asked).toEqual([]);
    }
    const { come, fake, test } = lab({ access: [{ anonymous: true, publish: "a" }] }, verdicts);
    expect(reasonOf(await come(undefined))).toBe(0);
    expect(fake.asked).toHaveLength(1);
    expect(test.broker.sessions.get("nameless")?.permissions.mayPublish("a")).toBe(true);
  });

  test("and a session is resumed by its own user only", async () => {
    const { test, come } = lab({}, { ani: { allow: true }, budi: { allow: true } });
    (await come("ani", lasting)).cut();
    const thief = test.open(5);
    thief.connect("ani", { username: "budi", password: bytes("p"), ...lasting });
    await decided(thief);
    expect(reasonOf(thief)).toBe(Reason.ClientIdentifierNotValid);
  });

  test("for too long: the client is given up at its connectTimeout, and its answer changes nothing", async () => {
    let answer = (_: Response) => {};
    const { test, fake } = lab();
    fake.answer = () => new Promise((resolve) => (answer = resolve));
    const client = test.open(5);
    client.connect("ani", { username: "ani", password: bytes("p") });
    test.clock.advance(10_500);
    expect(client.state).toBe("ended");
    answer(json({ allow: true }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(test.broker.sessions.size).toBe(0);
    expect(client.take()).toEqual([]);
  });

  test("in vain: a name that nobody has proved gives nothing where onFailure is anonymous", async () => {
    const access = [
      { user: "ani", publish: "a" },
      { anonymous: true, publish: "b" },
    ];
    const { come, fake, test } = lab({ access, auth: { http, onFailure: "anonymous" } });
    fake.answer = () => json({}, 500);
    expect(reasonOf(await come("ani"))).toBe(0);
    const may = test.broker.sessions.get("ani")?.permissions;
    expect([may?.mayPublish("a"), may?.mayPublish("b")]).toEqual([false, true]);
  });
});

describe("a connection ends with its verdict's time", () => {
  test.each([4, 5] as const)("version %d: by its reason, and with its will", async (version) => {
    const { come, test } = lab(
      { users: [{ name: "reader", password: "p" }] },
      {
        ani: { allow: true, expiresIn: 60, rules: [{ publish: "wills" }] },
        budi: { allow: true, expiresIn: 60 },
        tono: { allow: true },
      },
    );
    const reader = await come("reader");
    reader.take();
    reader.subscribe("#");
    const will = { topic: "wills", payload: bytes("gone"), qos: 0 as const, retain: false, properties: {} };
    const [ani, budi, tono] = [await come("ani", { version, will }), await come("budi"), await come("tono")];
    for (const client of [ani, budi, tono]) client.take();
    budi.cut();
    test.clock.advance(58_000);
    expect([ani.state, tono.state]).toEqual(["open", "open"]);
    test.clock.advance(4000);
    expect([ani.state, tono.state]).toEqual(["ended", "open"]);
    if (version === 5)
      expect(ani.next("disconnect")).toMatchObject({
        reasonCode: Reason.MaximumConnectTime,
        properties: { reasonString: "the authentication service let it in until now" },
      });
    expect(reader.messages()).toEqual(["wills: gone"]);
    expect(test.log.filter((line) => line.startsWith("info"))).toEqual([
      'info Disconnected client "ani" at there:1: the authentication service let it in until now',
    ]);
  });
});

describe("a reload", () => {
  const states = (...clients: TestClient[]) => clients.map(({ state }) => state);
  const verdicts = { ani: { allow: true }, budi: { allow: true } };

  test("of how the service is asked disconnects nobody; of which one it is, those whom it let in", async () => {
    const { come, reload } = lab({ users: [{ name: "own", password: "p" }], anonymous: true }, verdicts);
    const clients = [await come("ani"), await come("own"), await come(undefined)];
    const same = { users: [{ name: "own", password: "p" }], anonymous: true };
    reload({ ...same, auth: { http, timeout: "1s", cache: "1m", staleIfError: "1h", maxQuestions: 3 } });
    expect(states(...clients)).toEqual(["open", "open", "open"]);
    reload({ ...same, auth: { http: "http://other.example" } });
    expect(states(...clients)).toEqual(["ended", "open", "open"]);
  });

  test("that takes it away, or lists a user, ends what it has granted", async () => {
    const { come, reload } = lab({}, verdicts);
    const clients = [await come("ani"), await come("budi")];
    reload({ users: [{ name: "ani", password: "x" }] });
    expect(states(...clients)).toEqual(["ended", "open"]);
    reload({ users: [{ name: "ani", password: "x" }], auth: undefined });
    expect(states(...clients)).toEqual(["ended", "ended"]);
  });

  test("that brings it ends connections whose names nobody has proved", async () => {
    const { come, reload } = lab({ auth: undefined });
    const clients = [await come("ani"), await come(undefined)];
    expect(states(...clients)).toEqual(["open", "open"]);
    reload({});
    expect(states(...clients)).toEqual(["ended", "ended"]);
  });

  test("asks the new service about the next client", async () => {
    const { come, reload, fake } = lab({}, verdicts);
    reload({ auth: { http: "http://other.example/" } });
    await come("ani");
    expect(fake.asked.map(({ url }) => url)).toEqual(["http://other.example/"]);
  });
});

describe("tokens", () => {
  const secret = "0123456789abcdef0123456789abcdef";
  const auth = { jwt: { secret } };
  const inAMinute = () => Math.floor(Date.now() / 1000) + 60;

  function token(claims: object, key = secret): string {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const input = `${part({ alg: "HS256" })}.${part({ sub: "ani", exp: inAMinute(), ...claims })}`;
    return `${input}.${createHmac("sha256", key).update(input).digest("base64url")}`;
  }

  test("let their user in until they expire, with their rules", async () => {
    const { come, test } = lab({ auth });
    const client = await come("ani", { password: token({ rules: [{ publish: "a" }] }) });
    expect(reasonOf(client)).toBe(0);
    const may = test.broker.sessions.get("ani")?.permissions;
    expect([may?.mayPublish("a"), may?.mayPublish("b")]).toEqual([true, false]);
    test.clock.advance(60_000);
    expect(client.state).toBe("open");
    // What clocks may differ comes on top.
    test.clock.advance(6500);
    expect(client.next("disconnect")).toMatchObject({
      reasonCode: Reason.MaximumConnectTime,
      properties: { reasonString: "its token has expired" },
    });
  });

  test.each([4, 5] as const)("that are wrong are refused in the words of version %d", async (version) => {
    const { come } = lab({ auth });
    const wrong = await come("ani", { version, password: token({}, `${secret}x`) });
    expect(wrong.next("connack")).toMatchObject({
      reasonCode: version === 5 ? Reason.BadUserNameOrPassword : 4,
      ...(version === 5 && { properties: { reasonString: "the token is refused: its signature is wrong" } }),
    });
    const none = await come("ani", { version, password: "rahasia" });
    expect(reasonOf(none)).toBe(version === 5 ? Reason.BadUserNameOrPassword : 4);
  });

  test("are decided on by their signature, and what is none by the service", async () => {
    const { come, fake } = lab({ auth: { http, ...auth } }, { ani: { allow: true }, budi: { allow: true } });
    expect(reasonOf(await come("ani", { password: token({}) }))).toBe(0);
    expect(reasonOf(await come("ani", { password: token({}, `${secret}x`) }))).toBe(
      Reason.BadUserNameOrPassword,
    );
    expect(fake.asked).toEqual([]);
    for (const password of ["rahasia", "a.b.c", "eyJ9.x.y", `${token({})}.x`])
      expect(reasonOf(await come("budi", { password }))).toBe(0);
    expect(fake.asked).toHaveLength(4);
  });

  test("give nobody the name of a listed user", async () => {
    const { come, test } = lab({ auth, users: [{ name: "ani", password: "rahasia" }] });
    expect(reasonOf(await come("ani", { password: token({}) }))).toBe(Reason.BadUserNameOrPassword);
    const nameless = test.open(5);
    nameless.connect("x", { password: bytes(token({})) });
    await decided(nameless);
    expect(reasonOf(nameless)).toBe(Reason.NotAuthorized);
    expect(reasonOf(await come("ani", { password: "rahasia" }))).toBe(0);
  });

  test("let their users stay at a reload, unless they are to be checked in another way", async () => {
    const { come, reload } = lab({ auth });
    const client = await come("ani", { password: token({}) });
    reload({ auth: { timeout: "1s", jwt: { secret, clockTolerance: "1s" } } });
    expect(client.state).toBe("open");
    reload({ auth: { jwt: { secret, audience: "mqtt" } } });
    expect(client.state).toBe("ended");
  });
});

test.each(["ａｎｉ", "an\u{ad}i", "", "\u{ad}", "x".repeat(257)])(
  "the name %j, which is another one by SASLprep or none, is refused and nobody asked",
  async (username) => {
    const { come, fake } = lab({}, { [username]: { allow: true } });
    const client = await come(username, { clientId: "c" });
    expect(reasonOf(client)).toBe(Reason.BadUserNameOrPassword);
    expect(fake.asked).toEqual([]);
  },
);

test("what was sent to a client with other rights is not sent again to one that may not have it", async () => {
  const settings = { users: [{ name: "w", password: "p" }], access: [{ user: "w", publish: "#" }] };
  const { come, verdicts } = lab(settings, { ani: { allow: true, rules: [{ subscribe: "#" }] } });
  const writer = await come("w");
  const before = await come("ani", lasting);
  before.take();
  before.subscribe("#", 2);
  for (const [qos, topic] of [
    [1, "rahasia/1"],
    [2, "rahasia/2"],
    [1, "umum"],
  ] as const) {
    writer.publish(topic, "x", { qos });
  }
  expect(before.messages()).toHaveLength(3);
  before.cut();
  verdicts.ani = { allow: true, rules: [{ subscribe: "umum" }] };
  expect((await come("ani", lasting)).messages()).toEqual(["umum: x"]);
});

test("a session without a name that the service has vouched for is not for a stranger", async () => {
  const { come, fake } = lab(
    { auth: { http, cache: 0, staleIfError: 0, onFailure: "anonymous" } },
    { null: { allow: true } },
  );
  const device = await come(undefined, lasting);
  expect(reasonOf(device)).toBe(0);
  device.cut();
  fake.answer = () => {
    throw new Error("down");
  };
  const stranger = await come(undefined, lasting);
  expect(reasonOf(stranger)).toBe(Reason.ClientIdentifierNotValid);
});
