import { describe, expect, test } from "bun:test";
import { Reason } from "../../../../../src/protocol/mqtt/reason.ts";
import { TestBroker } from "../../support/test-broker.ts";

const serverReference = "lab2.example:1883";

describe("another server", () => {
  test("is named when all sessions are in use", () => {
    const test = new TestBroker({ maxSessions: 1, serverReference });
    test.connect("a", 4);
    const five = test.open(5);
    five.connect("five");
    const { reasonCode, properties } = five.next("connack");
    expect([reasonCode, properties]).toEqual([Reason.UseAnotherServer, { serverReference }]);
    const four = test.open(4);
    four.connect("four");
    expect(four.next("connack")).toMatchObject({ reasonCode: 3, properties: {} });
    expect([five.state, four.state]).toEqual(["ended", "ended"]);
  });

  test("is named when the broker stops", () => {
    const test = new TestBroker({ serverReference });
    const [five, four] = [test.connect("five", 5), test.connect("four", 4)];
    test.broker.stop();
    const { reasonCode, properties } = five.next("disconnect");
    expect([reasonCode, properties.serverReference]).toEqual([Reason.UseAnotherServer, serverReference]);
    expect(four.take()).toEqual([]);
  });

  test("is not named without serverReference", () => {
    const test = new TestBroker({ maxSessions: 1 });
    const client = test.connect("a", 5);
    const other = test.open(5);
    other.connect("b");
    expect(other.next("connack")).toMatchObject({ reasonCode: Reason.QuotaExceeded, properties: {} });
    test.broker.stop();
    const { reasonCode, properties } = client.next("disconnect");
    expect([reasonCode, properties.serverReference]).toEqual([Reason.ServerShuttingDown, undefined]);
  });

  test("may be chosen for each client by the authentication", () => {
    const authenticate = () => ({ reason: Reason.ServerMoved, serverReference: "lab3.example" });
    const test = new TestBroker({ serverReference }, { access: { authenticate } });
    const client = test.open(5);
    client.connect("a");
    const { reasonCode, properties } = client.next("connack");
    expect([reasonCode, properties]).toEqual([Reason.ServerMoved, { serverReference: "lab3.example" }]);
  });
});
