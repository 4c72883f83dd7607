import { describe, expect, test } from "bun:test";
import { Frame } from "../../../../src/protocol/mqtt/frame.ts";
import { PublishView } from "../../../../src/protocol/mqtt/publish-view.ts";
import { ClientTraffic } from "../../../../src/roles/mqtt/routing/client-traffic.ts";
import type { RecordedTopic, StatisticsLimits } from "../../../../src/roles/mqtt/routing/topic-statistics.ts";
import { TopicStatistics } from "../../../../src/roles/mqtt/routing/topic-statistics.ts";
import { encodeOwnPublish } from "../../../../src/roles/mqtt/wire/message.ts";
import { PublishRun } from "../../../../src/roles/mqtt/wire/publish-run.ts";
import { Random } from "../../../support/random.ts";

function runOf(topic: string, payload: string | Uint8Array, retain = false): PublishRun {
  const packet = encodeOwnPublish({ topic, payload: Buffer.from(payload), qos: 0, retain, properties: {} });
  const [view, frame, run] = [new PublishView(), new Frame(), new PublishRun()];
  frame.read(packet, 0, packet.length);
  view.read(packet, 0, frame.body, frame.end, 5);
  run.begin(view, packet, true);
  return run;
}

/** @param seed of the choice between topics that may go: with the same one, it is always the same */
function setup(limits: Partial<StatisticsLimits> = {}, seed = 1) {
  const clock = { now: 1_000_000 };
  const random = new Random(seed);
  const statistics = new TopicStatistics(
    () => clock.now,
    limits,
    () => random.next(),
  );
  const routes = new Map<string, RecordedTopic>();
  const publish = (topic: string, payload: string | Uint8Array = "x", client?: ClientTraffic) => {
    const route = routes.get(topic) ?? {
      text: topic,
      hash: Number(Bun.hash(topic) & 0x7fffffffn),
      record: undefined,
    };
    routes.set(topic, route);
    statistics.record(route, runOf(topic, payload), client);
  };
  const second = () => {
    clock.now += 1000;
    statistics.tick();
  };
  const valuesOf = (topic: string) =>
    statistics.topics.get(topic)?.values.map(({ payload }) => Buffer.from(payload).toString());
  return { clock, statistics, publish, second, valuesOf };
}

describe("values", () => {
  test("while nobody looks, the last of each second is kept, with how many messages there were", () => {
    const { statistics, publish, second } = setup();
    for (const value of ["1", "2", "3"]) publish("t", value);
    second();
    second();
    publish("t", "4");
    second();
    const values = statistics.topics.get("t")?.values ?? [];
    expect(values.map(({ payload, count }) => [Buffer.from(payload).toString(), count])).toEqual([
      ["3", 3],
      ["4", 1],
    ]);
  });

  test("while somebody looks at the topic, every one is kept, and of other topics one a second", () => {
    const { statistics, publish, valuesOf, clock, second } = setup();
    publish("t", "1");
    publish("other", "1");
    statistics.watchTopic("t");
    for (const value of ["2", "3"]) publish("t", value);
    for (const value of ["2", "3"]) publish("other", value);
    second();
    expect([valuesOf("t"), valuesOf("other")]).toEqual([["1", "2", "3"], ["3"]]);
    clock.now += 10_000;
    second();
    for (const value of ["4", "5"]) publish("t", value);
    second();
    expect(valuesOf("t")).toEqual(["1", "2", "3", "5"]);
  });

  test("of nine topics that are looked at, the first is watched no more", () => {
    const { statistics, publish, valuesOf } = setup();
    const topics = Array.from({ length: 9 }, (_, index) => `t/${index}`);
    for (const topic of topics) publish(topic, "1");
    for (const topic of topics) statistics.watchTopic(topic);
    for (const topic of topics) publish(topic, "2");
    expect([valuesOf("t/0"), valuesOf("t/1"), valuesOf("t/8")]).toEqual([["1"], ["1", "2"], ["1", "2"]]);
  });

  test("of a long payload the beginning is kept, and more of it while somebody looks", () => {
    const { statistics, publish } = setup();
    const long = "x".repeat(20_000);
    publish("t", long);
    const record = statistics.topics.get("t");
    expect([record?.payload.length, record?.size]).toEqual([1024, 20_000]);
    statistics.watchTopic("t");
    publish("t", long);
    expect([record?.payload.length, record?.size]).toEqual([8192, 20_000]);
  });

  test("of one topic no more than 200 are kept", () => {
    const { statistics, publish, valuesOf } = setup();
    publish("t", "0");
    statistics.watchTopic("t");
    for (let value = 1; value <= 300; value++) publish("t", String(value));
    expect(valuesOf("t")).toHaveLength(200);
    expect(valuesOf("t")?.at(-1)).toBe("300");
  });

  test("all of them together have a limit in bytes, and each topic keeps its last ones", () => {
    const { statistics, publish, second, valuesOf } = setup({ maxValuesBytes: 20_000 });
    for (let turn = 0; turn < 30; turn++) {
      for (const topic of ["a", "b", "c"]) publish(topic, `${turn} ${"x".repeat(400)}`);
      second();
    }
    const all = [...statistics.topics.values()];
    expect(all.reduce((sum, { valuesBytes }) => sum + valuesBytes, 0)).toBeLessThanOrEqual(20_000);
    for (const topic of ["a", "b", "c"]) expect(valuesOf(topic)?.at(-1)).toStartWith("29 ");
  });
});

describe("many topics", () => {
  test("no more are kept than the limit, and what the others had is counted together", () => {
    const { statistics, publish } = setup({ maxTopics: 50 });
    for (let index = 0; index < 1000; index++) publish(`t/${index}`, "1234");
    expect(statistics.topics.size).toBe(50);
    const kept = [...statistics.topics.values()].reduce((sum, { messages }) => sum + messages, 0);
    expect(statistics.others).toEqual({ messages: 1000 - kept, bytes: 4 * (1000 - kept) });
    expect(statistics.isPartial).toBe(true);
  });

  test("a topic in use is soon among them, and takes the place of an idle one", () => {
    const { statistics, publish, second } = setup({ maxTopics: 50 });
    for (let index = 0; index < 50; index++) publish(`idle/${index}`);
    for (let turn = 0; turn < 40; turn++) {
      second();
      publish("busy");
    }
    expect(statistics.topics.has("busy")).toBe(true);
    for (let index = 0; index < 1000; index++) {
      publish(`flood/${index}`);
      if (index % 10 === 0) publish("busy");
      if (index % 10 === 0) second();
    }
    expect(statistics.topics.has("busy")).toBe(true);
    expect(statistics.topics.size).toBe(50);
  });

  test("a topic keeps its record when its hash becomes another one", () => {
    const { statistics, publish } = setup({ maxTopics: 2 });
    publish("t");
    publish("other");
    const run = runOf("t", "x");
    for (let turn = 0; turn < 40; turn++)
      statistics.record({ text: "t", hash: 7, record: undefined }, run, undefined);
    expect(statistics.topics.get("t")?.messages).toBeGreaterThanOrEqual(9);
    expect(statistics.topics.size).toBe(2);
  });

  test("rates are right while others come and go", () => {
    const { statistics, publish, second } = setup({ maxTopics: 20 });
    for (let turn = 0; turn < 50; turn++) {
      for (let index = 0; index < 10; index++) publish("steady");
      for (let index = 0; index < 200; index++) publish(`flood/${turn}/${index}`);
      second();
    }
    expect(statistics.topics.get("steady")).toMatchObject({ rate: 10, byteRate: 10 });
    for (let turn = 0; turn < 6; turn++) second();
    expect(
      [...statistics.topics.values()].every(({ rate, activeIndex }) => rate === 0 && activeIndex < 0),
    ).toBe(true);
  });

  test("names of more than 1,000 characters have no record", () => {
    const { statistics, publish } = setup();
    publish("x".repeat(1001), "1234");
    expect(statistics.topics.size).toBe(0);
    expect(statistics.others).toEqual({ messages: 1, bytes: 4 });
  });
});

describe("publishers", () => {
  test("are told apart by their clients, with their messages and bytes", () => {
    const { statistics, publish } = setup();
    const [ani, budi] = [new ClientTraffic("ani"), new ClientTraffic("budi")];
    publish("t", "1", ani);
    publish("t", "22", budi);
    publish("t", "333", ani);
    publish("t", "4444");
    const publishers = statistics.topics.get("t")?.publishers ?? [];
    expect(publishers.map(({ client, messages, bytes }) => [client?.clientId, messages, bytes])).toEqual([
      ["ani", 2, 4],
      ["budi", 1, 2],
      [undefined, 1, 4],
    ]);
  });

  test("there are eight at most, and who publishes most stays", () => {
    const { statistics, publish } = setup();
    const flooder = new ClientTraffic("flooder");
    for (let index = 0; index < 100; index++) {
      publish("t", "x", flooder);
      publish("t", "x", new ClientTraffic(`once-${index}`));
    }
    const publishers = statistics.topics.get("t")?.publishers ?? [];
    expect(publishers).toHaveLength(8);
    expect(publishers.find(({ client }) => client === flooder)?.messages).toBe(100);
  });

  test("a long client identifier is not kept whole", () => {
    expect(new ClientTraffic("x".repeat(60_000)).clientId).toBe(`${"x".repeat(200)}…`);
  });
});
