import { describe, expect, test } from "bun:test";
import type { Connect } from "../../../../src/protocol/mqtt/packet.ts";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { accessOf } from "../../../../src/roles/mqtt/users/access.ts";
import { TestBroker } from "../support/test-broker.ts";

const users = [
  { name: "ani", password: "a" },
  { name: "budi", password: "b" },
];

const as = (name: string, more: Partial<Connect> = {}): Partial<Connect> => {
  const user = users.find((known) => known.name === name);
  if (user === undefined) return more;
  return { username: name, password: new TextEncoder().encode(user.password), ...more };
};

describe.each([4, 5] as const)("version %d", (version) => {
  const lasting: Partial<Connect> = { cleanStart: false };
  if (version === 5) Object.assign(lasting, { properties: { sessionExpiryInterval: 100 } });
  const refused = version === 5 ? Reason.ClientIdentifierNotValid : 2;

  test.each(["budi", "nobody"])(
    "a session belongs to its user: %s cannot take it over, and its client stays connected",
    (name) => {
      const lab = new TestBroker({}, { access: accessOf({ users, anonymous: true }) });
      const owner = lab.connect("dev", version, as("ani", lasting));
      owner.subscribe("secret");
      const other = lab.open(version);
      other.connect("dev", as(name, lasting));
      expect(other.next("connack").reasonCode).toBe(refused);
      expect([owner.state, other.state]).toEqual(["open", "ended"]);
    },
  );

  test("a session can be taken over by its own user", () => {
    const lab = new TestBroker({}, { access: accessOf({ users }) });
    lab.connect("dev", version, as("ani", lasting));
    const again = lab.open(version);
    again.connect("dev", as("ani", lasting));
    expect(again.next("connack")).toMatchObject({ reasonCode: 0, sessionPresent: true });
  });

  test("without users a session belongs to any user name", () => {
    const lab = new TestBroker();
    lab.connect("dev", version, { ...lasting, username: "ani" });
    expect(lab.connect("dev", version, { ...lasting, username: "budi" }).state).toBe("open");
  });
});

test("a user name is normalized", () => {
  const lab = new TestBroker({}, { access: accessOf({ users }) });
  const client = lab.connect("a", 5, { ...as("ani"), username: "ani\u00ad" });
  expect(client.connection.identity.username).toBe("ani");
});

describe("reason strings", () => {
  test("in CONNACK and SUBACK name the limit", () => {
    const lab = new TestBroker({ maxTopicLevels: 2 });
    const deep = lab.open(5);
    const will = {
      topic: "a/b/c",
      payload: new Uint8Array(),
      qos: 0,
      retain: false,
      properties: {},
    } as const;
    deep.connect("deep", { will });
    expect(deep.next("connack").properties.reasonString).toContain("maxTopicLevels is 2");
    const client = lab.connect("a", 5);
    expect(client.subscribe("a/b/c")).toMatchObject({
      properties: { reasonString: "the filter has 3 levels, and maxTopicLevels is 2" },
    });
  });

  test("are left out for a client that does not request problem information [MQTT-3.1.2-29]", () => {
    const lab = new TestBroker({ maxTopicLevels: 2 });
    const client = lab.connect("a", 5, { properties: { requestProblemInformation: false } });
    expect(client.subscribe("a/b/c")).toMatchObject({ properties: {} });
  });
});
