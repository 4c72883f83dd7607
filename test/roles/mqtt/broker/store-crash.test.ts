import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Version } from "../../../../src/protocol/mqtt/packet.ts";
import { LossyClient } from "../conformance/lossy-client.ts";
import { JournalingStore } from "../support/journaling-store.ts";
import { TestBroker, TestClock } from "../support/test-broker.ts";

/** A clock whose event loop stops when the broker crashes. */
class HaltingClock extends TestClock {
  isHalted = false;

  override settle(): void {
    if (!this.isHalted) super.settle();
  }
}

const topics = ["once/topic/a", "once/topic/b", "least/topic/a"] as const;
const qosOf = (topic: string) => (topic.startsWith("once/") ? 2 : 1);

/**
 * When the broker crashes: between two turns of the event loop; in a turn, before its commit, or before its writes. What
 * was committed and is not durable yet is lost or not.
 */
const moments = ["between turns", "before the commit", "after the commit"] as const;
type Moment = (typeof moments)[number];

/** A publisher and a subscriber with persistent sessions, and a broker that crashes and restarts from its store. */
class Fixture {
  readonly sent: string[] = [];
  readonly clients: readonly [LossyClient, LossyClient];
  #clock = new HaltingClock();
  #store = new JournalingStore(this.#clock);
  #test: TestBroker;
  readonly #config: Record<string, unknown>;
  readonly #isSlow: boolean;

  /** @param isSlow what is committed becomes durable later, when `sync` is called */
  private constructor(version: Version, window: number, isSlow: boolean) {
    this.#isSlow = this.#store.isSlow = isSlow;
    // A few packets fill the send buffer, so messages wait there, in the inflight window and in the queue.
    const limits = { maxInflight: version === 5 ? 5 : window, receiveMaximum: window, sendBuffer: 60 };
    this.#config = { ...limits, sysInterval: 0 };
    this.#test = new TestBroker(this.#config, { clock: this.#clock, store: this.#store });
    const client = (name: string) => new LossyClient(this.#test, name, version, window);
    this.clients = [client("publisher"), client("subscriber")];
  }

  static async start(version: Version, window: number, isSlow: boolean): Promise<Fixture> {
    const fixture = new Fixture(version, window, isSlow);
    await fixture.#test.broker.open();
    for (const one of fixture.clients) one.connect();
    fixture.clients[1].subscribe("#");
    fixture.settle();
    return fixture;
  }

  publish(topic: string): void {
    const text = `m${this.sent.length}`;
    this.sent.push(`${topic}: ${text}`);
    this.clients[0].publish(topic, text, qosOf(topic));
  }

  /** The broker reads so many bytes of one client, and crashes at the given moment. */
  async crash(moment: Moment, who: 0 | 1, amount: number): Promise<void> {
    this.#clock.isHalted = true;
    if (moment !== "between turns") this.clients[who].carryUp(amount);
    if (moment === "after the commit") this.#store.commit();
    for (const client of this.clients) client.cut(false);
    const clock = new HaltingClock();
    clock.advance(this.#clock.now() + 1000);
    this.#store = new JournalingStore(clock, this.#store.committed);
    this.#store.isSlow = this.#isSlow;
    this.#clock = clock;
    this.#test = new TestBroker(this.#config, { clock, store: this.#store });
    await this.#test.broker.open();
    for (const client of this.clients) client.test = this.#test;
  }

  /** What was committed is on the disk. @returns whether anything was written thereupon */
  sync(): number {
    if (!this.#isSlow) return 0;
    const before = this.#store.durable;
    this.#clock.settle();
    this.#store.sync();
    this.#clock.settle();
    return this.#store.durable - before;
  }

  /** Connects both clients and carries bytes until nobody sends any more. */
  settle(): void {
    for (let round = 0; round < 1000; round++) {
      let carried = 0;
      for (const client of this.clients) {
        if (!client.isConnected) client.connect();
        carried += client.carryUp(1_000_000) + client.carryDown(1_000_000);
      }
      carried += this.sync();
      if (carried === 0) return;
    }
    throw new Error("the packets never end");
  }

  expectNothingLost(): void {
    this.settle();
    const [publisher, subscriber] = this.clients;
    expect([...publisher.complaints, ...subscriber.complaints]).toEqual([]);
    expect([publisher.isQuiet, subscriber.isQuiet]).toEqual([true, true]);
    for (const topic of topics) {
      const of = (messages: readonly string[]) => messages.filter((one) => one.startsWith(`${topic}:`));
      const delivered = of(subscriber.delivered);
      // At QoS 1 a message may be delivered again; the first deliveries are in order.
      expect(qosOf(topic) === 2 ? delivered : [...new Set(delivered)]).toEqual(of(this.sent));
    }
  }
}

const who = fc.constantFrom<0 | 1>(0, 1);
const amount = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 7, max: 200 }));
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant("publish" as const), topic: fc.constantFrom(...topics) }),
  },
  { weight: 8, arbitrary: fc.record({ does: fc.constant("up" as const), who, amount }) },
  { weight: 8, arbitrary: fc.record({ does: fc.constant("down" as const), who, amount }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("cut" as const), who, isNoticed: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("sync" as const) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant("connect" as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant("crash" as const),
      ...{ who, amount, moment: fc.constantFrom(...moments) },
    }),
  },
);

const seed =
  process.env.DISTSRV_MODEL_SEED === undefined ? {} : { seed: Number(process.env.DISTSRV_MODEL_SEED) };
const numRuns = Number(process.env.DISTSRV_MODEL_RUNS ?? 200);

describe.each([3, 4, 5] as const)("version %d", (version) => {
  test("a crash at any time loses nothing that was acknowledged, and duplicates no QoS 2 message", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        fc.array(step, { maxLength: 150, size: "max" }),
        async (window, isSlow, steps) => {
          const fixture = await Fixture.start(version, window, isSlow);
          for (const one of steps) {
            if (one.does === "publish") fixture.publish(one.topic);
            else if (one.does === "sync") fixture.sync();
            else if (one.does === "crash") await fixture.crash(one.moment, one.who, one.amount);
            else {
              const client = fixture.clients[one.who];
              if (one.does === "connect") {
                if (!client.isConnected) client.connect();
              } else if (one.does === "cut") client.cut(one.isNoticed);
              else if (one.does === "up") client.carryUp(one.amount);
              else client.carryDown(one.amount);
            }
          }
          fixture.expectNothingLost();
        },
      ),
      { numRuns, ...seed },
    );
  });

  test.each([
    ["once/topic/a", false],
    ["once/topic/a", true],
    ["least/topic/a", false],
    ["least/topic/a", true],
  ] as const)(
    "a crash at any byte of either handshake of %s loses nothing, with a slow disk: %p",
    async (topic, isSlow) => {
      for (const moment of moments) {
        for (const who of [0, 1] as const) {
          for (let crashAt = 0; ; crashAt++) {
            // The second message waits for the first.
            const fixture = await Fixture.start(version, 1, isSlow);
            for (let index = 0; index < 2; index++) fixture.publish(topic);
            let carried = 0;
            while (carried < crashAt) {
              const before = carried;
              for (const client of fixture.clients) carried += client.carryUp(1) + client.carryDown(1);
              // Each byte may be the one before which the disk is still at work.
              if (carried === before) fixture.sync();
              for (const client of fixture.clients) carried += client.carryDown(1);
              if (carried === before) break;
            }
            await fixture.crash(moment, who, 4);
            fixture.expectNothingLost();
            if (carried < crashAt) break;
          }
        }
      }
    },
  );
});
