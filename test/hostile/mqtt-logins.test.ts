import { expect, test } from "bun:test";
import { testDescriptorsAreBack } from "../support/attack-monitor.ts";
import { startLab } from "../support/lab.ts";
import { connack, packet, publish, subscribe } from "../support/mqtt-packets.ts";
import { RawClient } from "../support/raw-client.ts";
import { until } from "../support/until.ts";

const users = Array.from({ length: 200 }, (_, index) => `{ name: user${index}, password: right${index} }`);

// Behind a proxy, so that a client's address is what its header says.
const lab = await startLab(`
services:
  mqtt: { port: 0, proxyProtocol: true, connectTimeout: 5s, users: [${users}] }
  guessed: { role: mqtt, port: 0, proxyProtocol: true, connectTimeout: 5s, users: [${users}] }
`);

const login = (clientId: string, name: string, password: string) =>
  packet(0x10, "MQTT", [4, 0xc2, 0, 60], clientId, name, password);

async function connectFrom(address: string, service = "mqtt", of = lab): Promise<RawClient> {
  const client = await RawClient.connect(of.port(service));
  client.write(`PROXY TCP4 ${address} 192.0.2.1 5000 1883\r\n`);
  return client;
}

const wrong = Buffer.from([0x20, 2, 0, 4]);
const attackers = 800;

test("hundreds of wrong logins at once are refused, and a healthy client is served in between", async () => {
  const healthy = await connectFrom("198.51.100.1");
  healthy.write(Buffer.concat([login("healthy", "user0", "right0"), subscribe("t")]));
  expect(await healthy.bytes(9)).toEqual(Buffer.concat([connack, Buffer.from([0x90, 3, 0, 1, 0])]));
  const memory = lab.rss();

  const guessers = await Promise.all(
    Array.from({ length: attackers }, (_, i) => connectFrom(`10.0.${i >> 8}.${i & 255}`)),
  );
  let refused = 0;
  const over = Promise.all(
    guessers.map(async (client, i) => {
      client.write(login(`wrong${i}`, i % 2 === 0 ? `user${(i / 2) % 200}` : `nobody${i}`, `guess ${i}`));
      expect(await client.bytes(4)).toEqual(wrong);
      refused++;
    }),
  );

  /** Rounds of the healthy client in which others were refused: many, unless one waits for all the others. */
  let shared = 0;
  while (refused < attackers) {
    const before = refused;
    healthy.write(publish("t", "x"));
    expect(await healthy.bytes(6)).toEqual(publish("t", "x"));
    if (refused > before) shared++;
  }
  await over;
  // The passwords are not checked all at once, with nobody else served meanwhile.
  expect(shared).toBeGreaterThan(10);

  // A correct password is not queued behind other clients' wrong ones.
  const late = await connectFrom("198.51.100.2");
  late.write(login("late", "user0", "right0"));
  expect(await late.bytes(4)).toEqual(connack);
  expect(lab.rss() - memory).toBeLessThan(100 * 1024 * 1024);
  // Bounded, however many are refused.
  expect(lab.complaints().length).toBeLessThanOrEqual(100);
  for (const line of lab.complaints())
    expect(line).toStartWith("warning distsrv: Refused a login from 10.0.");
});

test("of a thousand wrong logins of one address a second one is checked, and the owner gets in meanwhile", async () => {
  const guesser = "203.0.113.7";
  const answers: Buffer[] = [];
  const guesses = Array.from({ length: 1000 }, async (_, i) => {
    const client = await connectFrom(guesser, "guessed");
    client.write(login(`guesser${i}`, "user7", `guess ${i}`));
    await client.ended;
    client.reset();
    if (client.received.length > 0) answers.push(Buffer.from(client.received));
  });
  await until(() => answers.length >= 2);

  const owner = await connectFrom("198.51.100.7", "guessed");
  owner.write(login("owner", "user7", "right7"));
  expect(await owner.bytes(4)).toEqual(connack);
  const neighbour = await connectFrom(guesser, "guessed");
  neighbour.write(login("neighbour", "user8", "right8"));
  expect(await neighbour.bytes(4)).toEqual(connack);

  await Promise.all(guesses);
  // 125, 250 and 500 ms, and then one a second of the five seconds that a client has to be let in.
  expect(answers.length).toBeLessThanOrEqual(16);
  for (const answer of answers) expect(answer).toEqual(wrong);
});

const banning = await startLab(`
guard: { failures: 3, within: 1h }
services:
  mqtt: { port: 0, proxyProtocol: true, users: [${users}] }
  echo: { port: 0, proxyProtocol: true }
`);

test("who goes on guessing is banned from all services, and its connections are closed", async () => {
  const guesser = "203.0.113.9";
  const idle = await connectFrom(guesser, "echo", banning);
  for (let tries = 0; tries < 3; tries++) {
    const client = await connectFrom(guesser, "mqtt", banning);
    client.write(login("guesser", "user9", "guess"));
    await client.ended;
  }
  await banning.untilLogged("distsrv", `Banned ${guesser} for 600 s: 3 wrong logins at mqtt`);
  await idle.closed;
  await (await connectFrom(guesser, "echo", banning)).closed;
  await banning.untilLogged(
    "echo",
    `Closed a connection from ${guesser}: it is banned (3 wrong logins at mqtt)`,
  );
  const other = await connectFrom("203.0.113.10", "mqtt", banning);
  other.write(login("other", "user9", "right9"));
  expect(await other.bytes(4)).toEqual(connack);
});

testDescriptorsAreBack(lab);
