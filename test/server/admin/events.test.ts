import { describe, expect, onTestFinished, test } from "bun:test";
import { serverSentEvents } from "../../../src/cli/admin/server-sent-events.ts";
import type { Conversation, Fields } from "../../../src/core/traffic.ts";
import type { TrafficHub } from "../../../src/observe/traffic-hub.ts";
import { until } from "../../support/until.ts";
import { testAdmin } from "./admin.ts";

interface Received {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** Reads an event stream in the background. */
function listen(response: Response) {
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  const received: Received[] = [];
  const reader = response.body!.getReader();
  let over = false;
  async function* chunks() {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    over = true;
  }
  const reading = (async () => {
    for await (const event of serverSentEvents(chunks())) {
      if (event !== undefined) received.push({ event: event.event, data: JSON.parse(event.data) });
    }
  })();
  onTestFinished(async () => {
    await reader.cancel().catch(() => {});
    await reading.catch(() => {});
  });
  return {
    received,
    texts: () => received.filter(({ event }) => event === "traffic").map(({ data }) => data.text),
    ready: () => until(() => received.some(({ event }) => event === "ready")),
    leave: () => reader.cancel(),
    isOver: () => over,
  };
}

function say(hub: TrafficHub, service: string, text: string, fields: Fields = {}, remote = "10.0.0.7:4011") {
  const conversation: Conversation = { id: `${service}#1`, service, transport: "tcp", local: "l:1", remote };
  const traffic = hub.service(service);
  const bytes = new TextEncoder().encode(text);
  if (traffic.sample("message")) {
    traffic.emit({ kind: "message", conversation, direction: "in", text, fields, bytes });
  }
}

describe("/api/events", () => {
  test("ends when the users change: who is one no more watches no longer", async () => {
    const [ani, budi] = ["ani", "budi"].map((name) => {
      return { name, role: "view", token: `token-of-${name}-12345` } as const;
    });
    const config = { users: [ani!, budi!] };
    const { ask, users } = await testAdmin({ config });
    const headers = { authorization: `Bearer ${ani!.token}` };
    const stream = listen(await ask("/api/events", { headers }));
    await stream.ready();
    users.configure({ users: [ani!, budi!] });
    expect(stream.isOver()).toBe(false);
    users.configure({ users: [budi!] });
    await until(() => stream.isOver());
    expect((await ask("/api/events", { headers })).status).toBe(401);
  });

  test("sends the past first, then ready, then live events, with everything that is known of them", async () => {
    const { ask, hub } = await testAdmin({ history: { idle: { message: 100 }, now: () => 1234 } });
    say(hub, "echo", "before");
    const stream = listen(await ask("/api/events"));
    await stream.ready();
    say(hub, "echo", "after", { topic: "a/b" });
    await until(() => stream.texts().length === 2);
    expect(stream.received.map(({ event }) => event)).toEqual(["traffic", "ready", "traffic"]);
    expect(stream.received[2]?.data).toEqual({
      seq: 2,
      time: 1234,
      kind: "message",
      service: "echo",
      conversation: "echo#1",
      transport: "tcp",
      local: "l:1",
      remote: "10.0.0.7:4011",
      direction: "in",
      text: "after",
      fields: { topic: "a/b" },
      bytes: btoa("after"),
      size: 5,
    });
  });

  test("raises the sample rates for as long as somebody is subscribed", async () => {
    const { ask, hub, history } = await testAdmin();
    expect(hub.service("echo").sample("message")).toBe(false);
    const stream = listen(await ask("/api/events"));
    await stream.ready();
    expect(history.subscribers).toBe(1);
    expect(hub.service("echo").sample("message")).toBe(true);
    expect(hub.service("echo").sample("bytes")).toBe(false);
    await stream.leave();
    expect(history.subscribers).toBe(0);
    expect(hub.service("echo").sample("message")).toBe(false);
  });

  test("filters by service, client, kind and topic", async () => {
    const { ask, hub } = await testAdmin();
    const streams = await Promise.all(
      ["service=other", "client=10.0.0.8", "topic=sister/%2B", "kind=open", ""].map(async (query) =>
        listen(await ask(`/api/events?${query}`)),
      ),
    );
    await Promise.all(streams.map((stream) => stream.ready()));
    say(hub, "echo", "one", { topic: "sister/temp" });
    say(hub, "other", "two", {}, "10.0.0.8:1");
    say(hub, "echo", "three");
    const all = () => streams.map((stream) => stream.texts());
    // Each stream has a reader of its own, and none waits for another.
    await until(() => all().flat().length === 6);
    expect(all()).toEqual([["two"], ["two"], ["one"], [], ["one", "two", "three"]]);
  });

  test("history says how much of the past, and Last-Event-ID where to go on", async () => {
    const { ask, hub, history } = await testAdmin({ history: { idle: { message: 1000 }, maxEvents: 5 } });
    for (let i = 1; i <= 8; i++) say(hub, "echo", `n${i}`);
    const past = async (query: string, headers: Record<string, string> = {}) => {
      const stream = listen(await ask(`/api/events${query}`, { headers }));
      await stream.ready();
      return stream.texts();
    };
    expect(await past("")).toEqual(["n4", "n5", "n6", "n7", "n8"]);
    expect(await past("?history=2")).toEqual(["n7", "n8"]);
    expect(await past("?history=0")).toEqual([]);
    expect(await past("?history=0", { "last-event-id": `${history.run}-6` })).toEqual(["n7", "n8"]);
    expect(await past("?history=0", { "last-event-id": `${history.run}-8` })).toEqual([]);
    expect(await past("?history=1", { "last-event-id": "no id of ours" })).toEqual(["n8"]);
  });

  test.each([
    ["of this run, too long ago", (run: string) => `${run}-1`, 2],
    ["of the run before a restart", () => "another-7", 3],
  ])("who comes back with an id %s learns how many events are not kept", async (_, id, missing) => {
    const { ask, hub, history } = await testAdmin({ history: { idle: { message: 1000 }, maxEvents: 5 } });
    for (let i = 1; i <= 8; i++) say(hub, "echo", `n${i}`);
    const headers = { "last-event-id": id(history.run) };
    const stream = listen(await ask("/api/events?history=0", { headers }));
    await stream.ready();
    expect(stream.received[0]).toEqual({
      event: "left-out",
      data: { service: "", kind: "history", count: missing },
    });
    expect(stream.texts()).toEqual(["n4", "n5", "n6", "n7", "n8"]);
  });

  test("what another service's history does not hold any more is not missed", async () => {
    const { ask, hub, history } = await testAdmin({ history: { idle: { message: 1000 }, maxEvents: 5 } });
    say(hub, "echo", "mine");
    for (let i = 1; i <= 8; i++) say(hub, "other", `n${i}`);
    const headers = { "last-event-id": `${history.run}-0` };
    const stream = listen(await ask("/api/events?service=echo", { headers }));
    await stream.ready();
    expect(stream.received.map(({ event }) => event)).toEqual(["traffic", "ready"]);
    expect(stream.texts()).toEqual(["mine"]);
  });

  test("an event's id names the run of the server, so that no other run takes it for its own", async () => {
    const { ask, hub, history } = await testAdmin({ history: { idle: { message: 100 } } });
    say(hub, "echo", "first");
    const reader = (await ask("/api/events")).body!.getReader();
    onTestFinished(() => reader.cancel());
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toStartWith(`id: ${history.run}-1\nevent: traffic\n`);
  });

  test("a service that does not exist is an error, rather than a stream that stays empty", async () => {
    const { ask, history } = await testAdmin();
    const answer = await ask("/api/events?service=echo,nope");
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: 'There is no service "nope". There are echo, vault, other' },
    ]);
    expect(history.subscribers).toBe(0);
  });

  test("a HEAD leaves no subscriber behind", async () => {
    const { ask, history } = await testAdmin();
    expect((await ask("/api/events", { method: "HEAD" })).status).toBe(200);
    expect(history.subscribers).toBe(0);
  });

  test("reports once a second how many events were sampled out", async () => {
    const { ask, hub } = await testAdmin();
    const stream = listen(await ask("/api/events?service=echo"));
    await stream.ready();
    for (let i = 0; i < 5000; i++) say(hub, "echo", "x");
    for (let i = 0; i < 5000; i++) say(hub, "other", "x");
    const counts = () => stream.received.filter(({ event }) => event === "left-out").map(({ data }) => data);
    await until(() => counts().length > 0);
    expect(counts()[0]).toMatchObject({ service: "echo", kind: "message" });
    expect(stream.texts().length + Number(counts()[0]?.count)).toBe(5000);
  });

  test("a reader that does not read loses events, learns how many, and costs no more memory", async () => {
    const { ask, history } = await testAdmin();
    const response = await ask("/api/events");
    const conversation: Conversation = {
      id: "e#1",
      service: "echo",
      transport: "tcp",
      local: "",
      remote: "",
    };
    const text = "x".repeat(1000);
    for (let i = 0; i < 5000; i++) {
      history.observe({ kind: "message", conversation, direction: "in", text });
    }
    const stream = listen(response);
    await stream.ready();
    history.observe({ kind: "message", conversation, direction: "in", text: "read again" });
    await until(() => stream.texts().includes("read again"));
    const slow = stream.received.find(({ data }) => data.kind === "slow-reader");
    const whole = stream.texts().length - 1;
    expect(whole).toBeLessThan(1100);
    expect(Number(slow?.data.count)).toBe(5000 - whole);
  });

  test("events sampled out while the send buffer was full are summed up and reported later", async () => {
    const { ask, history } = await testAdmin();
    const response = await ask("/api/events");
    const conversation: Conversation = {
      id: "e#1",
      service: "echo",
      transport: "tcp",
      local: "",
      remote: "",
    };
    const text = "x".repeat(1000);
    for (let i = 0; i < 5000; i++) history.observe({ kind: "message", conversation, direction: "in", text });
    for (const count of [3, 4]) history.sampledOut("echo", "message", count);
    const stream = listen(response);
    await stream.ready();
    history.observe({ kind: "message", conversation, direction: "in", text: "read again" });
    await until(() => stream.texts().includes("read again"));
    const counts = stream.received.filter(({ data }) => data.kind === "message" && data.count !== undefined);
    expect(counts.map(({ data }) => data)).toEqual([{ service: "echo", kind: "message", count: 7 }]);
  });

  test("ends when the admin service stops", async () => {
    const { ask, stopping, history } = await testAdmin();
    const stream = listen(await ask("/api/events"));
    await stream.ready();
    stopping.abort();
    await until(() => stream.isOver());
    expect(history.subscribers).toBe(0);
  });

  test("a query that cannot be understood is 400, and too many readers are 503", async () => {
    const { ask } = await testAdmin();
    for (const query of ["kind=bogus", "topic=a/%23/b", "history=-1", "history=x"]) {
      expect((await ask(`/api/events?${query}`)).status).toBe(400);
    }
    for (let i = 0; i < 32; i++) listen(await ask("/api/events"));
    expect((await ask("/api/events")).status).toBe(503);
  });
});
