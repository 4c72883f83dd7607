import { expect, test } from "bun:test";
import { openInsight } from "../../../../src/roles/mqtt/insight/insight.ts";
import { TestBroker } from "../support/test-broker.ts";

type Row = Record<string, unknown>;

function setup(config: Record<string, unknown> = {}) {
  const test = new TestBroker(config);
  const { views } = openInsight(test.broker);
  return {
    test,
    sessions: (query: Record<string, string> = {}) => views.sessions?.(query) as Row[],
    subscriptions: (query: Record<string, string> = {}) => views.subscriptions?.(query) as Row[],
    retained: (query: Record<string, string> = {}) =>
      views.retained?.(query) as { readonly retained: readonly Row[]; readonly truncated: boolean },
  };
}

test("a session is shown with its client, its queue and its messages in flight", () => {
  const { test, sessions } = setup();
  const before = Date.now();
  test.clock.advance(1000);
  const client = test.connect("a", 5, {
    username: "ani",
    keepAlive: 60,
    properties: { receiveMaximum: 2, sessionExpiryInterval: 120 },
  });
  client.subscribe("t", 1);
  const publisher = test.connect("b", 4);
  publisher.publish("t", "in", { qos: 2, packetId: 8 });
  for (let id = 1; id < 5; id++) publisher.publish("t", "x", { qos: 1, packetId: id });
  const [a, b] = sessions();
  expect(a).toMatchObject({
    ...{
      clientId: "a",
      connected: true,
      remote: "there:1",
      transport: "tcp",
      version: "5.0",
      username: "ani",
    },
    ...{
      subscriptions: 1,
      queued: 3,
      inflight: 2,
      inflightIncoming: 0,
      expiry: 120,
      keepAlive: 60,
      dropped: 0,
    },
  });
  expect(a?.queuedBytes).toBeGreaterThan(0);
  expect(a?.connectedAt).toBeWithin(before, Date.now() + 1);
  expect(b).toMatchObject({
    clientId: "b",
    version: "3.1.1",
    username: null,
    inflightIncoming: 1,
    expiry: 0,
  });
});

test("offline sessions are listed after connected ones", () => {
  const { test, sessions } = setup();
  test.connect("offline", 4, { cleanStart: false }).cut();
  test.connect("here", 4);
  expect(sessions()).toMatchObject([
    { clientId: "here", connected: true },
    { clientId: "offline", connected: false, remote: null, version: null, connectedAt: null },
  ]);
  expect(sessions({ limit: "1" })).toMatchObject([{ clientId: "here" }]);
  expect(sessions({ client: "off" })).toMatchObject([{ clientId: "offline" }]);
  expect(() => sessions({ filter: "#" })).toThrow('there is no "filter"');
});

test("subscriptions are shown with their options, and selected by client and by filter", () => {
  const { test, subscriptions } = setup();
  const client = test.connect("a", 5);
  client.subscribe("sister/+/temp", 2, { noLocal: true });
  client.subscribe("other", 0, { retainAsPublished: true });
  test.connect("b", 5).subscribe("$share/group/sister/temp", 1);
  expect(subscriptions({ client: "a" })).toEqual([
    {
      ...{ clientId: "a", connected: true, filter: "sister/+/temp", qos: 2, shared: false },
      ...{ noLocal: true, retainAsPublished: false, identifier: null },
    },
    {
      ...{ clientId: "a", connected: true, filter: "other", qos: 0, shared: false },
      ...{ noLocal: false, retainAsPublished: true, identifier: null },
    },
  ]);
  expect(subscriptions({ filter: "sister/#" })).toMatchObject([
    { filter: "sister/+/temp" },
    { filter: "$share/group/sister/temp", shared: true },
  ]);
  expect(subscriptions({ limit: "2" })).toHaveLength(2);
});

test("retained messages are shown with their remaining expiry interval", () => {
  const { test, retained } = setup();
  const client = test.connect("a", 5);
  client.publish("kept/1", "one", { retain: true, qos: 1, properties: { messageExpiryInterval: 60 } });
  client.publish("kept/2", "two", { retain: true });
  client.publish("other", "three", { retain: true });
  test.clock.advance(10_000);
  expect(retained({ filter: "kept/#" })).toEqual({
    retained: [
      { topic: "kept/1", payload: "one", size: 3, qos: 1, expiresIn: 50 },
      { topic: "kept/2", payload: "two", size: 3, qos: 0, expiresIn: null },
    ],
    truncated: false,
  });
  expect(retained({ limit: "1" })).toMatchObject({ retained: [{ topic: "kept/1" }], truncated: true });
});

test("a search through very many retained messages stops, and is marked as truncated", () => {
  const { test, retained } = setup({ maxRetained: 20_000 });
  const client = test.connect("a");
  for (let chunk = 0; chunk < 12; chunk++) {
    client.send(
      ...Array.from({ length: 1000 }, (_, index) =>
        client.message(`many/${chunk}/${index}`, "x", { retain: true }),
      ),
    );
  }
  expect(retained({ filter: "+/+/none" }).truncated).toBe(false);
  expect(retained({ filter: "many/+/+/none" })).toEqual({ retained: [], truncated: true });
});

test("a session has counts both ways, and rates from the second request on", () => {
  const { test, sessions } = setup();
  const [sensor, panel] = [test.connect("sensor"), test.connect("panel")];
  panel.subscribe("t", 0);
  sensor.publish("t", "abcd");
  const rates = () =>
    sessions({ sort: "clientId" }).map(
      ({ clientId, messagesIn, messagesOut, rateIn, rateOut, byteRateOut }) => [
        ...[clientId, messagesIn, messagesOut, rateIn, rateOut, byteRateOut],
      ],
    );
  expect(rates()).toEqual([
    ["panel", 0, 1, null, null, null],
    ["sensor", 1, 0, null, null, null],
  ]);
  sensor.send(...Array.from({ length: 20 }, () => sensor.message("t", "abcd")));
  test.clock.advance(2000);
  expect(rates()).toEqual([
    ["panel", 0, 21, 0, 10, 40],
    ["sensor", 21, 0, 10, 0, 0],
  ]);
});

test("sessions are found by client, user and address, and sorted by any column", () => {
  const { test, sessions } = setup();
  test.connect("b", 5, { username: "ani" });
  test.connect("a", 4).subscribe("x", 0);
  const names = (query: Record<string, string>) => sessions(query).map(({ clientId }) => clientId);
  expect(names({ search: "ANI" })).toEqual(["b"]);
  expect(names({ search: "there" })).toHaveLength(2);
  expect(names({ sort: "clientId" })).toEqual(["a", "b"]);
  expect(names({ sort: "-version" })).toEqual(["b", "a"]);
  expect(names({ sort: "-subscriptions", limit: "1" })).toEqual(["a"]);
  expect(() => sessions({ sort: "x" })).toThrow("sort must be one of clientId, remote, version");
});
