import { describe, expect, onTestFinished, test } from "bun:test";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { HttpService } from "../../../../src/roles/mqtt/auth/http-service.ts";
import type { Credentials } from "../../../../src/roles/mqtt/ports/access.ts";
import { rejects } from "../../../support/rejects.ts";
import { authConfig, bytes, credentials, FakeService, json } from "../support/auth-kit.ts";

const url = "https://auth.example/mqtt?key=verborgen";

function serviceWith(settings: object = {}, fake = new FakeService()) {
  const service = new HttpService(url, authConfig({ http: url, ...settings }), fake);
  onTestFinished(() => service.stop());
  const verdict = async (more: Partial<Credentials> = {}) => await service.authenticate(credentials(more));
  return { service, fake, verdict };
}

const allowed = {
  reason: 0,
  username: "ani",
  grant: { by: "service", groups: [], rules: undefined, until: undefined },
};

describe("the question", () => {
  test("tells who asks, in one POST with the secret header, and follows no redirection", async () => {
    let method = "";
    let redirect: string | undefined = "";
    const fake = new FakeService((_, options) => {
      method = options.method ?? "";
      redirect = options.redirect;
      return json({ allow: true });
    });
    const { verdict } = serviceWith({ authorization: "Bearer kunci" }, fake);
    await verdict({ arrival: { isSecure: true, subject: "CN=ani,O=Lab" } });
    expect([method, redirect]).toEqual(["POST", "manual"]);
    expect(fake.asked).toEqual([
      {
        url,
        headers: {
          "content-type": "application/json",
          accept: "application/json",
          authorization: "Bearer kunci",
        },
        body: {
          clientId: "c",
          username: "ani",
          password: "rahasia",
          address: "192.0.2.7",
          tls: true,
          certificateSubject: "CN=ani,O=Lab",
          protocolVersion: "5.0",
        },
      },
    ]);
  });

  const cases: [string, Partial<Credentials>, object][] = [
    [
      "no name and no password",
      { username: undefined, password: undefined },
      { username: null, password: null },
    ],
    [
      "bytes that are no text",
      { password: Uint8Array.of(0xff, 1) },
      { password: null, passwordBase64: "/wE=" },
    ],
    ["an address of IPv6", { remote: "[2001:db8::1]:99" }, { address: "2001:db8::1" }],
    ["MQTT 3.1", { version: 3 }, { protocolVersion: "3.1" }],
    ["MQTT 3.1.1", { version: 4 }, { protocolVersion: "3.1.1" }],
    [
      "a header of its WebSocket in place of a password",
      { password: undefined, arrival: { isSecure: false, bearer: bytes("abc") } },
      { password: "abc" },
    ],
  ];
  test.each(cases)("says so of a client with %s", async (_, more, expected) => {
    const { verdict, fake } = serviceWith();
    await verdict(more);
    expect(fake.asked[0]?.body).toMatchObject(expected);
  });
});

describe("the answer", () => {
  const rules = [{ publish: ["rumah/%u/#"], subscribe: [] }];
  const cases: [string, Response, object][] = [
    ["allow", json({ allow: true }), allowed],
    ["the status 204", new Response(null, { status: 204 }), allowed],
    ["another name", json({ allow: true, username: "bu-sri" }), { ...allowed, username: "bu-sri" }],
    [
      "groups, rules and an end",
      json({ allow: true, groups: ["dosen"], rules: [{ publish: "rumah/%u/#" }], expiresIn: 60 }),
      {
        ...allowed,
        grant: { by: "service", groups: ["dosen"], rules, until: Date.UTC(2026, 0, 1) + 60_000 },
      },
    ],
    [
      "null for what it does not say",
      json({ allow: true, username: null, groups: null, rules: null, expiresIn: null }),
      allowed,
    ],
    [
      "rules that give nothing",
      json({ allow: true, rules: [] }),
      { ...allowed, grant: { ...allowed.grant, rules: [] } },
    ],
    ["deny", json({ allow: false }), { reason: Reason.BadUserNameOrPassword }],
    [
      "deny with a reason",
      json({ allow: false, message: "come back on Monday" }),
      { reason: Reason.BadUserNameOrPassword, message: "come back on Monday" },
    ],
    ["the status 403", json("anything", 403), { reason: Reason.NotAuthorized }],
    ["the status 401", json({}, 401), { reason: Reason.BadUserNameOrPassword }],
  ];
  test.each(cases)("%s is understood", async (_, response, expected) => {
    const { verdict, service } = serviceWith({}, new FakeService(() => response));
    expect(await verdict()).toEqual(expected as never);
    expect(service.problems()).toEqual([]);
  });

  const nonsense: [string, () => Response, string][] = [
    ["no JSON", () => new Response("<html>"), "its answer is no JSON"],
    ["nothing", () => new Response(""), "its answer is no JSON"],
    ["a list", () => json([]), "its answer is wrong: "],
    ["no verdict", () => json({}), "its answer is wrong: allow: "],
    ["a verdict that is text", () => json({ allow: "yes" }), "its answer is wrong: allow: "],
    ["a word that nobody knows", () => json({ allow: true, rule: [] }), "its answer is wrong: "],
    [
      "a wrong filter",
      () => json({ allow: true, rules: [{ publish: "a/#/b" }] }),
      "its answer is wrong: rules.0.publish",
    ],
    [
      "a rule that says nothing",
      () => json({ allow: true, rules: [{}] }),
      "its answer is wrong: rules.0: says nothing",
    ],
    [
      "a rule for somebody else",
      () => json({ allow: true, rules: [{ user: "x", publish: "a" }] }),
      "its answer is wrong: rules.0: ",
    ],
    [
      "an empty name",
      () => json({ allow: true, username: "" }),
      "its answer is wrong: username: must be a user name",
    ],
    [
      "a name with a line end",
      () => json({ allow: true, username: "a\nb" }),
      "its answer is wrong: username: ",
    ],
    ["an end in the past", () => json({ allow: true, expiresIn: -1 }), "its answer is wrong: expiresIn: "],
    ["an error of its own", () => json({ allow: true }, 500), "it answers with the status 500"],
    [
      "a redirection",
      () => Response.redirect("https://elsewhere.example/"),
      "it answers with the status 302",
    ],
    ["too much", () => new Response("x".repeat(64 * 1024 + 1)), "its answer has more than 65536 bytes"],
  ];
  test.each(nonsense)(
    "%s is a failure, for which the client is refused with 0x88",
    async (_, response, why) => {
      const { verdict, service, fake } = serviceWith({}, new FakeService(response));
      expect(await verdict()).toEqual({ reason: Reason.ServerUnavailable });
      expect(fake.lines).toEqual([
        expect.stringContaining(
          `warning Cannot ask the authentication service https://auth.example/mqtt: ${why}`,
        ),
      ]);
      expect(fake.lines[0]).toEndWith('; client "c" at 192.0.2.7:4711 is refused');
      expect(service.problems()).toMatchObject([
        { code: "mqtt-auth-service", values: { whom: "https://auth.example/mqtt", count: 1 } },
      ]);
      expect(JSON.stringify([fake.lines, service.problems()])).not.toMatch(/rahasia|verborgen/);
    },
  );

  test("without an end is not read on, and its stream is cancelled", async () => {
    let chunks = 0;
    let isCancelled = false;
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => {
            chunks++;
            controller.enqueue(new Uint8Array(1024));
          },
          cancel: () => {
            isCancelled = true;
          },
        }),
      );
    const { verdict } = serviceWith({}, new FakeService(endless));
    expect(await verdict()).toEqual({ reason: Reason.ServerUnavailable });
    expect(isCancelled).toBe(true);
    expect(chunks).toBeLessThan(100);
  });
});

describe("a service that cannot be asked", () => {
  const down = () => Promise.reject(Object.assign(new Error("no"), { code: "ECONNREFUSED" }));

  test("is told about with the reason, and once more when it can be asked again", async () => {
    const { verdict, service, fake } = serviceWith({}, new FakeService(down));
    await verdict();
    await verdict();
    expect(service.problems()[0]?.text).toBe(
      "Could not ask the authentication service https://auth.example/mqtt 2 times: Cannot connect to auth.example:443: connection refused",
    );
    expect(service.stats()).toEqual({
      auth_questions_total: 2,
      auth_question_failures_total: 2,
      auth_cached_total: 0,
    });
    fake.answer = () => json({ allow: true });
    expect(await verdict()).toEqual(allowed as never);
    expect(fake.lines.at(-1)).toBe(
      "info Could ask the authentication service https://auth.example/mqtt again",
    );
    expect(service.problems()).toEqual([]);
  });

  test("is no problem any more when nobody has asked for ten minutes", async () => {
    const { verdict, service, fake } = serviceWith({}, new FakeService(down));
    await verdict();
    fake.time += 10 * 60_000;
    expect(service.problems()).toHaveLength(1);
    fake.time++;
    expect(service.problems()).toEqual([]);
  });

  test("fills no log", async () => {
    const { verdict, fake, service } = serviceWith({}, new FakeService(down));
    for (let i = 0; i < 100; i++) await verdict();
    service.stop();
    expect(fake.lines).toHaveLength(21);
    expect(fake.lines.at(-1)).toBe(
      "warning 80 more failures to ask the authentication service https://auth.example/mqtt are not in the log one by one",
    );
  });

  test("is told about no more once the broker has stopped", async () => {
    let give = (_: Response) => {};
    const { verdict, service, fake } = serviceWith(
      {},
      new FakeService(() => new Promise((resolve) => (give = resolve))),
    );
    const answer = verdict();
    service.stop();
    give(json({}, 500));
    expect(await answer).toEqual({ reason: Reason.ServerUnavailable });
    expect([fake.lines, service.problems()]).toEqual([[], []]);
  });

  test("lets clients in without a name where onFailure says so", async () => {
    const { verdict, fake } = serviceWith({ onFailure: "anonymous" }, new FakeService(down));
    expect(await verdict()).toEqual({
      ...allowed,
      username: undefined,
      grant: { by: "service", groups: [], rules: undefined, isUnproved: true },
    } as never);
    expect(fake.lines[0]).toEndWith('client "c" at 192.0.2.7:4711 is let in without a user name');
  });

  test("is given up after its timeout, whether it does not answer or does not end", async () => {
    const silent = (_: unknown, { signal }: RequestInit) =>
      new Promise<Response>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    const unending = () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
    for (const answer of [silent, unending]) {
      const { verdict, fake } = serviceWith({ timeout: "20ms" }, new FakeService(answer));
      expect(await verdict()).toEqual({ reason: Reason.ServerUnavailable });
      expect(fake.lines[0]).toContain(": no answer came within 20 ms;");
    }
  });

  test("is asked once more when an old connection has broken, and not for ever", async () => {
    const broken = () => Object.assign(new Error("socket"), { code: "ECONNRESET" });
    let isFirst = true;
    const { verdict, fake } = serviceWith(
      {},
      new FakeService(() => {
        if (!isFirst) return json({ allow: true });
        isFirst = false;
        throw broken();
      }),
    );
    expect(await verdict()).toEqual(allowed as never);
    fake.answer = () => {
      throw broken();
    };
    expect(await verdict({ username: "budi" })).toEqual({ reason: Reason.ServerUnavailable });
    expect(fake.asked).toHaveLength(4);
  });

  test("that throws what nobody expects is a failure, too", async () => {
    const { verdict } = serviceWith({}, new FakeService(() => Promise.reject("whatever")));
    expect(await verdict()).toEqual({ reason: Reason.ServerUnavailable });
  });
});

describe("the cache", () => {
  test("answers who comes again with the same credentials, for as long as it is set", async () => {
    const { service, verdict, fake } = serviceWith({ cache: "30s" });
    await verdict();
    fake.time += 30_000;
    // At once, without a promise.
    expect(service.authenticate(credentials({ remote: "192.0.2.7:9999" }))).toEqual(allowed as never);
    expect(service.stats()).toMatchObject({ auth_questions_total: 1, auth_cached_total: 1 });
    fake.time++;
    await verdict();
    expect(fake.asked).toHaveLength(2);
  });

  const others: [string, Partial<Credentials>][] = [
    ["password", { password: bytes("lain") }],
    ["password of other bytes", { password: Uint8Array.of(0xff) }],
    ["client identifier", { clientId: "d" }],
    ["user name", { username: "budi" }],
    ["address", { remote: "192.0.2.8:4711" }],
    ["version", { version: 4 }],
    ["certificate", { arrival: { isSecure: true, subject: "CN=x" } }],
  ];
  test.each(others)("knows nothing of another %s", async (_, more) => {
    const { verdict, fake } = serviceWith();
    await verdict();
    await verdict(more);
    expect(fake.asked).toHaveLength(2);
  });

  test("keeps refusals, too, and the last word counts", async () => {
    const { verdict, fake } = serviceWith({ cache: "10s" }, new FakeService(() => json({ allow: false })));
    await verdict();
    expect(await verdict()).toEqual({ reason: Reason.BadUserNameOrPassword });
    expect(fake.asked).toHaveLength(1);
    fake.time += 10_001;
    fake.answer = () => json({ allow: true });
    expect(await verdict()).toEqual(allowed as never);
    fake.time += 10_001;
    fake.answer = () => json({ allow: false });
    await verdict();
    expect(await verdict()).toEqual({ reason: Reason.BadUserNameOrPassword });
  });

  test("of 0 asks each time; and a verdict that ends is not used after its end", async () => {
    const each = serviceWith({ cache: 0 });
    await each.verdict();
    await each.verdict();
    expect(each.fake.asked).toHaveLength(2);
    const ending = serviceWith({}, new FakeService(() => json({ allow: true, expiresIn: 5 })));
    await ending.verdict();
    ending.fake.time += 5000;
    await ending.verdict();
    expect(ending.fake.asked).toHaveLength(2);
  });

  test("lasts longer while the service is down, where staleIfError says so", async () => {
    const { verdict, fake } = serviceWith({ cache: "10s", staleIfError: "1m", onFailure: "deny" });
    await verdict();
    fake.answer = () => Promise.reject(Object.assign(new Error(""), { code: "ECONNREFUSED" }));
    fake.time += 70_000;
    expect(await verdict()).toEqual(allowed as never);
    expect(fake.lines[0]).toEndWith('for client "c" at 192.0.2.7:4711 counts what it said last');
    expect(await verdict({ password: bytes("lain") })).toEqual({ reason: Reason.ServerUnavailable });
    fake.time++;
    expect(await verdict()).toEqual({ reason: Reason.ServerUnavailable });
  });
});

describe("many clients at once", () => {
  test("ask as many questions as are allowed, and hosts take turns", async () => {
    const open: (() => void)[] = [];
    const fake = new FakeService(
      () => new Promise((resolve) => open.push(() => resolve(json({ allow: true })))),
    );
    const { service } = serviceWith({ maxQuestions: 2 }, fake);
    const ask = (clientId: string, remote: string, isGone = () => false) =>
      service.authenticate(credentials({ clientId, remote, isGone }));
    const busy = ["1", "2", "3", "4"].map((id) => ask(id, "192.0.2.1:1"));
    const gone = ask("gone", "192.0.2.3:1", () => true);
    const other = ask("other", "192.0.2.2:1");
    expect(fake.asked.map(({ body }) => body.clientId)).toEqual(["1", "2"]);
    for (let i = 0; i < 5; i++) {
      open.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all([...busy, gone, other]);
    expect(fake.asked.map(({ body }) => body.clientId)).toEqual(["1", "2", "3", "other", "4"]);
    expect(await gone).toEqual({ reason: Reason.ServerUnavailable });
  });

  test("an error of our own goes to who asked, and the others are served", async () => {
    const { service, fake } = serviceWith({ maxQuestions: 1 });
    const { now } = fake;
    const failing = () => {
      Object.assign(fake, { now });
      throw new RangeError("a bug");
    };
    fake.answer = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      if (fake.asked.length === 1) Object.assign(fake, { now: failing });
      return json({ allow: true });
    };
    const first = Promise.resolve(service.authenticate(credentials()));
    const second = service.authenticate(credentials({ clientId: "d" }));
    await rejects(first, "a bug");
    expect(await second).toEqual(allowed as never);
  });
});
