import { describe, expect, test } from "bun:test";
import type { Ban } from "../../../src/core/guards.ts";
import { type BanChange, BanList } from "../../../src/server/guards/ban-list.ts";

const ban = (address: string, more: Partial<Ban> = {}): Ban => ({
  address,
  reason: "test",
  by: "operator",
  since: 0,
  until: null,
  disconnects: true,
  ...more,
});

describe("the list of bans", () => {
  test("holds for addresses, for networks of both families, and for nobody else", () => {
    const list = new BanList();
    expect(list.isEmpty).toBe(true);
    for (const address of ["203.0.113.7", "10.0.0.0/8", "2001:db8::/64"]) list.add(ban(address));
    expect(list.isEmpty).toBe(false);
    for (const host of ["203.0.113.7", "::ffff:203.0.113.7", "10.255.0.1", "2001:db8::ff%eth0"])
      expect(list.find(host)).toBeDefined();
    for (const host of ["203.0.113.8", "11.0.0.1", "2001:db8:0:1::1", "", "unknown"])
      expect(list.find(host)).toBeUndefined();
  });

  test("a ban ends by itself, and is not in the way afterwards", () => {
    let now = 1000;
    const list = new BanList({ now: () => now });
    list.add(ban("203.0.113.7", { until: 2000 }));
    list.add(ban("203.0.113.8", { until: 3000 }));
    now = 1999;
    expect(list.find("203.0.113.7")).toBeDefined();
    now = 2000;
    expect(list.find("203.0.113.7")).toBeUndefined();
    expect(list.list().map(({ address }) => address)).toEqual(["203.0.113.8"]);
    now = 3000;
    expect(list.find("203.0.113.8")).toBeUndefined();
    expect(list.isEmpty).toBe(true);
  });

  test("a network's ban goes on holding when that of an address in it ends or is lifted", () => {
    let now = 0;
    const list = new BanList({ now: () => now });
    list.add(ban("10.0.0.1", { until: 10 }));
    list.add(ban("10.0.0.0/8"));
    now = 10;
    expect(list.find("10.0.0.1")?.address).toBe("10.0.0.0/8");
    list.add(ban("10.0.0.1"));
    expect(list.remove("10.0.0.1")).toBe(true);
    expect(list.find("10.0.0.1")?.address).toBe("10.0.0.0/8");
  });

  test("those of the configuration hold also when people have taken all the places", () => {
    const list = new BanList({ max: 2 });
    expect([list.add(ban("10.0.0.1")), list.add(ban("10.0.0.2"))]).toEqual([true, true]);
    expect(list.add(ban("10.0.0.3"))).toBe(false);
    expect(list.add(ban("10.0.0.4", { by: "file" }))).toBe(true);
    expect(list.find("10.0.0.4")?.by).toBe("file");
    expect(list.list()).toHaveLength(3);
  });

  test("of one range the last ban counts, also in what it says", () => {
    const list = new BanList({ now: () => 5 });
    list.add(ban("203.0.113.7", { until: 10, by: "guard" }));
    list.add(ban("203.0.113.7", { reason: "again" }));
    expect(list.list()).toEqual([ban("203.0.113.7", { reason: "again" })]);
  });

  test("when it is full the oldest ban of the guard makes room, and bans of people never do", () => {
    const list = new BanList({ max: 3 });
    list.add(ban("203.0.113.1"));
    list.add(ban("203.0.113.2", { by: "guard" }));
    list.add(ban("203.0.113.3", { by: "guard" }));
    expect(list.add(ban("203.0.113.4", { by: "guard" }))).toBe(true);
    expect(list.list().map(({ address }) => address)).toEqual(["203.0.113.1", "203.0.113.3", "203.0.113.4"]);
    expect(list.find("203.0.113.2")).toBeUndefined();
    expect(list.add(ban("203.0.113.5"))).toBe(true);
    expect(list.add(ban("203.0.113.6"))).toBe(true);
    expect(list.add(ban("203.0.113.7", { by: "guard" }))).toBe(false);
    expect(list.add(ban("203.0.113.1", { reason: "again" }))).toBe(true);
    expect(list.find("203.0.113.7")).toBeUndefined();
  });

  test("a copy that applies each change holds for the same addresses", () => {
    const [list, copy] = [new BanList({ max: 2 }), new BanList()];
    const stop = list.onChange((change) => copy.apply(change));
    list.add(ban("203.0.113.1", { by: "guard" }));
    list.add(ban("203.0.113.2", { by: "guard" }));
    list.add(ban("203.0.113.3"));
    list.remove("203.0.113.2");
    expect(copy.list()).toEqual(list.list());
    expect(copy.list().map(({ address }) => address)).toEqual(["203.0.113.3"]);
    stop();
    list.add(ban("203.0.113.4"));
    expect(copy.find("203.0.113.4")).toBeUndefined();
  });

  test("whoever asked for new bans gets those, and not what is lifted", () => {
    const list = new BanList();
    const [banned, changes]: [string[], BanChange["kind"][]] = [[], []];
    const stop = list.onBan(({ address }) => banned.push(address));
    list.onChange(({ kind }) => changes.push(kind));
    list.add(ban("203.0.113.1"));
    list.remove("203.0.113.1");
    expect(list.remove("203.0.113.1")).toBe(false);
    stop();
    list.add(ban("203.0.113.2"));
    expect(banned).toEqual(["203.0.113.1"]);
    expect(changes).toEqual(["banned", "unbanned", "banned"]);
  });
});
