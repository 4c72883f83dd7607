import { describe, expect, test } from "bun:test";
import type { Connect, Notice, Properties } from "../../../../src/protocol/mqtt/packet.ts";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import type { AuthenticationMethod, Step } from "../../../../src/roles/mqtt/ports/authentication.ts";
import { TestBroker, type TestClient } from "../support/test-broker.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array | undefined) =>
  data === undefined ? undefined : new TextDecoder().decode(data);

/** Asks until it hears a name, and takes everybody but "nobody" for whom it says to be. */
const naming: AuthenticationMethod = {
  name: "NAMING",
  begin: () => ({
    next: (data): Step => {
      const said = text(data) ?? "";
      if (said === "") return { kind: "continue", data: bytes("who?") };
      if (said === "elsewhere")
        return { kind: "refused", reason: Reason.UseAnotherServer, serverReference: "b" };
      if (said === "nobody") return { kind: "refused", reason: Reason.BadUserNameOrPassword };
      return { kind: "accepted", username: said, data: bytes(`hello ${said}`) };
    },
  }),
};

/** The same, but it takes its time: `settled` resolves once it has judged everything so far. */
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
const told = (client: TestClient) =>
  client.take().map((packet) => {
    const { authenticationMethod: method, authenticationData: data }: Properties =
      "properties" in packet ? packet.properties : {};
    const code = "reasonCode" in packet ? ` 0x${packet.reasonCode.toString(16)}` : "";
    return `${packet.type}${code}${method === undefined ? "" : ` ${method}: ${text(data)}`}`;
  });

/** A client that has proved to be "budi". */
function entered(test: TestBroker, clientId = "a", more: Partial<Connect> = {}): TestClient {
  const client = test.open(5);
  client.connect(clientId, asking("budi", more));
  expect(told(client)).toEqual(["connack 0x0 NAMING: hello budi"]);
  return client;
}

describe("authentication by AUTH packets", () => {
  test("AUTH goes both ways until CONNACK, each with the method of CONNECT [MQTT-4.12.0-2] [MQTT-4.12.0-5]", () => {
    const test = brokerWith(naming);
    const client = test.open(5);
    client.connect("a", asking());
    expect(told(client)).toEqual(["auth 0x18 NAMING: who?"]);
    client.send(answer(""));
    expect(told(client)).toEqual(["auth 0x18 NAMING: who?"]);
    client.send(answer("budi"));
    expect(told(client)).toEqual(["connack 0x0 NAMING: hello budi"]);
    expect(client.connection.identity).toEqual({ clientId: "a", username: "budi" });
  });

  test("data in CONNECT may be enough for a CONNACK at once", () => {
    entered(brokerWith(naming));
  });

  test("who cannot prove who it is gets a CONNACK with the reason, at once or later [MQTT-4.12.0-4]", () => {
    const test = brokerWith(naming);
    const atOnce = test.open(5);
    atOnce.connect("a", asking("nobody"));
    const later = test.open(5);
    later.connect("b", asking());
    expect(told(later)).toEqual(["auth 0x18 NAMING: who?"]);
    later.send(answer("nobody"));
    for (const client of [atOnce, later]) {
      expect(told(client)).toEqual(["connack 0x86"]);
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

  test("a method that is not known is refused [MQTT-4.12.0-1]", () => {
    const client = brokerWith(naming).open(5);
    client.connect("a", { properties: { authenticationMethod: "naming" } });
    expect(client.next("connack").reasonCode).toBe(Reason.BadAuthenticationMethod);
  });

  test("another method in the middle is refused [MQTT-4.12.0-5]", () => {
    const client = brokerWith(naming).open(5);
    client.connect("a", asking());
    client.take();
    client.send(authPacket(ContinueAuthentication, "budi", "OTHER"));
    expect(told(client)).toEqual(["connack 0x8c"]);
    expect(client.state).toBe("ended");
  });

  test.each([
    ["PINGREQ", { type: "pingreq", version: 5 }],
    [
      "AUTH without a method",
      { type: "auth", version: 5, reasonCode: ContinueAuthentication, properties: {} },
    ],
    ["AUTH that begins anew", authPacket(Reauthenticate, "budi")],
    ["AUTH that says success", authPacket(Reason.Success, "budi")],
  ] as const)("%s in the middle is a protocol error", (_, packet) => {
    const test = brokerWith(naming);
    const client = test.open(5);
    client.connect("a", asking());
    client.take();
    client.send(packet);
    expect(told(client)).toEqual(["connack 0x82"]);
    expect(test.broker.stats()).toMatchObject({ connections: 0, sessions: 0 });
  });

  test("a message, an acknowledgement or another CONNECT in the middle has no effect but the end [MQTT-3.1.2-30]", () => {
    const test = brokerWith(naming, {}, { authenticate: () => 0 });
    const listener = test.connect("listener", 5);
    listener.subscribe("#");
    const packets = [
      listener.message("t", "x"),
      { type: "puback", version: 5, packetId: 1, reasonCode: 0, properties: {} },
      { type: "connect", version: 5, clientId: "b", cleanStart: true, keepAlive: 0, properties: {} },
    ] as const;
    for (const packet of packets) {
      const client = test.open(5);
      client.connect("a", asking());
      client.take();
      client.send(packet);
      expect(told(client)).toEqual(["connack 0x82"]);
    }
    expect(listener.messages()).toEqual([]);
  });

  test("the client may give up with DISCONNECT, and leaves nothing behind", () => {
    const test = brokerWith(naming);
    const client = test.open(5);
    client.connect("a", asking());
    client.take();
    client.send({ type: "disconnect", version: 5, reasonCode: 0, properties: {} });
    expect([client.take(), client.state]).toEqual([[], "ended"]);
    expect(test.broker.stats()).toMatchObject({ connections: 0, sessions: 0 });
  });

  test("nothing is taken over, kept or willed before the client has proved who it is", () => {
    const test = brokerWith(naming);
    const heir = entered(test, "heir");
    heir.subscribe("will");
    const rightful = entered(test, "a");
    const will = { topic: "will", payload: bytes("gone"), qos: 0 as const, retain: false, properties: {} };
    for (const end of ["cut", "refuse"]) {
      const client = test.open(5);
      client.connect("a", asking(undefined, { will }));
      if (end === "cut") client.cut();
      else client.send(answer("nobody"));
    }
    expect([rightful.state, rightful.take(), heir.messages()]).toEqual(["open", [], []]);
    entered(test, "a", { will }).cut();
    expect(rightful.state).toBe("ended");
    expect(heir.messages()).toEqual(["will: gone"]);
  });

  test("connectTimeout holds for the whole exchange, however often the client answers", () => {
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

  test("a client that takes no packet of the size that AUTH has is not left waiting", () => {
    const client = brokerWith(naming).open(5);
    client.connect("a", asking(undefined, { properties: { maximumPacketSize: 10 } }));
    expect([client.take(), client.state]).toEqual([[], "ended"]);
  });

  test("a packet larger than a CONNECT may be is not waited for", () => {
    const client = brokerWith(naming).open(5);
    client.connect("a", asking());
    client.take();
    client.sendBytes(Buffer.from("f0818020", "hex"));
    expect(client.state).toBe("ended");
  });

  test("a method may take its time: the client is not read meanwhile", async () => {
    const { method, settled } = slow();
    const test = brokerWith(method);
    const client = test.open(5);
    client.connect("a", asking());
    expect([client.isPaused, told(client)]).toEqual([true, []]);
    await settled();
    test.clock.settle();
    expect([client.isPaused, told(client)]).toEqual([false, ["auth 0x18 NAMING: who?"]]);
    client.send(answer("budi"), { type: "pingreq", version: 5 });
    await settled();
    test.clock.settle();
    expect(told(client)).toEqual(["connack 0x0 NAMING: hello budi", "pingresp"]);
  });

  test("a method that breaks refuses its client, and is told of", async () => {
    const begin = () => ({ next: () => Promise.reject(new Error("the directory is down")) });
    const test = brokerWith({ name: "NAMING", begin });
    const client = test.open(5);
    client.connect("a", asking());
    await slow().settled();
    test.clock.settle();
    expect(told(client)).toEqual(["connack 0x88"]);
    expect(test.log.find((line) => line.startsWith("error"))).toContain("the directory is down");
  });

  test("AUTH without a method in CONNECT is a protocol error [MQTT-4.12.0-6]", () => {
    const client = brokerWith(naming).connect("a", 5);
    client.send(answer("budi"));
    expect(client.next("disconnect").reasonCode).toBe(Reason.ProtocolError);
  });
});

describe("authentication anew", () => {
  const anew = (data?: string) => authPacket(Reauthenticate, data);

  test("ends with AUTH that says success, and messages go on meanwhile", () => {
    const client = entered(brokerWith(naming));
    client.subscribe("t");
    client.send(anew());
    expect(told(client)).toEqual(["auth 0x18 NAMING: who?"]);
    client.publish("t", "meanwhile");
    expect(client.messages()).toEqual(["t: meanwhile"]);
    client.send(answer("budi"));
    expect(told(client)).toEqual(["auth 0x0 NAMING: hello budi"]);
    client.send(anew("budi"));
    expect(told(client)).toEqual(["auth 0x0 NAMING: hello budi"]);
    expect(client.state).toBe("open");
  });

  test("that fails ends the connection with DISCONNECT [MQTT-4.12.1-2]", () => {
    const client = entered(brokerWith(naming));
    client.send(anew("nobody"));
    expect(told(client)).toEqual(["disconnect 0x87"]);
    expect(client.state).toBe("ended");
  });

  test("with another method is refused, as DISCONNECT can say it [MQTT-4.12.1-1]", () => {
    const client = entered(brokerWith(naming));
    client.send(authPacket(Reauthenticate, "budi", "OTHER"));
    expect(told(client)).toEqual(["disconnect 0x87"]);
  });

  test("makes nobody somebody else", () => {
    const client = entered(brokerWith(naming));
    client.send(anew("ani"));
    expect(told(client)).toEqual(["disconnect 0x87"]);
  });

  test("may send the client elsewhere", () => {
    const client = entered(brokerWith(naming));
    client.send(anew("elsewhere"));
    const { reasonCode, properties } = client.next("disconnect");
    expect([reasonCode, properties.serverReference]).toEqual([Reason.UseAnotherServer, "b"]);
  });

  test("does not begin twice, and an answer needs a question", () => {
    const test = brokerWith(naming);
    const twice = entered(test, "twice");
    twice.send(anew(), anew());
    expect(told(twice)).toEqual(["auth 0x18 NAMING: who?", "disconnect 0x82"]);
    const unasked = entered(test, "unasked");
    unasked.send(answer("budi"));
    expect(told(unasked)).toEqual(["disconnect 0x82"]);
  });

  test("does not stop the reading where it takes its time, and an answer before the question is an error", async () => {
    const { method, settled } = slow();
    const test = brokerWith(method);
    const client = test.open(5);
    client.connect("a", asking("budi"));
    await settled();
    test.clock.settle();
    expect(told(client)).toEqual(["connack 0x0 NAMING: hello budi"]);
    client.send(anew(), { type: "pingreq", version: 5 });
    expect([client.isPaused, told(client)]).toEqual([false, ["pingresp"]]);
    client.send(answer("budi"));
    expect(told(client)).toEqual(["disconnect 0x82"]);
    await settled();
    expect(client.take()).toEqual([]);
  });
});
