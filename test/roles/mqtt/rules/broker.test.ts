import { describe, expect, test } from "bun:test";
import type { Version } from "../../../../src/protocol/mqtt/packet.ts";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { mqttConfig } from "../../../../src/roles/mqtt/config.ts";
import { Problems } from "../../../../src/roles/mqtt/insight/problems.ts";
import { reloadableAccess } from "../../../../src/roles/mqtt/users/reloadable-access.ts";
import { subscribeTo } from "../conformance/kit.ts";
import { TestBroker } from "../support/test-broker.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

const users = [
  { name: "ani", password: "a" },
  { name: "budi", password: "b" },
  { name: "bu-sri", password: "s", groups: ["dosen"] },
];

/** A class: everybody may write everything and read kelas/ but not the marks. */
const rules = [
  { group: "dosen", subscribe: ["#", "$SYS/#"] },
  { subscribe: ["kelas/#", "!kelas/nilai/#"], publish: "kelas/#" },
];

/** A broker with rules that can be reloaded, as the service does it. */
function lab(settings: Record<string, unknown>) {
  const config = mqttConfig.parse({ sysInterval: 0, ...settings });
  const access = reloadableAccess(config);
  const test = new TestBroker({ sysInterval: 0 }, { access });
  const connect = (username: string | undefined, version: Version = 5, more: object = {}) => {
    const password = users.find(({ name }) => name === username)?.password;
    const proof = username === undefined ? {} : { username, password: bytes(password ?? "?") };
    return test.connect(username ?? "nobody", version, { ...proof, ...more });
  };
  /** The client of a user comes back to its session. */
  const returned = (username: string) => {
    const client = test.open(5);
    const password = bytes(users.find(({ name }) => name === username)?.password ?? "?");
    client.connect(username, { username, password, ...lasting });
    return client;
  };
  const reload = (next: Record<string, unknown>) => {
    const changed = mqttConfig.parse({ sysInterval: 0, ...next });
    expect(test.broker.reload(changed)).toBe(true);
    if (access.change(changed).hasNewRules) test.broker.permissionsChanged();
  };
  return { test, connect, returned, reload };
}

const lasting = { cleanStart: false, properties: { sessionExpiryInterval: 100 } };

const open = () => lab({ users, anonymous: true, access: rules });

describe.each([3, 4, 5] as const)("version %d", (version) => {
  const refused = version === 5 ? Reason.NotAuthorized : 0x80;

  test("a filter that reaches nothing is refused, one that reaches something is narrowed", () => {
    const { connect } = open();
    const ani = connect("ani", version);
    expect(ani.subscribe("kelas/nilai/#")).toMatchObject({ reasonCodes: [refused] });
    expect(ani.subscribe("sister/temp")).toMatchObject({ reasonCodes: [refused] });
    expect(ani.subscribe("$SYS/#")).toMatchObject({ reasonCodes: [refused] });
    expect(ani.subscribe("#")).toMatchObject({ reasonCodes: [0] });
    const sri = connect("bu-sri", version);
    sri.subscribe("#");
    const budi = connect("budi", version);
    for (const topic of ["kelas/a", "kelas/nilai/ani", "kelas"]) budi.publish(topic, "x");
    expect(ani.messages()).toEqual(["kelas/a: x", "kelas: x"]);
    expect(sri.messages()).toEqual(["kelas/a: x", "kelas/nilai/ani: x", "kelas: x"]);
  });

  test("a topic with a subscriber of each kind, and overlapping filters, reaches only those who may", () => {
    const { connect } = open();
    const ani = connect("ani", version);
    for (const filter of ["kelas/+/ani", "kelas/a/ani", "#"]) ani.subscribe(filter, 1);
    const sri = connect("bu-sri", version);
    for (const filter of ["kelas/+/ani", "#"]) sri.subscribe(filter);
    const budi = connect("budi", version);
    budi.publish("kelas/nilai/ani", "100");
    budi.publish("kelas/a/ani", "halo");
    expect(ani.messages()).toEqual(["kelas/a/ani: halo"]);
    expect(sri.messages()).toEqual(["kelas/nilai/ani: 100", "kelas/a/ani: halo"]);
  });

  test("retained messages are sent as far as they may be received", () => {
    const { connect } = open();
    const budi = connect("budi", version);
    for (const topic of ["kelas/nilai/ani", "kelas/a"]) budi.publish(topic, "x", { retain: true });
    const ani = connect("ani", version);
    ani.send(subscribeTo(version, ["#"]));
    expect(ani.messages()).toEqual(["kelas/a: x"]);
  });

  test("a will that may not be published is no way in [MQTT-3.1.4-2]", () => {
    const { test, connect } = open();
    const will = {
      topic: "sister/temp",
      payload: bytes("x"),
      qos: 0,
      retain: false,
      properties: {},
    } as const;
    const client = test.open(version);
    client.connect("ani", { username: "ani", password: bytes("a"), will });
    expect(client.next("connack").reasonCode).toBe(version === 5 ? Reason.NotAuthorized : 5);
    expect(test.broker.sessions.size).toBe(0);
    const sri = connect("bu-sri", version);
    sri.subscribe("#");
    const allowed = connect("ani", version, { will: { ...will, topic: "kelas/x" } });
    allowed.cut();
    expect(sri.messages()).toEqual(["kelas/x: x"]);
  });

  test("a message to a forbidden topic goes nowhere, and is answered in the version's words", () => {
    const { test, connect } = open();
    const sri = connect("bu-sri", version);
    sri.subscribe("#");
    const ani = connect("ani", version);
    ani.publish("sister/temp", "x", { qos: 1, packetId: 1 });
    ani.publish("sister/temp", "x", { qos: 0 });
    expect(ani.next("puback")).toMatchObject(
      version === 5 ? { reasonCode: Reason.NotAuthorized } : { packetId: 1 },
    );
    expect(sri.messages()).toEqual([]);
    expect(test.broker.stats()).toMatchObject({
      publishes_refused_total: 2,
      dropped_not_authorized_total: 2,
    });
  });
});

describe("shared subscriptions", () => {
  test("give a message only to a member that may receive it", () => {
    const { connect } = open();
    const members = [connect("ani"), connect("bu-sri"), connect("budi", 4)] as const;
    for (const member of members) member.subscribe("$share/g/#");
    const writer = connect(undefined);
    for (let count = 0; count < 6; count++) writer.publish("kelas/nilai/ani", `${count}`);
    for (let count = 0; count < 6; count++) writer.publish("kelas/a", `${count}`);
    const [ani, sri, budi] = members.map((member) => member.messages());
    expect(sri?.filter((text) => text.startsWith("kelas/nilai"))).toHaveLength(6);
    expect([...ani!, ...budi!].filter((text) => text.startsWith("kelas/nilai"))).toEqual([]);
    expect([...ani!, ...sri!, ...budi!]).toHaveLength(12);
  });

  test("hand over what waits for a member only to one that may receive it", () => {
    const { connect, test, returned } = open();
    const sri = connect("bu-sri", 5, lasting);
    sri.subscribe("$share/g/#", 1);
    sri.cut();
    const writer = connect(undefined);
    writer.publish("kelas/nilai/ani", "1", { qos: 1, packetId: 1 });
    writer.publish("kelas/a", "2", { qos: 1, packetId: 2 });
    const ani = connect("ani");
    ani.subscribe("$share/g/#", 1);
    test.clock.settle();
    expect(ani.messages().filter((text) => text.startsWith("kelas/nilai"))).toEqual([]);
    expect(returned("bu-sri").messages()).toContain("kelas/nilai/ani: 1");
  });
});

describe("shared subscriptions of many", () => {
  /** So many members that may not receive what one of them may. */
  function crowd(count: number) {
    const names = Array.from({ length: count }, (_, index) => `m${index}`);
    const reader = lab({
      users: [...users, ...names.map((name) => ({ name, password: "x" }))],
      anonymous: true,
      access: [
        { group: "dosen", subscribe: "#" },
        { subscribe: "kelas/#" },
        { anonymous: true, publish: "#" },
      ],
    });
    for (const name of names) {
      const member = reader.test.connect(name, 5, { username: name, password: bytes("x") });
      member.subscribe("$share/g/#", 1);
    }
    return reader;
  }

  test("send at once to the only one that may, however many may not", () => {
    const { connect } = crowd(200);
    const sri = connect("bu-sri");
    sri.subscribe("$share/g/#", 1);
    const writer = connect(undefined);
    for (let count = 0; count < 20; count++) writer.publish("nilai", `${count}`, { qos: 1 });
    expect(sri.messages()).toHaveLength(20);
  });

  test("wait for the only one that may, though others are online", () => {
    const { test, connect, returned } = open();
    const sri = connect("bu-sri", 5, lasting);
    sri.subscribe("$share/g/#", 1);
    sri.cut();
    connect("ani").subscribe("$share/g/#", 1);
    connect(undefined).publish("kelas/nilai/ani", "1", { qos: 1 });
    expect(test.broker.stats().dropped_queue_full_total ?? 0).toBe(0);
    expect(returned("bu-sri").messages()).toEqual(["kelas/nilai/ani: 1"]);
  });

  test("count what nobody may get as forbidden", () => {
    const { test, connect } = open();
    connect("ani").subscribe("$share/g/#", 1);
    connect(undefined).publish("kelas/nilai/ani", "1", { qos: 1 });
    expect(test.broker.stats()).toMatchObject({
      dropped_not_authorized_total: 1,
      dropped_queue_full_total: 0,
    });
  });

  test("hand on what one may not get any more", () => {
    const { connect, reload, returned } = open();
    for (const name of ["ani", "bu-sri"]) {
      const member = connect(name, 5, lasting);
      member.subscribe("$share/g/#", 1);
      member.cut();
    }
    const writer = connect(undefined);
    for (let count = 0; count < 4; count++) writer.publish("kelas/a", `${count}`, { qos: 1 });
    reload({ users, anonymous: true, access: [{ group: "dosen", subscribe: "#" }] });
    expect(returned("bu-sri").messages()).toHaveLength(4);
  });
});

describe("rules that change", () => {
  const closed = { users, anonymous: true, access: [{ user: "bu-sri", publish: "#", subscribe: "#" }] };

  test("hold from the next message on, for publishers and for subscribers", () => {
    const { connect, reload } = open();
    const [ani, budi, sri] = [connect("ani"), connect("budi"), connect("bu-sri")];
    ani.subscribe("kelas/#");
    sri.subscribe("#");
    budi.publish("kelas/a", "1");
    reload(closed);
    budi.publish("kelas/a", "2", { qos: 1, packetId: 1 });
    sri.publish("kelas/a", "3");
    expect(budi.next("puback").reasonCode).toBe(Reason.NotAuthorized);
    expect(ani.messages()).toEqual(["kelas/a: 1"]);
    expect(sri.messages()).toEqual(["kelas/a: 1", "kelas/a: 3"]);
    reload({ users, anonymous: true, access: rules });
    budi.publish("kelas/a", "4");
    expect(ani.messages()).toEqual(["kelas/a: 4"]);
  });

  test("take out of queues what is not to be received any more", () => {
    const { test, connect, returned, reload } = open();
    const ani = connect("ani", 5, lasting);
    ani.subscribe("kelas/#", 1);
    ani.cut();
    const budi = connect("budi");
    budi.publish("kelas/a", "1", { qos: 1, packetId: 1 });
    budi.publish("kelas/b", "2", { qos: 1, packetId: 2 });
    reload({ users, anonymous: true, access: [{ user: "ani", subscribe: "kelas/b" }] });
    expect(returned("ani").messages()).toEqual(["kelas/b: 2"]);
    expect(test.broker.stats().dropped_not_authorized_total).toBe(1);
  });

  test.each(["before its client has gone", "while its client is away"])(
    "let nothing be sent again that is forbidden by now, which was sent %s",
    (when) => {
      const { test, connect, returned, reload } = open();
      const ani = connect("ani", 5, lasting);
      ani.subscribe("kelas/#", 2);
      const budi = connect("budi");
      for (const [index, topic] of ["kelas/a", "kelas/b", "kelas/c"].entries())
        budi.publish(topic, "x", { qos: index === 2 ? 2 : 1, packetId: index + 1 });
      expect(ani.messages()).toHaveLength(3);
      const access = [
        { user: "ani", subscribe: "kelas/b" },
        { user: "budi", publish: "#" },
      ];
      const narrow = () => reload({ users, anonymous: true, access });
      if (when === "while its client is away") ani.cut();
      narrow();
      if (ani.state === "open") ani.cut();
      const back = returned("ani");
      const sent = back.take().filter(({ type }) => type !== "connack");
      // At QoS 2 the client may have it: its identifier is no other message's before PUBCOMP.
      expect(sent).toMatchObject([{ topic: "kelas/b" }, { type: "pubrel", packetId: 3 }]);
      budi.publish("kelas/b", "next", { qos: 2, packetId: 4 });
      expect(back.take()).toMatchObject([{ topic: "kelas/b", packetId: 4 }]);
      back.send({ type: "pubcomp", version: 5, packetId: 3, reasonCode: 0, properties: {} });
      // What was given up holds no place of the window then.
      expect(back.connection.session?.inflight.size).toBe(2);
      expect(test.broker.stats().dropped_not_authorized_total).toBe(2);
    },
  );

  test("let nothing be sent again that has waited for the window of a client that is back", () => {
    const { connect, test, reload } = open();
    const ani = connect("ani", 5, lasting);
    ani.subscribe("kelas/#", 1);
    const budi = connect("budi");
    for (const [index, topic] of ["kelas/a", "kelas/b", "kelas/a", "kelas/b"].entries())
      budi.publish(topic, `${index}`, { qos: 1, packetId: index + 1 });
    ani.cut();
    const back = test.open(5);
    const properties = { sessionExpiryInterval: 100, receiveMaximum: 1 };
    back.connect("ani", { username: "ani", password: bytes("a"), cleanStart: false, properties });
    const [, first] = back.take();
    expect(first).toMatchObject({ type: "publish", topic: "kelas/a" });
    reload({ users, anonymous: true, access: [{ user: "ani", subscribe: "kelas/b" }] });
    const topics: string[] = [];
    let last = first;
    while (last?.type === "publish") {
      topics.push(last.topic);
      back.send({ type: "puback", version: 5, packetId: last.packetId ?? 0, reasonCode: 0, properties: {} });
      // The window is one message: never two at once.
      const [next, ...more] = back.take();
      expect(more).toEqual([]);
      last = next;
    }
    expect(topics).toEqual(["kelas/a", "kelas/b", "kelas/b"]);
    expect(back.connection.session?.inflight.size).toBe(0);
  });

  test("have what was sent to a member of a group, and is forbidden to it by now, kept for one that may have it", () => {
    const { connect, returned, reload } = open();
    const sri = connect("bu-sri", 5, lasting);
    sri.subscribe("$share/g/kelas/#", 1);
    sri.cut();
    const ani = connect("ani", 5, lasting);
    ani.subscribe("$share/g/kelas/#", 1);
    connect("budi").publish("kelas/a", "x", { qos: 1, packetId: 1 });
    expect(ani.messages()).toEqual(["kelas/a: x"]);
    ani.cut();
    const access = [
      { user: "ani", subscribe: "kelas/b" },
      { group: "dosen", subscribe: "#" },
    ];
    reload({ users, anonymous: true, access });
    expect(returned("ani").messages()).toEqual([]);
    expect(returned("bu-sri").messages()).toEqual(["kelas/a: x"]);
  });

  test("keep the will of a client from a topic that it may not publish to any more", () => {
    const { connect, reload } = open();
    const sri = connect("bu-sri");
    sri.subscribe("#");
    const will = { topic: "kelas/x", payload: bytes("x"), qos: 0, retain: false, properties: {} } as const;
    const [now, later] = [
      connect("ani", 5, { will }),
      connect("budi", 5, {
        will: { ...will, properties: { willDelayInterval: 1 } },
        properties: { sessionExpiryInterval: 5 },
      }),
    ];
    later.cut();
    reload(closed);
    now.cut();
    sri.test.clock.advance(5000);
    expect(sri.messages()).toEqual([]);
  });

  test("without users, a name that nobody has proved gives nothing", () => {
    const { test } = lab({ access: [{ anonymous: true, subscribe: "a" }, { subscribe: "b/%u" }] });
    const client = test.connect("c", 5, { username: "ani" });
    expect(client.subscribe("a")).toMatchObject({ reasonCodes: [0] });
    expect(client.subscribe("b/ani")).toMatchObject({ reasonCodes: [Reason.NotAuthorized] });
  });
});

test("a message at QoS 2 that was taken stays taken, though its topic is forbidden by now", () => {
  const { connect, reload } = open();
  const sri = connect("bu-sri");
  sri.subscribe("#");
  const ani = connect("ani");
  ani.publish("kelas/a", "1", { qos: 2, packetId: 7 });
  expect(ani.next("pubrec").reasonCode).toBe(0);
  reload({ users, anonymous: true, access: [{ group: "dosen", subscribe: "#" }] });
  ani.publish("kelas/a", "1", { qos: 2, packetId: 7, dup: true });
  expect(ani.next("pubrec").reasonCode).toBe(0);
  expect(sri.messages()).toEqual(["kelas/a: 1"]);
});

test("a will is published under the name that was proved, not under one that was only said", () => {
  const { test, connect, reload } = lab({});
  const will = { topic: "kelas/nilai/ani", payload: bytes("0"), qos: 0, retain: false } as const;
  const properties = { willDelayInterval: 1 };
  const stranger = test.connect("c", 5, {
    ...{ username: "bu-sri", will: { ...will, properties } },
    properties: { sessionExpiryInterval: 5 },
  });
  reload({ users, access: [{ group: "dosen", publish: "#", subscribe: "#" }] });
  const sri = connect("bu-sri");
  sri.subscribe("#");
  stranger.cut();
  test.clock.advance(5000);
  expect(sri.messages()).toEqual([]);
});

test("a subscriber of a narrowed filter counts as one that a message had", () => {
  const { connect, test } = open();
  const ani = connect("ani");
  ani.subscribe("#");
  const budi = connect("budi");
  const topic = test.broker.router.topicOf(Buffer.from("kelas/a"), 0, 7);
  budi.publish("kelas/a", "x");
  expect(topic.undelivered).toBe(0);
  ani.cut();
  budi.publish("kelas/a", "x");
  expect(topic.undelivered).toBe(1);
});

test("what too many refusals kept from the log is logged later", () => {
  const { test, connect } = open();
  const ani = connect("ani");
  const refuse = () => {
    for (let topic = 0; topic < 40; topic++) ani.publish(`sister/${topic}`, "x");
  };
  const lines = () => test.log.filter((line) => line.includes("access rules")).length;
  refuse();
  expect(lines()).toBe(30);
  test.clock.advance(60_000);
  refuse();
  expect(lines()).toBe(40);
});

test("what is refused is logged once for each client and topic, counted, and a problem", () => {
  const { test, connect } = open();
  const problems = new Problems(test.broker);
  const ani = connect("ani");
  for (let count = 0; count < 12; count++) ani.publish("sister/nilai", "x");
  ani.subscribe("$SYS/#");
  const log = test.log.filter((line) => line.includes("access rules"));
  expect(log).toHaveLength(2);
  expect(log[0]).toContain("it may not publish to sister/nilai");
  const found = problems.report().filter(({ code }) => code === "mqtt-refused-publish");
  expect(found).toMatchObject([
    {
      text: "ani was refused to publish to sister/nilai 12 times",
      values: { who: "ani", count: 12, topic: "sister/nilai" },
    },
  ]);
  problems.stop();
});
