import { describe, expect, test } from "bun:test";
import type { Connect, Notice, Properties } from "../../../../src/protocol/mqtt/packet.ts";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import type { AuthenticationMethod, Step } from "../../../../src/roles/mqtt/ports/authentication.ts";
import { TestBroker, type TestClient } from "../support/test-broker.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array | undefined) =>
  data === undefined ? undefined : new TextDecoder().decode(data);

/** Asks until it gets a name, and accepts every name but "nobody". */
const naming: AuthenticationMethod = {
  name: "NAMING",
  begin: () => ({
    next: (data): Step => {
      const name = text(data) ?? "";
      if (name === "") return { kind: "continue", data: bytes("who?") };
      if (name === "elsewhere")
        return { kind: "refused", reason: Reason.UseAnotherServer, serverReference: "b" };
      if (name === "nobody") return { kind: "refused", reason: Reason.BadUserNameOrPassword };
      return { kind: "accepted", username: name, data: bytes(`hello ${name}`) };
    },
  }),
};

/** The same, but asynchronous: `settled` resolves once it has answered everything so far. */
function slow(): { method: AuthenticationMethod; settled: () => Promise<void> } {
  const begin: AuthenticationMethod["begin"] = (applicant) => {
    const exchange = naming.begin(applicant);
    return { next: async (data) => exchange.next(data) };
  };
  return {
    method: { name: "NAMING", begin },
    settled: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

const brokerWith = (method: AuthenticationMethod, config = {}, access = {}) =>
  new TestBroker(config, { access: { methods: [method], ...access } });

const asking = (data?: string, more: Partial<Connect> = {}): Partial<Connect> => ({
  ...more,
  properties: {
    authenticationMethod: "NAMING",
    ...(data !== undefined && { authenticationData: bytes(data) }),
    ...more.properties,
  },
});

const authPacket = (reasonCode: number, data?: string, authenticationMethod = "NAMING"): Notice => {
  const authenticationData = data === undefined ? {} : { authenticationData: bytes(data) };
  return {
    type: "auth",
    version: 5,
    reasonCode,
    properties: { authenticationMethod, ...authenticationData },
  };
};

const { ContinueAuthentication, Reauthenticate } = Reason;
const answer = (data: string) => authPacket(ContinueAuthentication, data);

/** `auth 0x18 NAMING: who?` for each packet received. */
const replies = (client: TestClient) =>
  client.take().map((packet) => {
    const { authenticationMethod: method, authenticationData: data }: Properties =
      "properties" in packet ? packet.properties : {};
    const code = "reasonCode" in packet ? ` 0x${packet.reasonCode.toString(16)}` : "";
    return `${packet.type}${code}${method === undefined ? "" : ` ${method}: ${text(data)}`}`;
  });

/** A client that has authenticated as "budi". */
function authenticated(test: TestBroker, clientId = "a", more: Partial<Connect> = {}): TestClient {
  const client = test.open(5);
  client.connect(clientId, asking("budi", more));
  expect(replies(client)).toEqual(["connack 0x0 NAMING: hello budi"]);
  return client;
}

describe("authentication by AUTH packets", () => {
  test("AUTH is exchanged until CONNACK, each with the method of CONNECT [MQTT-4.12.0-2] [MQTT-4.12.0-5]", () => {
    const test = brokerWith(naming);
    const client = test.open(5);
    client.connect("a", asking());
    expect(replies(client)).toEqual(["auth 0x18 NAMING: who?"]);
    client.send(answer(""));
    expect(replies(client)).toEqual(["auth 0x18 NAMING: who?"]);
    client.send(answer("budi"));
    expect(replies(client)).toEqual(["connack 0x0 NAMING: hello budi"]);
    expect(client.connection.identity).toEqual({ clientId: "a", username: "budi" });
  });

  test("authentication data in CONNECT may suffice for an immediate CONNACK", () => {
    authenticated(brokerWith(naming));
  });

  test("a client that fails to authenticate gets a CONNACK with the reason, at once or later [MQTT-4.12.0-4]", () => {
    const test = brokerWith(naming);
    const atOnce = test.open(5);
    atOnce.connect("a", asking("nobody"));
    const later = test.open(5);
    later.connect("b", asking());
    expect(replies(later)).toEqual(["auth 0x18 NAMING: who?"]);
    later.send(answer("nobody"));
    for (const client of [atOnce, later]) {
      expect(replies(client)).toEqual(["connack 0x86"]);
      expect(client.state).toBe("ended");
    }
    expect(test.broker.stats()).toMatchObject({ connections: 0, sessions: 0 });
  });

  test("a refusal may name another server", () => {
    const client = brokerWith(naming).open(5);
    client.connect("a", asking("elsewhere"));
    const { reasonCode, properties } = client.next("connack");
    expect([reasonCode, properties]).toEqual([Reason.UseAnotherServer, { serverReference: "b" }]);
  });

  test("an unknown method is refused [MQTT-4.12.0-1]", () => {
    const client = brokerWith(naming).open(5);
    client.connect("a", { properties: { authenticationMethod: "naming" } });
    expect(client.next("connack").reasonCode).toBe(Reason.BadAuthenticationMethod);
  });

  test("a change of the method during the exchange is refused [MQTT-4.12.0-5]", () => {
    const client = brokerWith(naming).open(5);
    client.connect("a", asking());
    client.take();
    client.send(authPacket(ContinueAuthentication, "budi", "OTHER"));
    expect(replies(client)).toEqual(["connack 0x8c"]);
    expect(client.state).toBe("ended");
  });

  test.each([
    ["PINGREQ", { type: "pingreq", version: 5 }],
    [
      "AUTH without a method",
      { type: "auth", version: 5, reasonCode: ContinueAuthentication, properties: {} },
    ],
    ["AUTH that re-authenticates", authPacket(Reauthenticate, "budi")],
    ["AUTH with success", authPacket(Reason.Success, "budi")],
  ] as const)("%s during the exchange is a protocol error", (_, packet) => {
    const test = brokerWith(naming);
    const client = test.open(5);
    client.connect("a", asking());
    client.take();
    client.send(packet);
    expect(replies(client)).toEqual(["connack 0x82"]);
    expect(test.broker.stats()).toMatchObject({ connections: 0, sessions: 0 });
  });

  test("a message, an acknowledgement or another CONNECT during the exchange only ends the connection [MQTT-3.1.2-30]", () => {
    const test = brokerWith(naming, {}, { authenticate: () => 0 });
    const subscriber = test.connect("subscriber", 5);
    subscriber.subscribe("#");
    const packets = [
      subscriber.message("t", "x"),
      { type: "puback", version: 5, packetId: 1, reasonCode: 0, properties: {} },
      { type: "connect", version: 5, clientId: "b", cleanStart: true, keepAlive: 0, properties: {} },
    ] as const;
    for (const packet of packets) {
      const client = test.open(5);
      client.connect("a", asking());
      client.take();
      client.send(packet);
      expect(replies(client)).toEqual(["connack 0x82"]);
    }
    expect(subscriber.messages()).toEqual([]);
  });

  test("the client may end the exchange with DISCONNECT, and leaves nothing behind", () => {
    const test = brokerWith(naming);
    const client = test.open(5);
    client.connect("a", asking());
    client.take();
    client.send({ type: "disconnect", version: 5, reasonCode: 0, properties: {} });
    expect([client.take(), client.state]).toEqual([[], "ended"]);
    expect(test.broker.stats()).toMatchObject({ connections: 0, sessions: 0 });
  });

  test("no session is taken over and no will is published before the client has authenticated", () => {
    const test = brokerWith(naming);
    const subscriber = authenticated(test, "subscriber");
    subscriber.subscribe("will");
    const owner = authenticated(test, "a");
    const will = { topic: "will", payload: bytes("gone"), qos: 0 as const, retain: false, properties: {} };
    for (const end of ["cut", "refuse"]) {
      const client = test.open(5);
      client.connect("a", asking(undefined, { will }));
      if (end === "cut") client.cut();
      else client.send(answer("nobody"));
    }
    expect([owner.state, owner.take(), subscriber.messages()]).toEqual(["open", [], []]);
    authenticated(test, "a", { will }).cut();
    expect(owner.state).toBe("ended");
    expect(subscriber.messages()).toEqual(["will: gone"]);
  });

  test("connectTimeout limits the whole exchange, however often the client answers", () => {
    const test = brokerWith(naming, { connectTimeout: "10s" });
    const client = test.open(5);
    client.connect("a", asking());
    for (let i = 0; i < 9; i++) {
      test.clock.advance(1000);
      client.send(answer(""));
    }
    expect(client.state).toBe("open");
    test.clock.advance(1500);
    expect(client.state).toBe("ended");
  });

  test("a client whose maximum packet size is too small for AUTH is disconnected", () => {
    const client = brokerWith(naming).open(5);
    client.connect("a", asking(undefined, { properties: { maximumPacketSize: 10 } }));
    expect([client.take(), client.state]).toEqual([[], "ended"]);
  });

  test("a packet larger than a CONNECT may be ends the connection at once", () => {
    const client = brokerWith(naming).open(5);
    client.connect("a", asking());
    client.take();
    client.sendBytes(Buffer.from("f0818020", "hex"));
    expect(client.state).toBe("ended");
  });

  test("a method may be asynchronous: the client is not read meanwhile", async () => {
    const { method, settled } = slow();
    const test = brokerWith(method);
    const client = test.open(5);
    client.connect("a", asking());
    expect([client.isPaused, replies(client)]).toEqual([true, []]);
    await settled();
    test.clock.settle();
    expect([client.isPaused, replies(client)]).toEqual([false, ["auth 0x18 NAMING: who?"]]);
    client.send(answer("budi"), { type: "pingreq", version: 5 });
    await settled();
    test.clock.settle();
    expect(replies(client)).toEqual(["connack 0x0 NAMING: hello budi", "pingresp"]);
  });

  test("a method that throws refuses its client, and the error is logged", async () => {
    const begin = () => ({ next: () => Promise.reject(new Error("the directory is down")) });
    const test = brokerWith({ name: "NAMING", begin });
    const client = test.open(5);
    client.connect("a", asking());
    await slow().settled();
    test.clock.settle();
    expect(replies(client)).toEqual(["connack 0x88"]);
    expect(test.log.find((line) => line.startsWith("error"))).toContain("the directory is down");
  });

  test("AUTH without a method in CONNECT is a protocol error [MQTT-4.12.0-6]", () => {
    const client = brokerWith(naming).connect("a", 5);
    client.send(answer("budi"));
    expect(client.next("disconnect").reasonCode).toBe(Reason.ProtocolError);
  });
});

describe("re-authentication", () => {
  const reauthenticate = (data?: string) => authPacket(Reauthenticate, data);

  test("ends with AUTH success, and messages are delivered meanwhile", () => {
    const client = authenticated(brokerWith(naming));
    client.subscribe("t");
    client.send(reauthenticate());
    expect(replies(client)).toEqual(["auth 0x18 NAMING: who?"]);
    client.publish("t", "meanwhile");
    expect(client.messages()).toEqual(["t: meanwhile"]);
    client.send(answer("budi"));
    expect(replies(client)).toEqual(["auth 0x0 NAMING: hello budi"]);
    client.send(reauthenticate("budi"));
    expect(replies(client)).toEqual(["auth 0x0 NAMING: hello budi"]);
    expect(client.state).toBe("open");
  });

  test("that fails ends the connection with DISCONNECT [MQTT-4.12.1-2]", () => {
    const client = authenticated(brokerWith(naming));
    client.send(reauthenticate("nobody"));
    expect(replies(client)).toEqual(["disconnect 0x87"]);
    expect(client.state).toBe("ended");
  });

  test("with another method is refused, with a reason that DISCONNECT may have [MQTT-4.12.1-1]", () => {
    const client = authenticated(brokerWith(naming));
    client.send(authPacket(Reauthenticate, "budi", "OTHER"));
    expect(replies(client)).toEqual(["disconnect 0x87"]);
  });

  test("cannot change the user", () => {
    const client = authenticated(brokerWith(naming));
    client.send(reauthenticate("ani"));
    expect(replies(client)).toEqual(["disconnect 0x87"]);
  });

  test("may redirect the client to another server", () => {
    const client = authenticated(brokerWith(naming));
    client.send(reauthenticate("elsewhere"));
    const { reasonCode, properties } = client.next("disconnect");
    expect([reasonCode, properties.serverReference]).toEqual([Reason.UseAnotherServer, "b"]);
  });

  test("cannot begin twice, and an answer without a challenge is an error", () => {
    const test = brokerWith(naming);
    const twice = authenticated(test, "twice");
    twice.send(reauthenticate(), reauthenticate());
    expect(replies(twice)).toEqual(["auth 0x18 NAMING: who?", "disconnect 0x82"]);
    const unsolicited = authenticated(test, "unsolicited");
    unsolicited.send(answer("budi"));
    expect(replies(unsolicited)).toEqual(["disconnect 0x82"]);
  });

  test("does not pause the client during an asynchronous method, and an answer before the challenge is an error", async () => {
    const { method, settled } = slow();
    const test = brokerWith(method);
    const client = test.open(5);
    client.connect("a", asking("budi"));
    await settled();
    test.clock.settle();
    expect(replies(client)).toEqual(["connack 0x0 NAMING: hello budi"]);
    client.send(reauthenticate(), { type: "pingreq", version: 5 });
    expect([client.isPaused, replies(client)]).toEqual([false, ["pingresp"]]);
    client.send(answer("budi"));
    expect(replies(client)).toEqual(["disconnect 0x82"]);
    await settled();
    expect(client.take()).toEqual([]);
  });
});
