import { describe, expect, test } from "bun:test";
import { testAdmin } from "./admin.ts";

const lift = (address: string) =>
  [`/api/bans?address=${encodeURIComponent(address)}`, { method: "DELETE" } as const] as const;

describe("bans through the admin API", () => {
  test("an address is banned for a time, listed and let in again", async () => {
    const { ask, post, guards, log } = await testAdmin();
    const made = await post("/api/bans", { address: "203.0.113.7", for: "10m", reason: "guesses" });
    expect(made.status).toBe(200);
    const ban = (await made.json()) as { since: number; until: number };
    expect(ban).toMatchObject({ address: "203.0.113.7", reason: "guesses", by: "operator" });
    expect(ban.until - ban.since).toBe(600_000);
    expect(guards.bans.find("203.0.113.7")).toMatchObject({ disconnects: true });
    expect(await (await ask("/api/bans")).json()).toEqual([ban]);
    const lifted = await ask(...lift("203.0.113.7"));
    expect([lifted.status, await lifted.json()]).toEqual([200, ban]);
    expect(guards.bans.isEmpty).toBe(true);
    expect(log).toEqual(["Banned 203.0.113.7 for 600 s: guesses", "Lifted the ban of 203.0.113.7"]);
  });

  test("without a time a ban is for ever, and however a network is written it is the same one", async () => {
    const { ask, post, guards } = await testAdmin();
    const made = await post("/api/bans", { address: "2001:0DB8:0::/64", disconnect: false });
    expect(await made.json()).toMatchObject({ address: "2001:db8::/64", until: null, reason: "by hand" });
    expect(guards.bans.find("2001:db8::9")).toMatchObject({ disconnects: false });
    expect((await ask(...lift("2001:db8:0:0::/64"))).status).toBe(200);
  });

  test.each<[unknown, string]>([
    [{ address: "10.0.0.1/8" }, "address must be an address such as 203.0.113.7"],
    [{ address: "host.example" }, 'and is "host.example"'],
    [{ address: "203.0.113.7", for: "soon" }, "for must be a duration"],
    [{ address: "203.0.113.7", for: "0s" }, "for must be 1s to 3650d"],
    [{ address: "203.0.113.7", reason: "" }, "reason"],
    [{}, "address must be"],
  ])("%j is refused, and says what would be right", async (body, message) => {
    const { post, guards } = await testAdmin();
    const answer = await post("/api/bans", body);
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { error: string }).error).toContain(message);
    expect(guards.bans.isEmpty).toBe(true);
  });

  test("of a network no single address can be let in, and the answer names the network", async () => {
    const { ask, post } = await testAdmin();
    await post("/api/bans", { address: "10.0.0.0/8" });
    const answer = await ask(...lift("10.0.0.1"));
    expect([answer.status, await answer.json()]).toEqual([
      404,
      {
        error:
          "Cannot lift the ban of 10.0.0.1: it is not banned alone, but as a part of 10.0.0.0/8; lift that ban",
      },
    ]);
    const other = (await (await ask(...lift("11.0.0.1"))).json()) as { error: string };
    expect(other.error).toBe("Cannot lift the ban of 11.0.0.1: it is not banned; distcli bans lists who is");
  });

  test("an address that is in a banned network, too, stays out, and the answer says so", async () => {
    const { ask, post } = await testAdmin();
    for (const address of ["10.0.0.0/8", "10.0.0.1"]) await post("/api/bans", { address });
    expect(await (await ask(...lift("10.0.0.1"))).json()).toMatchObject({ within: "10.0.0.0/8" });
  });

  test("what the file bans only the file lets in again", async () => {
    const { ask, post, guards } = await testAdmin();
    const guard = { failures: 0, within: 1000, banFor: 1000, ignore: [] };
    guards.configure({ guard, bans: ["203.0.113.7", { address: "10.0.0.0/8", reason: "not ours" }] });
    expect(await (await ask("/api/bans")).json()).toMatchObject([
      { address: "203.0.113.7", by: "file", until: null, reason: "by the configuration" },
      { address: "10.0.0.0/8", by: "file", until: null, reason: "not ours" },
    ]);
    expect((await ask(...lift("203.0.113.7"))).status).toBe(409);
    expect((await post("/api/bans", { address: "203.0.113.7", for: "1m" })).status).toBe(409);
    await post("/api/bans", { address: "198.51.100.1" });
    guards.configure({ guard, bans: ["203.0.113.8"] });
    expect(guards.bans.list().map(({ address }) => address)).toEqual(["198.51.100.1", "203.0.113.8"]);
  });
});

describe("wrong tokens", () => {
  const config = { host: "0.0.0.0", token: "0123456789abcdef" };
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const remote = "203.0.113.7:4711";

  test("count against their address, and the right one is answered all the same", async () => {
    const { ask, guards } = await testAdmin({ config });
    expect((await ask("/api/about", bearer("wrong"), remote)).status).toBe(401);
    expect(guards.logins.failures).toEqual(new Map([["admin", 1]]));
    expect(guards.problems()).toMatchObject([{ values: { address: "203.0.113.7", count: 1 } }]);
    expect((await ask("/api/about", bearer(config.token), remote)).status).toBe(200);
  });

  test("the same one again is no further guess, and is answered at once: a page asks again and again", async () => {
    const { ask, guards } = await testAdmin({ config });
    for (let count = 0; count < 50; count++)
      expect((await ask("/api/about", bearer("mistyped"), remote)).status).toBe(401);
    expect(guards.logins.failures).toEqual(new Map([["admin", 1]]));
  });

  test("no token at all counts for nothing: a browser asks like that first", async () => {
    const { ask, guards } = await testAdmin({ config });
    expect((await ask("/api/about", {}, remote)).status).toBe(401);
    expect(guards.logins.failures.size).toBe(0);
  });

  test("many at once get 429, while the owner is answered at once at the same address", async () => {
    const { ask } = await testAdmin({ config });
    const answers: number[] = [];
    const asked = Array.from({ length: 100 }, async (_, index) => {
      answers.push((await ask("/api/about", bearer(`wrong${index}`), "[2001:db8::1]:4711")).status);
    });
    while (answers.length < 80) await new Promise((resolve) => setImmediate(resolve));
    // The first one is answered at once, too; twelve wait.
    expect(answers.filter((status) => status !== 429).every((status) => status === 401)).toBe(true);
    expect(answers.filter((status) => status === 429).length).toBeGreaterThanOrEqual(79);
    expect((await ask("/api/about", bearer(config.token), "[2001:db8::1]:4712")).status).toBe(200);
    expect((await ask("/api/about", bearer("wrong"), "[2001:db8:0:1::1]:4713")).status).toBe(401);
    void Promise.allSettled(asked);
  });
});
