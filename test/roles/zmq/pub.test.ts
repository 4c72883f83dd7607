import { describe, expect, setSystemTime, test } from "bun:test";
import { zmqPub } from "../../../src/roles/zmq/index.ts";
import { clockText } from "../../../src/roles/zmq/message.ts";
import { nextDue } from "../../../src/roles/zmq/pub-service.ts";
import { golden } from "../../support/golden.ts";
import { RawClient } from "../../support/raw-client.ts";
import { startRole } from "../../support/start-role.ts";
import { until } from "../../support/until.ts";
import { ZmtpClient } from "../../support/zmtp.ts";

async function subscriber(port: number, ...beginnings: string[]): Promise<ZmtpClient> {
  const client = await ZmtpClient.connect(port, "SUB");
  for (const beginning of beginnings) client.subscribe(beginning);
  return client;
}

describe("zmq-pub", () => {
  test.each(["zmq_sub_once", "zmq_sub_two"])(
    "says what the original said in %s, only the time differs",
    async (name) => {
      const [recorded = []] = golden(name).connections;
      const { port } = await startRole(zmqPub, { every: "20ms" });
      const client = await RawClient.connect(port);
      const spoken = recorded.flatMap((event) => (event.kind === "bytes" ? [event] : []));
      for (const { from, bytes } of spoken) {
        if (from === "client") client.write(bytes);
        else {
          const said = (await client.bytes(bytes.length)).toString("latin1");
          const timeless = (text: string) =>
            text.replace(/\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}/, "<time>");
          expect(timeless(said)).toBe(timeless(bytes.toString("latin1")));
        }
      }
    },
  );

  test("publishes the time once a second by default", () => {
    expect(zmqPub.config.parse({})).toMatchObject({
      every: 1000,
      message: "WAKTU {time}",
      topic: "",
      port: 12345,
    });
  });

  test("keeps its step", async () => {
    const start = performance.now();
    const { port } = await startRole(zmqPub, { every: "50ms", message: "{count}" });
    const client = await subscriber(port, "");
    const first = Number((await client.receive())[0]);
    let last = first;
    while (last < first + 6) last = Number((await client.receive())[0]);
    expect(last).toBe(first + 6); // none left out
    // The first of all came at once; timers may be a millisecond early.
    expect(performance.now() - start).toBeGreaterThanOrEqual((last - 1) * 50 - 1);
  });

  test.each<[now: number, due: number]>([
    [999, 2000],
    [1000, 2000],
    [1001, 2000],
    [1999, 2000],
    [2000, 3000],
    [2500, 3000],
    [60_001, 61_000],
  ])(
    "is due once after a stall, at its next step: published at %d instead of 1000, again at %d",
    (now, due) => {
      expect(nextDue(1000, 1000, now)).toBe(due);
    },
  );

  test("sends to each subscriber what begins as it wants", async () => {
    const publish = [
      { message: "SUHU {random 20..35}", every: "5ms" },
      { message: "WAKTU {time}", every: "5ms" },
      { topic: "sister/temp", message: "28", every: "5ms" },
    ];
    const { port } = await startRole(zmqPub, { publish });
    const [time, topic, both] = await Promise.all([
      subscriber(port, "WAKTU"),
      subscriber(port, "sister/"),
      subscriber(port, "SU", "WA"),
    ]);
    for (let count = 0; count < 5; count++) {
      expect(String((await time.receive())[0])).toMatch(/^WAKTU /);
      expect((await topic.receive()).map(String)).toEqual(["sister/temp", "28"]);
      expect(String((await both.receive())[0])).toMatch(/^(SUHU (2\d|3[0-5])|WAKTU .*)$/);
    }
  });

  test.each(["by messages, as ZMTP 3.0 has it", "by commands, as ZMTP 3.1 has it"])(
    "lets subscribers subscribe and cancel %s, as often as they subscribed",
    async (how) => {
      const publish = ["a", "b"].map((message) => ({ message, every: "5ms" }));
      const { port } = await startRole(zmqPub, { publish });
      const client = await ZmtpClient.connect(port, "XSUB");
      const tell = (kind: "SUBSCRIBE" | "CANCEL", prefix: string) => {
        if (how.startsWith("by messages")) {
          client.send(Buffer.concat([Buffer.from([kind === "SUBSCRIBE" ? 1 : 0]), Buffer.from(prefix)]));
        } else {
          const body = Buffer.concat([Buffer.from([kind.length]), Buffer.from(kind + prefix)]);
          client.raw.write(Buffer.concat([Buffer.from([4, body.length]), body]));
        }
      };
      const next = async () => String((await client.receive())[0]);
      tell("SUBSCRIBE", "a");
      tell("SUBSCRIBE", "a");
      tell("CANCEL", "a");
      expect(await next()).toBe("a"); // it is still subscribed once
      tell("CANCEL", "a");
      tell("CANCEL", "a"); // one too many changes nothing
      tell("SUBSCRIBE", "b");
      while ((await next()) !== "b");
      for (let count = 0; count < 5; count++) expect(await next()).toBe("b");
    },
  );

  test("a subscriber whose prefixes overlap gets a message once", async () => {
    const { port } = await startRole(zmqPub, { message: "{count}aaa", every: "5ms" });
    const client = await subscriber(port, "", "1", "2", "3", "");
    const first = Number.parseInt(String((await client.receive())[0]), 10);
    for (let count = 1; count < 5; count++) {
      expect(String((await client.receive())[0])).toBe(`${first + count}aaa`);
    }
  });

  test("bounds the subscriptions of a peer, and says why it was disconnected", async () => {
    const { port, log } = await startRole(zmqPub, { every: "1h" });
    const longWinded = await ZmtpClient.connect(port, "SUB");
    longWinded.subscribe("x".repeat(1024));
    longWinded.subscribe("x".repeat(1025));
    await longWinded.raw.ended;
    expect(log[0]).toContain("its message has 1026 bytes or more, and 1025 are allowed");
    const many = await ZmtpClient.connect(port, "SUB");
    for (let count = 0; count < 1000; count++) many.subscribe(String(count).padEnd(1000, "x"));
    await many.raw.ended;
    expect(log[1]).toMatch(/its \d+ subscriptions take 1048576 bytes, the most allowed/);
  });

  test("forgets the subscriptions of who has left", async () => {
    const { port, service } = await startRole(zmqPub, { every: "1h" });
    for (let round = 0; round < 100; round++) {
      // Together more than all may have at a time.
      const client = await ZmtpClient.connect(port, "SUB");
      for (let count = 0; count < 900; count++) client.subscribe(String(count).padEnd(1000, "x"));
      client.raw.end();
      await client.raw.ended;
    }
    expect(service.stats()).toMatchObject({ peers_disconnected_total: 0, connections_total: 100 });
  });

  test("passes over messages that are no subscriptions", async () => {
    const { port } = await startRole(zmqPub, { every: "5ms" });
    const client = await ZmtpClient.connect(port, "XSUB");
    client.send("hello", "there");
    client.send("");
    client.subscribe("");
    expect(String((await client.receive())[0])).toMatch(/^WAKTU /);
  });

  test("shows what it published, also when nobody listens", async () => {
    const { events } = await startRole(zmqPub, { topic: "suhu", message: "28" }, { observe: true });
    await until(() => events.some((event) => event.kind === "message"));
    const message = events.find((event) => event.kind === "message");
    expect(message).toMatchObject({ isScheduled: true });
    expect(message).toMatchObject({ direction: "out", text: "Published: suhu | 28" });
  });

  test("drops for a subscriber that does not read, and serves the others", async () => {
    const config = { every: "1ms", sendHighWater: 5, message: "x".repeat(100_000) };
    const { port, service } = await startRole(zmqPub, config);
    const deaf = await subscriber(port, "x");
    deaf.raw.pause();
    const reader = await subscriber(port, "x");
    for (let count = 0; count < 100; count++) expect((await reader.receive())[0]?.length).toBe(100_000);
    deaf.raw.reset();
    await until(() => service.stats().connections === 1);
  });

  test("stops between two messages without a wait", async () => {
    const { service } = await startRole(zmqPub, { every: "1h" });
    await service.stop(new AbortController().signal);
  });
});

test("the time is printed as C's asctime prints it, the day padded with a space", () => {
  try {
    setSystemTime(new Date("2026-11-20T16:12:01Z"));
    const print = clockText("Asia/Jakarta");
    expect(print()).toBe("Fri Nov 20 23:12:01 2026");
    setSystemTime(new Date("2026-11-04T22:00:00Z"));
    expect(print()).toBe("Thu Nov  5 05:00:00 2026");
  } finally {
    setSystemTime();
  }
});
