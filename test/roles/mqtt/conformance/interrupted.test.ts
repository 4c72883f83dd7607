import { describe, expect, onTestFinished, test } from "bun:test";
import fc from "fast-check";
import type { Version } from "../../../../src/protocol/mqtt/packet.ts";
import { mqtt } from "../../../../src/roles/mqtt/index.ts";
import { cutAt, type Moment } from "../../../support/mqtt-frames.ts";
import { type Cut, Relay } from "../../../support/relay.ts";
import { startRole } from "../../../support/start-role.ts";
import { until } from "../../../support/until.ts";
import { SocketClient } from "./socket-client.ts";

// A publisher and a subscriber with persistent sessions, on TCP, each behind a relay that breaks its connections.
// exactly-once.test.ts does so on simulated connections at every byte; here the network layer takes part.

const [once, least] = ["once/topic", "least/topic"] as const;
/** How many messages may be in flight in each direction: before MQTT 5 the client cannot say. */
const window = 3;
type Broker = Awaited<ReturnType<typeof startRole>>;

/** Publishes `count` messages to each topic through such connections; nothing may be lost, nothing doubled at QoS 2. */
async function deliver(broker: Broker, version: Version, cuts: { pub?: Cut[]; sub?: Cut[] }, count = 4) {
  const [toPub, toSub] = [
    await Relay.start(broker.port, cuts.pub),
    await Relay.start(broker.port, cuts.sub),
  ] as const;
  const name = crypto.randomUUID();
  const subscriber = new SocketClient(toSub.port, `sub-${name}`, version, window);
  onTestFinished(() => subscriber.stop());
  subscriber.subscribe(`${name}/#`);
  await until(() => subscriber.isSubscribed);
  const publisher = new SocketClient(toPub.port, `pub-${name}`, version, window);
  onTestFinished(() => publisher.stop());
  const texts = Array.from({ length: count }, (_, index) => `m${index}`);
  for (const text of texts) {
    publisher.publish(`${name}/${once}`, text, 2);
    publisher.publish(`${name}/${least}`, text, 1);
  }
  const got = (topic: string) =>
    subscriber.delivered.flatMap((line) =>
      line.startsWith(`${name}/${topic}: `) ? [line.slice(name.length + topic.length + 3)] : [],
    );
  const isComplete = () => new Set(got(once)).size + new Set(got(least)).size === 2 * count;
  await until(() => publisher.isIdle && isComplete());
  // What would come too often comes before the answers to these, and after the last break.
  publisher.publish(`${name}/last`, "last", 2);
  await until(() => publisher.isIdle && got("last").length > 0);
  for (const client of [publisher, subscriber]) client.stop();
  for (const relay of [toPub, toSub]) await relay.stop();
  expect([...publisher.complaints, ...subscriber.complaints]).toEqual([]);
  expect(got(once)).toEqual(texts);
  expect([...new Set(got(least))]).toEqual(texts);
  return { toPub, toSub };
}

const places = ["before", "inside", "after"] as const;
/** Of the packets that carry a message from the publisher to the broker. */
const handshake = [
  { from: "client", type: "publish" },
  { from: "server", type: "puback" },
  { from: "server", type: "pubrec" },
  { from: "client", type: "pubrel" },
  { from: "server", type: "pubcomp" },
] as const;
const opposite = { client: "server", server: "client" } as const;
const moments = handshake.flatMap((packet) => places.map((place): Moment => ({ ...packet, place })));
/** The same of the packets that carry it from the broker to the subscriber. */
const mirrored = (moment: Moment): Moment => ({ ...moment, from: opposite[moment.from] });
/** Where the connection after it may break, before anything is repeated. */
const again: readonly Moment[] = [
  { from: "client", type: "connect", place: "inside" },
  { from: "server", type: "connack", place: "before" },
  { from: "server", type: "connack", place: "after" },
];
const titleOf = ({ from, type, place }: Moment) => `${place} the ${from}'s ${type.toUpperCase()}`;

const numRuns = Number(process.env.DISTSRV_MODEL_RUNS ?? 20);
const seed =
  process.env.DISTSRV_MODEL_SEED === undefined ? {} : { seed: Number(process.env.DISTSRV_MODEL_SEED) };

describe.each([3, 4, 5] as const)("version %d, over TCP", (version) => {
  test.each(moments.map((moment) => [titleOf(moment), moment] as const))(
    "a connection that breaks %s loses nothing and doubles nothing at QoS 2, broken once or twice in a row [MQTT-4.3.3-1 of 3.1.1] [MQTT-4.3.3-2 of 3.1.1]",
    async (_, moment) => {
      const broker = await startRole(mqtt, { sysInterval: "0s", maxInflight: window });
      // Each follows some of the moments.
      const reconnecting = again[moments.indexOf(moment) % again.length] ?? moment;
      for (const both of [[moment], [moment, moment], [moment, reconnecting]]) {
        const pub = both.map((one) => cutAt(one));
        const sub = both.map((one) => cutAt(one.type.startsWith("conn") ? one : mirrored(one)));
        const { toPub, toSub } = await deliver(broker, version, { pub, sub });
        for (const relay of [toPub, toSub]) {
          const { length } = both;
          expect(relay.connections.map(({ isCut }) => isCut)).toEqual([...Array(length).fill(true), false]);
        }
      }
    },
  );

  test(
    "any breaks of both connections, noticed by the broker or not, lose nothing and double nothing at QoS 2",
    async () => {
      const broker = await startRole(mqtt, { sysInterval: "0s", maxInflight: window });
      const server = fc.constantFrom("end", "reset", "nothing", undefined);
      const nth = fc.integer({ min: 1, max: 4 });
      const anyCuts = (mirror: (moment: Moment) => Moment) =>
        fc.array(
          fc
            .record({
              moment: fc.constantFrom(...again, ...moments.map(mirror)),
              nth,
              server,
            })
            .map(({ moment, nth: count, server: end }) =>
              cutAt({ ...moment, nth: moment.type.startsWith("conn") ? 1 : count }, end),
            ),
          { maxLength: 6, size: "max" },
        );
      await fc.assert(
        fc.asyncProperty(
          anyCuts((moment) => moment),
          anyCuts(mirrored),
          async (pub, sub) => {
            await deliver(broker, version, { pub, sub });
          },
        ),
        { numRuns, ...seed },
      );
    },
    20_000 + 500 * numRuns,
  );
});
