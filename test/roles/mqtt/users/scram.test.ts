import { expect, test } from "bun:test";
import type { Notice, Packet } from "../../../../src/protocol/mqtt/packet.ts";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { accessOf } from "../../../../src/roles/mqtt/users/access.ts";
import { ScramClient } from "../../../support/scram-client.ts";
import { until } from "../../../support/until.ts";
import { TestBroker, type TestClient } from "../support/test-broker.ts";

const authenticationMethod = "SCRAM-SHA-256";
const users = [
  { name: "budi", password: "rahasia" },
  { name: "ani,=", password: "lain" },
];
const broker = () => new TestBroker({}, { access: accessOf({ users }) });

/** The next packet: it arrives when the server has computed its answer. */
async function next(client: TestClient): Promise<Packet> {
  const packets: Packet[] = [];
  await until(() => {
    client.test.clock.settle();
    packets.push(...client.take());
    return packets.length > 0;
  });
  const [packet, ...more] = packets;
  if (packet === undefined || more.length > 0) throw new Error(`unexpected ${JSON.stringify(packets)}`);
  return packet;
}

const dataOf = (packet: Packet): Uint8Array => {
  const data = "properties" in packet ? packet.properties.authenticationData : undefined;
  if (data === undefined) throw new Error(`no data in ${JSON.stringify(packet)}`);
  return data;
};

const authPacket = (reasonCode: number, authenticationData: Uint8Array): Notice => ({
  type: "auth",
  version: 5,
  reasonCode,
  properties: { authenticationMethod, authenticationData },
});

/** Sends CONNECT, and receives the server's challenge. */
async function begin(
  test: TestBroker,
  scram: ScramClient,
): Promise<{ client: TestClient; challenge: Uint8Array }> {
  const client = test.open(5);
  client.connect("a", { properties: { authenticationMethod, authenticationData: scram.first } });
  const packet = await next(client);
  expect(packet).toMatchObject({ type: "auth", reasonCode: Reason.ContinueAuthentication });
  return { client, challenge: dataOf(packet) };
}

/** CONNECT and the AUTH exchange. @returns the client and the server's last packet */
async function run(test: TestBroker, scram: ScramClient) {
  const { client, challenge } = await begin(test, scram);
  client.send(authPacket(Reason.ContinueAuthentication, scram.answer(challenge)));
  return { client, last: await next(client) };
}

test.each([
  ["budi", "rahasia", "budi"],
  ["ani=2C=3D", "lain", "ani,="],
])(
  "%s authenticates with its password, and verifies the broker's signature",
  async (name, password, username) => {
    const scram = new ScramClient(name, password);
    const { client, last } = await run(broker(), scram);
    expect(last).toMatchObject({ type: "connack", reasonCode: 0, properties: { authenticationMethod } });
    expect(scram.trusts(dataOf(last))).toBe(true);
    expect(client.connection.identity.username).toBe(username);
  },
);

test.each([
  ["budi", "Rahasia"],
  ["budi", ""],
  ["ani=2C=3D", "rahasia"],
  ["nobody", "rahasia"],
])(
  "%s with the password %j gets a challenge like any other, and is refused at the end",
  async (name, password) => {
    const test = broker();
    const { client, last } = await run(test, new ScramClient(name, password));
    expect(last).toMatchObject({ type: "connack", reasonCode: Reason.NotAuthorized, properties: {} });
    expect("properties" in last && last.properties).toEqual({});
    expect(client.state).toBe("ended");
    expect(test.broker.stats()).toMatchObject({ sessions: 0, authentication_failures_total: 1 });
  },
);

test("a recorded answer cannot be replayed", async () => {
  const test = broker();
  const scram = new ScramClient("budi", "rahasia", "always-the-same-nonce");
  const { client, challenge } = await begin(test, scram);
  const recorded = scram.answer(challenge);
  client.send(authPacket(Reason.ContinueAuthentication, recorded));
  expect(await next(client)).toMatchObject({ type: "connack", reasonCode: 0 });

  const attacker = await begin(test, new ScramClient("budi", "?", "always-the-same-nonce"));
  expect(Buffer.from(attacker.challenge).equals(Buffer.from(challenge))).toBe(false);
  attacker.client.send(authPacket(Reason.ContinueAuthentication, recorded));
  expect(await next(attacker.client)).toMatchObject({ type: "connack", reasonCode: Reason.NotAuthorized });
  expect(client.state).toBe("open");
});

test.each([undefined, new Uint8Array(), Buffer.from("n,,n=budi"), Buffer.from([0xff])])(
  "the first message %p is refused",
  async (authenticationData) => {
    const client = broker().open(5);
    const data = authenticationData === undefined ? {} : { authenticationData };
    client.connect("a", { properties: { authenticationMethod, ...data } });
    expect(await next(client)).toMatchObject({ type: "connack", reasonCode: Reason.NotAuthorized });
  },
);

test("a client may re-authenticate as the same user, but not as another", async () => {
  const { client } = await run(broker(), new ScramClient("budi", "rahasia"));
  const reauthenticate = async (scram: ScramClient) => {
    client.send(authPacket(Reason.Reauthenticate, scram.first));
    const challenge = dataOf(await next(client));
    client.send(authPacket(Reason.ContinueAuthentication, scram.answer(challenge)));
    return next(client);
  };
  const scram = new ScramClient("budi", "rahasia");
  const last = await reauthenticate(scram);
  expect(last).toMatchObject({ type: "auth", reasonCode: 0, properties: { authenticationMethod } });
  expect(scram.trusts(dataOf(last))).toBe(true);
  const other = await reauthenticate(new ScramClient("ani=2C=3D", "lain"));
  expect(other).toMatchObject({ type: "disconnect", reasonCode: Reason.NotAuthorized });
  expect(client.state).toBe("ended");
});

test("without users the method is unknown", () => {
  const client = new TestBroker({}, { access: accessOf({ users: [] }) }).open(5);
  client.connect("a", { properties: { authenticationMethod } });
  expect(client.next("connack").reasonCode).toBe(Reason.BadAuthenticationMethod);
});
