import { expect, test } from "bun:test";
import type { AuditFields } from "../../../../src/core/audit.ts";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { TestBroker, type TestBrokerOptions } from "../support/test-broker.ts";

function setup(options: TestBrokerOptions = {}) {
  const records: (AuditFields & { event: string })[] = [];
  const audit = (event: string, fields: AuditFields) => void records.push({ event, ...fields });
  return {
    records,
    events: () => records.map(({ event }) => event),
    test: new TestBroker({}, { audit, ...options }),
  };
}

test("who comes is recorded with its user, address and version, and again when it has gone", () => {
  const { test, records } = setup();
  const client = test.connect("sensor-1", 5, { username: "ani", password: Buffer.from("opensesame") });
  const who = {
    ...{
      client: "sensor-1",
      username: "ani",
      proved: false,
      address: "there:1",
      transport: "tcp",
      tls: false,
    },
    version: "5.0",
  };
  expect(records).toEqual([{ event: "client-connected", ...who }]);
  client.connection.closed();
  expect(records.slice(1)).toEqual([{ event: "client-disconnected", ...who }]);
});

test("a client that was never let in neither comes nor goes", () => {
  const { test, events } = setup();
  test.open().connection.closed();
  expect(events()).toEqual([]);
});

test("who is refused is recorded with the reason, once a minute for the same host, user and reason", () => {
  const { test, records } = setup({ access: { authenticate: () => Reason.BadUserNameOrPassword } });
  const attempt = (username: string) =>
    test.open(5).connect("x", { username, password: Buffer.from("opensesame") });
  for (let i = 0; i < 5; i++) attempt("ani");
  attempt("budi");
  expect(records).toEqual([
    expect.objectContaining({
      event: "client-refused",
      username: "ani",
      reason: expect.stringMatching(/user name/i),
    }),
    expect.objectContaining({ event: "client-refused", username: "budi", leftOutBefore: 4 }),
  ]);
  test.clock.advance(60_000);
  attempt("ani");
  expect(records).toHaveLength(3);
  expect(JSON.stringify(records)).not.toContain("opensesame");
});

test("what is no CONNECT is recorded as a refusal, too", () => {
  const { test, records } = setup();
  test.open().sendBytes(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
  expect(records).toEqual([expect.objectContaining({ event: "client-refused", client: "" })]);
});

test("strangers who change their names cannot fill a disk: a thousand refusals a minute, and the count of the rest", () => {
  const { test, records } = setup({ access: { authenticate: () => Reason.BadUserNameOrPassword } });
  for (let i = 0; i < 1500; i++) test.open().connect("x", { username: `user ${i}` });
  expect(records).toHaveLength(1000);
  test.clock.advance(60_000);
  test.open().connect("x", { username: "ani" });
  expect(records.at(-1)).toMatchObject({ username: "ani", leftOutBefore: 500 });
});

test("a refused publish and subscription are recorded once for each client and topic", () => {
  const permissions = { mayPublish: () => false, reach: () => "none" as const };
  const { test, records } = setup({ permissions });
  const client = test.connect("c", 5);
  for (let id = 1; id < 4; id++) client.publish("secret", "x", { qos: 1, packetId: id });
  client.publish("other", "x", { qos: 1, packetId: 9 });
  client.take();
  client.subscribe("all/#", 1);
  client.subscribe("all/#", 1);
  expect(records.slice(1).map(({ event, client, topic }) => ({ event, client, topic }))).toEqual([
    { event: "publish-refused", client: "c", topic: "secret" },
    { event: "publish-refused", client: "c", topic: "other" },
    { event: "subscribe-refused", client: "c", topic: "all/#" },
  ]);
});
