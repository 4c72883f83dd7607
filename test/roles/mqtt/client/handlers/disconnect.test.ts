import { describe, expect, test } from "bun:test";
import { Reason } from "../../../../../src/protocol/mqtt/reason.ts";
import { reasonsOf } from "../../../../protocol/mqtt/arbitrary.ts";
import { TestBroker } from "../../support/test-broker.ts";

const payload = new TextEncoder().encode("bye");
const will = { topic: "gone", payload, qos: 0 as const, retain: false, properties: {} };

/** A client with a will sends DISCONNECT with this reason. */
function disconnect(reasonCode: number) {
  const test = new TestBroker();
  const subscriber = test.connect("subscriber", 5);
  subscriber.subscribe("gone");
  const client = test.connect("a", 5, { will });
  client.send({ type: "disconnect", version: 5, reasonCode, properties: {} });
  return { wills: subscriber.messages(), replies: client.take(), state: client.state };
}

/** Section 3.14.2.1: the reason codes that the table marks as sent by "Client" or "Client or Server". */
const ofClients = [0, 4, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99];
const ofServers = reasonsOf("disconnect").filter((code) => !ofClients.includes(code));

describe("DISCONNECT from an MQTT 5 client", () => {
  test("with reason 0 deletes the will [MQTT-3.14.4-3] [MQTT-3.1.2-10]", () => {
    expect(disconnect(Reason.Success)).toEqual({ wills: [], replies: [], state: "ended" });
  });

  test.each(ofClients.slice(1))("with reason %d makes the broker publish the will [MQTT-3.1.2-8]", (code) => {
    expect(disconnect(code)).toEqual({ wills: ["gone: bye"], replies: [], state: "ended" });
  });

  test.each(ofServers)("with a server's reason, %d, is a protocol error [MQTT-3.14.2-1]", (code) => {
    const { wills, replies, state } = disconnect(code);
    expect([wills, state]).toEqual([["gone: bye"], "ended"]);
    expect(replies).toMatchObject([{ type: "disconnect", reasonCode: Reason.ProtocolError }]);
  });

  test.each([
    ["shortens", 60, 5],
    ["lengthens", 5, 60],
    ["keeps", 30, 30],
  ])("%s the session expiry, and the session ends at the new time", (_, before, after) => {
    const test = new TestBroker();
    const client = test.connect("a", 5, { properties: { sessionExpiryInterval: before } });
    test.clock.advance(20_000);
    const properties = { sessionExpiryInterval: after };
    client.send({ type: "disconnect", version: 5, reasonCode: 0, properties });
    // Timers run every 250 ms.
    test.clock.advance(after * 1000 - 500);
    expect(test.broker.stats().sessions).toBe(1);
    test.clock.advance(1000);
    expect(test.broker.stats().sessions).toBe(0);
  });

  test("with a session expiry of 0 ends the session at once; without one it is as CONNECT said", () => {
    const test = new TestBroker();
    const end = (clientId: string, properties: { sessionExpiryInterval?: number }) =>
      test
        .connect(clientId, 5, { properties: { sessionExpiryInterval: 60 } })
        .send({ type: "disconnect", version: 5, reasonCode: 0, properties });
    end("ended", { sessionExpiryInterval: 0 });
    end("kept", {});
    expect([...test.broker.sessions.keys()]).toEqual(["kept"]);
    test.clock.advance(59_500);
    expect(test.broker.stats().sessions).toBe(1);
    test.clock.advance(1000);
    expect(test.broker.stats().sessions).toBe(0);
  });

  test("may have a session expiry when CONNECT had one, even if the broker grants none", () => {
    const test = new TestBroker({ maxSessionExpiry: "0s" });
    const client = test.connect("a", 5, { will, properties: { sessionExpiryInterval: 60 } });
    const properties = { sessionExpiryInterval: 30 };
    client.send({ type: "disconnect", version: 5, reasonCode: 0, properties });
    expect([client.take(), client.state, test.broker.stats().sessions]).toEqual([[], "ended", 0]);
  });
});
