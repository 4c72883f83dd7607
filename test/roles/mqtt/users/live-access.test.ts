import { expect, test } from "bun:test";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { mqttConfig } from "../../../../src/roles/mqtt/config.ts";
import { disconnectUnless } from "../../../../src/roles/mqtt/users/disconnect-unless.ts";
import { liveAccess } from "../../../../src/roles/mqtt/users/live-access.ts";
import { TestBroker } from "../support/test-broker.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const budi = { name: "budi", password: "rahasia" };
const ani = { name: "ani", password: "lain" };

/** A broker whose users can be changed as the service does it. */
function lab(settings: Record<string, unknown>) {
  const access = liveAccess(mqttConfig.parse(settings));
  const test = new TestBroker(settings, { access });
  const reload = (next: Record<string, unknown>) => {
    const config = mqttConfig.parse(next);
    expect(test.broker.reload(config)).toBe(true);
    disconnectUnless(test.broker, access.change(config));
  };
  const enter = (username: string, password: string) =>
    test.connect(username, 5, { username, password: bytes(password) });
  return { test, reload, enter };
}

test("a user that is taken out, or gets another password, is sent away; the others stay", () => {
  const { test, reload, enter } = lab({ users: [budi, ani, { name: "tono", password: "x" }] });
  const [stays, changed, removed] = [enter("budi", "rahasia"), enter("ani", "lain"), enter("tono", "x")];
  reload({ users: [budi, { name: "ani", password: "baru" }] });
  expect(stays.state).toBe("open");
  for (const client of [changed, removed]) {
    expect(client.next("disconnect").reasonCode).toBe(Reason.NotAuthorized);
    expect(client.state).toBe("ended");
  }
  enter("ani", "baru");
  expect(test.broker.stats().connections).toBe(2);
});

test("who came without a name, or with one that nobody had checked, goes when users are listed", () => {
  const { test, reload } = lab({});
  const nameless = test.connect("nameless", 5);
  const unchecked = test.connect("unchecked", 5, { username: "budi", password: bytes("rahasia") });
  reload({ users: [budi], anonymous: true });
  expect([nameless.state, unchecked.state]).toEqual(["open", "ended"]);
  reload({ users: [budi] });
  expect(nameless.state).toBe("ended");
});

test("nobody goes when anybody may come, or when nothing about the users changes", () => {
  const { reload, enter } = lab({ users: [budi] });
  const client = enter("budi", "rahasia");
  reload({ users: [budi], maxQueuedMessages: 7 });
  reload({});
  expect(client.state).toBe("open");
});

test("who is in the middle of an authentication has to begin again", async () => {
  const { test, reload } = lab({ users: [budi] });
  const client = test.open(5);
  const properties = { authenticationMethod: "SCRAM-SHA-256", authenticationData: bytes("n,,n=budi,r=abc") };
  client.connect("a", { properties });
  reload({ users: [budi, ani] });
  expect(client.state).toBe("ended");
});
