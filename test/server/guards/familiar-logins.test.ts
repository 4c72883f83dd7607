import { expect, test } from "bun:test";
import { FamiliarLogins } from "../../../src/server/guards/familiar-logins.ts";

test("of one address no more than a thousand names are remembered, of all ten thousand: the oldest make room", () => {
  const familiar = new FamiliarLogins();
  for (let count = 0; count < 5000; count++) familiar.remember("203.0.113.7", `mqtt ${count}`);
  expect(familiar.size).toBe(1000);
  expect(familiar.find("203.0.113.7", "mqtt 4999")).toBeUndefined();
  for (let count = 0; count < 9000; count++)
    familiar.remember(`10.0.${count >> 8}.${count & 255}`, "mqtt ani");
  familiar.remember("203.0.113.7", "mqtt 0");
  familiar.remember("198.51.100.1", "mqtt ani");
  expect(familiar.size).toBe(10_000);
  expect(familiar.find("203.0.113.7", "mqtt 0")).toBeDefined();
  expect(familiar.find("203.0.113.7", "mqtt 1")).toBeUndefined();
});

test("one that has failed is forgotten, and leaves its place to another of its address", () => {
  const familiar = new FamiliarLogins();
  for (let count = 0; count < 1000; count++) familiar.remember("203.0.113.7", `mqtt ${count}`);
  familiar.forget(familiar.find("203.0.113.7", "mqtt 5")!);
  familiar.remember("203.0.113.7", "mqtt new");
  expect(familiar.find("203.0.113.7", "mqtt new")).toBeDefined();
  expect(familiar.find("203.0.113.7", "mqtt 5")).toBeUndefined();
});
