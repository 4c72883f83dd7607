import { expect, test } from "bun:test";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { mqttConfig } from "../../../../src/roles/mqtt/config.ts";
import { disconnectDisallowed } from "../../../../src/roles/mqtt/users/disconnect-disallowed.ts";
import { reloadableAccess } from "../../../../src/roles/mqtt/users/reloadable-access.ts";
import { TestBroker } from "../support/test-broker.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const budi = { name: "budi", password: "rahasia" };
const ani = { name: "ani", password: "lain" };

/** A broker whose users can be reloaded, as the service does it. */
function lab(settings: Record<string, unknown>) {
  const access = reloadableAccess(mqttConfig.parse(settings));
  const test = new TestBroker(settings, { access });
  const reload = (next: Record<string, unknown>) => {
    const config = mqttConfig.parse(next);
    expect(test.broker.reload(config)).toBe(true);
    const { mayStay } = access.change(config);
    disconnectDisallowed(test.broker, mayStay);
  };
  const connect = (username: string, password: string) =>
    test.connect(username, 5, { username, password: bytes(password) });
  return { test, reload, connect };
}

test("a user that is removed or gets another password is disconnected; the others stay", () => {
  const { test, reload, connect } = lab({ users: [budi, ani, { name: "tono", password: "x" }] });
  const [stays, changed, removed] = [
    connect("budi", "rahasia"),
    connect("ani", "lain"),
    connect("tono", "x"),
  ];
  reload({ users: [budi, { name: "ani", password: "baru" }] });
  expect(stays.state).toBe("open");
  for (const client of [changed, removed]) {
    expect(client.next("disconnect").reasonCode).toBe(Reason.NotAuthorized);
    expect(client.state).toBe("ended");
  }
  connect("ani", "baru");
  expect(test.broker.stats().connections).toBe(2);
});

test("a client without a user name, or with an unchecked one, is disconnected when users are added", () => {
  const { test, reload } = lab({});
  const nameless = test.connect("nameless", 5);
  const unchecked = test.connect("unchecked", 5, { username: "budi", password: bytes("rahasia") });
  reload({ users: [budi], anonymous: true });
  expect([nameless.state, unchecked.state]).toEqual(["open", "ended"]);
  reload({ users: [budi] });
  expect(nameless.state).toBe("ended");
});

test("no client is disconnected when all users are removed, or when the users do not change", () => {
  const { reload, connect } = lab({ users: [budi] });
  const client = connect("budi", "rahasia");
  reload({ users: [budi], maxQueuedMessages: 7 });
  reload({});
  expect(client.state).toBe("open");
});

test("a client that is still authenticating is disconnected", async () => {
  const { test, reload } = lab({ users: [budi] });
  const client = test.open(5);
  const properties = { authenticationMethod: "SCRAM-SHA-256", authenticationData: bytes("n,,n=budi,r=abc") };
  client.connect("a", { properties });
  reload({ users: [budi, ani] });
  expect(client.state).toBe("ended");
});
