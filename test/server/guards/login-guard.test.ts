import { describe, expect, test } from "bun:test";
import type { LoginAttempt } from "../../../src/core/guards.ts";
import { BanList } from "../../../src/server/guards/ban-list.ts";
import { LoginGuard } from "../../../src/server/guards/login-guard.ts";
import { rejects } from "../../support/rejects.ts";

const open = { failures: 0, within: 60_000, banFor: 600_000, ignore: ["127.0.0.0/8"] };

/** A guard whose time passes when it is told to. */
function start(config: Partial<typeof open> = {}) {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly call: () => void }>();
  const log: string[] = [];
  const quiet = () => {};
  const bans = new BanList();
  const guard = new LoginGuard({
    config: { ...open, ...config },
    bans,
    log: { debug: quiet, info: quiet, error: quiet, warning: (text) => void log.push(text) },
    now: () => now,
    after: (ms, call) => {
      const timer = { at: now + ms, call };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  });
  /** Lets promises that are settled go on. */
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  const pass = async (ms: number) => {
    const end = now + ms;
    await settle();
    for (;;) {
      const due = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      timers.delete(due);
      now = Math.max(now, due.at);
      due.call();
      await settle();
    }
    now = end;
  };
  const checked: { readonly password: string; readonly at: number }[] = [];
  const answers: { readonly password: string; readonly verdict: string; readonly at: number }[] = [];
  /** The right password is "right"; it takes a moment to find out, unless it is quick. */
  const login = (password: string, more: Partial<LoginAttempt> & { readonly isQuick?: boolean } = {}) => {
    const { isQuick = false, ...attempt } = more;
    const whole = { service: "mqtt", host: "203.0.113.7", username: "ani", isGone: () => false, ...attempt };
    const verdict = guard.check<string>(whole, {
      check: () => {
        checked.push({ password, at: now });
        const found = password === "right" ? "welcome" : "wrong";
        return isQuick ? found : Promise.resolve(found);
      },
      isWrong: (found) => found === "wrong",
      isRight: (found) => found === "welcome",
      busy: "busy",
    });
    const note = (found: string) => void answers.push({ password, verdict: found, at: now });
    if (typeof verdict === "string") note(verdict);
    else void verdict.then(note);
    return verdict;
  };
  return { guard, bans, log, login, pass, checked, answers };
}

describe("logins of an address that has not failed", () => {
  test("are checked at once, and what is known at once is answered in the same turn", () => {
    const { login, guard } = start();
    for (let count = 0; count < 1000; count++) expect(login("right", { isQuick: true })).toBe("welcome");
    expect(guard.waiting).toBe(0);
  });

  test("wait while four of them are being checked, and all get in when they are right", async () => {
    const { login, pass, checked, answers, guard } = start();
    for (let count = 0; count < 1000; count++) void login("right");
    expect(checked).toHaveLength(4);
    expect(guard.waiting).toBe(996);
    await pass(0);
    // Each of them takes some turns of promises.
    for (let turn = 0; turn < 300; turn++) await pass(0);
    expect(answers).toHaveLength(1000);
    expect(new Set(answers.map(({ verdict }) => verdict))).toEqual(new Set(["welcome"]));
    expect(guard.waiting).toBe(0);
  });

  test("that wait are all started even when each is answered at once: no call stack is that deep", async () => {
    const { login, pass, answers } = start();
    for (let count = 0; count < 4; count++) void login("right");
    for (let count = 0; count < 15_000; count++) void login("right", { isQuick: true });
    await pass(0);
    await pass(0);
    expect(answers).toHaveLength(15_004);
  });
});

describe("who guesses", () => {
  test("is slowed down to one password a second, however many are tried at once", async () => {
    const { login, pass, checked } = start();
    for (let count = 0; count < 1000; count++) void login(`guess ${count}`);
    await pass(10_000);
    const early = checked.length;
    expect(early).toBeLessThanOrEqual(16);
    await pass(100_000);
    expect(checked.length - early).toBe(100);
  });

  test("one after another is answered later and later, at last after a second", async () => {
    const { login, pass, answers } = start();
    const times: number[] = [];
    for (let count = 0; count < 8; count++) {
      // Of different names, so that only the address counts.
      void login("guess", { username: `user ${count}` });
      for (let ms = 0; ms < 2000 && answers.length === count; ms++) await pass(1);
      times.push(answers[count]?.at ?? Number.NaN);
    }
    const pauses = times.map((at, index) => Math.round(at - (times[index - 1] ?? 0)));
    expect(pauses.slice(1, 5)).toEqual([125, 250, 500, 1000].map((ms) => expect.closeTo(ms, -1)));
    expect(pauses.slice(5)).toEqual([1000, 1000, 1000].map((ms) => expect.closeTo(ms, -1)));
  });

  test("does not hold up the owner of the name at another address, who gets in at once", async () => {
    const { login, pass } = start();
    for (let count = 0; count < 1000; count++) void login(`guess ${count}`);
    await pass(30_000);
    expect(login("right", { host: "198.51.100.9", isQuick: true })).toBe("welcome");
  });

  test("holds up another name at the same address by a turn, not by the whole queue", async () => {
    const { login, pass, answers } = start();
    for (let count = 0; count < 1000; count++) void login(`guess ${count}`);
    await pass(5000);
    void login("right", { username: "budi" });
    await pass(2100);
    expect(answers.filter(({ verdict }) => verdict === "welcome")).toHaveLength(1);
  });

  test("cannot be faster by leaving early: what it leaves behind is not checked", async () => {
    const { login, pass, checked } = start();
    let hasGone = false;
    void login("first");
    await pass(10);
    for (let count = 0; count < 100; count++) void login("left", { isGone: () => hasGone });
    hasGone = true;
    void login("second");
    await pass(1000);
    expect(checked.map(({ password }) => password)).toEqual(["first", "second"]);
  });

  test("from many addresses waits for the answer, the longer the more are wrong for one name", async () => {
    const { login, pass, answers } = start();
    for (let count = 0; count < 10; count++) {
      void login("guess", { host: `198.51.100.${count}` });
      await pass(10_000);
    }
    const delays = answers.map(({ at }, index) => at - index * 10_000);
    expect(delays).toEqual([0, 0, 0, 125, 250, 500, 1000, 2000, 2000, 2000]);
  });

  test("in one network of IPv6 is one guesser, whatever the address", async () => {
    const { login, pass, checked } = start();
    for (let count = 0; count < 100; count++) void login("guess", { host: `2001:db8::${count}` });
    await pass(5000);
    expect(checked.length).toBeLessThan(12);
    void login("guess", { host: "2001:db8:0:1::1", username: "budi" });
    expect(checked.at(-1)?.at).toBe(5000);
  });

  test("is forgotten after five minutes", async () => {
    const { login, pass, checked } = start();
    for (let count = 0; count < 6; count++) {
      void login("guess");
      await pass(2000);
    }
    await pass(300_001);
    void login("right");
    void login("right");
    expect(checked.slice(-2).map(({ at }) => at)).toEqual([312_001, 312_001]);
  });

  test("is logged once a minute, with the name that it gives, and counted by service", async () => {
    const { login, pass, log, guard } = start();
    for (let count = 0; count < 5; count++) {
      void login("guess", { username: 'a"\n\u001b'.padEnd(100, "x") });
      await pass(5000);
    }
    expect(log).toHaveLength(1);
    expect(log[0]).toStartWith('Refused a login from 203.0.113.7 at mqtt as "a\\"\\n\\u001bxxx');
    expect(log[0]!.length).toBeLessThan(130);
    expect(guard.failures).toEqual(new Map([["mqtt", 5]]));
    expect(guard.problems()).toMatchObject([
      { code: "login-failures", values: { address: "203.0.113.7", count: 5 } },
    ]);
    await pass(60_000);
    expect(guard.problems()).toEqual([]);
  });

  test("from ever new addresses and names takes no memory without bound", async () => {
    const { login, pass, guard } = start();
    const before = process.memoryUsage().heapUsed;
    for (let count = 0; count < 30_000; count++) {
      const host = `10.${count >> 16}.${(count >> 8) & 255}.${count & 255}`;
      void login("guess", { host, username: `${count}`.padEnd(4000, "x"), isQuick: true });
    }
    await pass(10_000);
    Bun.gc(true);
    // 30,000 names of 4,000 characters would be 120 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(60 * 1024 * 1024);
    expect(guard.failures.get("mqtt")).toBe(30_000);
    expect(guard.problems().at(-1)).toMatchObject({ code: "login-failures-more", values: { count: 9997 } });
  });
});

describe("a name that has got in from the address before", () => {
  test("does not wait for those who guess other names there, and they are checked once a second still", async () => {
    const { login, pass, checked, answers } = start();
    void login("right", { username: "owner" });
    await pass(10);
    // Each a name of its own: in turn with them the owner would wait for minutes.
    for (let count = 0; count < 1000; count++) void login("guess", { username: `user ${count}` });
    await pass(20_000);
    for (let count = 0; count < 5; count++) {
      answers.length = 0;
      void login("right", { username: "owner" });
      await pass(0);
      expect(answers.map(({ verdict }) => verdict)).toContain("welcome");
    }
    const before = checked.length;
    await pass(100_000);
    expect(checked.length - before).toBe(100);
  });

  test("gives a guesser one guess beside those that the address has, and waits with the others then", async () => {
    const { login, pass, checked, answers } = start();
    void login("right", { username: "owner" });
    await pass(10);
    for (let count = 0; count < 100; count++) void login("guess", { username: `user ${count}` });
    await pass(20_000);
    const before = checked.length;
    for (let count = 0; count < 1000; count++) void login("guess", { username: "owner" });
    await pass(0);
    expect(checked.length - before).toBe(1);
    await pass(10_000);
    // The wrong login has made the address wait anew.
    expect(checked.length - before).toBeLessThanOrEqual(11);
    answers.length = 0;
    void login("right", { username: "owner" });
    await pass(10_000);
    expect(answers.map(({ verdict }) => verdict)).not.toContain("welcome");
  });

  test("is checked one login at a time, so that many at once are no more guesses", async () => {
    const { login, pass, checked, guard } = start();
    void login("right", { username: "owner" });
    await pass(10);
    void login("guess", { username: "somebody" });
    await pass(0);
    const before = checked.length;
    for (let count = 0; count < 100; count++)
      void login(count < 50 ? "right" : "guess", { username: "owner" });
    for (let turn = 0; turn < 20; turn++) await pass(0);
    const passwords = checked.slice(before).map(({ password }) => password);
    expect(passwords).toEqual([...Array(50).fill("right"), "guess"]);
    expect(guard.waiting).toBe(49);
    await pass(60_000);
    expect(guard.waiting).toBe(0);
  });

  test("counts at its own address only", async () => {
    const { login, pass, checked } = start();
    void login("right", { username: "owner", host: "198.51.100.1" });
    await pass(10);
    for (let count = 0; count < 100; count++) void login("guess", { username: `user ${count}` });
    await pass(5000);
    const before = checked.length;
    void login("right", { username: "owner" });
    await pass(0);
    expect(checked.length).toBe(before);
  });

  test("that waits for itself a thousand times is started without a deep call stack", async () => {
    const { login, pass, answers } = start();
    void login("right", { username: "owner", isQuick: true });
    void login("guess", { username: "somebody", isQuick: true });
    void login("right", { username: "owner" });
    for (let count = 0; count < 15_000; count++) void login("right", { username: "owner", isQuick: true });
    await pass(0);
    await pass(0);
    expect(answers.filter(({ verdict }) => verdict === "welcome")).toHaveLength(15_002);
  });
});

describe("bans", () => {
  test("come with so many failures within the time, for everything that the address reaches", async () => {
    const { login, pass, bans, log } = start({ failures: 3, within: 10_000, banFor: 5000 });
    for (let count = 0; count < 3; count++) {
      expect(bans.isEmpty).toBe(true);
      void login("guess");
      await pass(2000);
    }
    expect(bans.find("203.0.113.7")).toMatchObject({ by: "guard", reason: "3 wrong logins at mqtt" });
    expect(bans.find("203.0.113.8")).toBeUndefined();
    expect(log.at(-1)).toBe("Banned 203.0.113.7 for 5 s: 3 wrong logins at mqtt");
    const [ban] = bans.list();
    expect((ban?.until ?? 0) - (ban?.since ?? 0)).toBe(5000);
  });

  test("do not come with as many over a longer time", async () => {
    const { login, pass, bans } = start({ failures: 3, within: 10_000 });
    for (let count = 0; count < 10; count++) {
      void login("guess");
      await pass(5001);
    }
    expect(bans.isEmpty).toBe(true);
  });

  test("are of a whole /64 of IPv6", async () => {
    const { login, pass, bans } = start({ failures: 2 });
    for (const host of ["2001:db8::1", "2001:db8::2"]) {
      void login("guess", { host });
      await pass(2000);
    }
    expect(bans.list().map(({ address }) => address)).toEqual(["2001:db8::/64"]);
  });

  test("spare addresses that are to be ignored, and those whom a person has banned already stay as they are", async () => {
    const { login, pass, bans } = start({ failures: 1 });
    const own = { address: "203.0.113.7", reason: "mine", by: "operator", since: 0, until: null } as const;
    bans.add({ ...own, disconnects: false });
    for (const host of ["127.0.0.1", "::ffff:127.0.0.1", "203.0.113.7"]) {
      void login("guess", { host });
      await pass(2000);
    }
    expect(bans.list()).toEqual([{ ...own, disconnects: false }]);
  });

  test("come with wrong tokens, too", () => {
    const { guard, bans } = start({ failures: 2 });
    const attempt = { service: "admin", host: "203.0.113.7", username: undefined };
    for (let repeats = 0; repeats < 10; repeats++) guard.failed(attempt, "mistyped");
    expect(bans.isEmpty).toBe(true);
    guard.failed(attempt, "another");
    expect(bans.find("203.0.113.7")?.reason).toBe("2 wrong logins at admin");
  });
});

test("wrong tokens at once are answered one a second at last, and past ten seconds no more are taken", async () => {
  const { guard, pass } = start();
  const attempt = { service: "admin", host: "203.0.113.7", username: undefined };
  const pauses = Array.from({ length: 100 }, (_, index) => guard.failed(attempt, `${index}`));
  expect(pauses.slice(0, 6)).toEqual([0, 125, 375, 875, 1875, 2875]);
  const taken = pauses.filter((pause) => pause !== undefined);
  expect(Math.max(...taken)).toBeLessThanOrEqual(10_000);
  expect(taken).toHaveLength(13);
  await pass(10_000);
  expect(guard.failed(attempt, "late")).toBeLessThanOrEqual(1000);
});

test("a check that throws is the caller's, and holds nobody up", async () => {
  const { guard } = start();
  const attempt = {
    service: "mqtt",
    host: "203.0.113.7",
    username: "ani",
    isGone: () => false,
  };
  const checks = { isWrong: () => false, isRight: () => false, busy: "busy" };
  for (let count = 0; count < 10; count++) {
    const fails = () => guard.check(attempt, { ...checks, check: () => Promise.reject(new Error("no")) });
    await rejects(Promise.resolve(fails()), "no");
    const throws = () =>
      guard.check(attempt, {
        ...checks,
        check: () => {
          throw new Error("never");
        },
      });
    expect(throws).toThrow("never");
  }
  expect(guard.check(attempt, { ...checks, check: () => "in" })).toBe("in");
});
