import { describe, expect, test } from "bun:test";
import { TurnQueue } from "../../src/net/turn-queue.ts";

describe("TurnQueue", () => {
  /** Ten who want two turns each, of which each takes so long. @returns how many have had one after each turn of the loop */
  async function turns(ms: number) {
    const taken: string[] = [];
    let time = 0;
    const queue = new TurnQueue<string>(
      (name) => {
        taken.push(name);
        time += ms;
        if (taken.filter((other) => other === name).length < 2) queue.add(name);
      },
      () => time,
    );
    for (const name of "abcdefghij") queue.add(name);
    const counts: number[] = [];
    while (!queue.isEmpty) {
      await new Promise((resolve) => setImmediate(resolve));
      counts.push(taken.length);
    }
    expect(taken.join("")).toBe("abcdefghijabcdefghij");
    return counts;
  }

  test("lets eight have a turn at once, and those who want more wait for all others", async () => {
    expect(await turns(0.1)).toEqual([8, 16, 20]);
  });

  test("lets fewer have one when they take long", async () => {
    expect(await turns(2)).toEqual([3, 6, 9, 12, 15, 18, 20]);
    expect(await turns(50)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });
});
