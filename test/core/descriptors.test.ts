import { expect, test } from "bun:test";
import { divideDescriptors, hasRoom } from "../../src/core/descriptors.ts";

test("a part is reserved, each listener has a share, and the first who come get the rest", () => {
  expect(divideDescriptors(64, 9, 7)).toEqual({ limit: 64, reserved: 52, shared: 38, share: 2 });
  expect(divideDescriptors(1024, 10, 10)).toEqual({ limit: 1024, reserved: 960, shared: 640, share: 32 });
  expect(divideDescriptors(1_048_576, 10, 10)).toMatchObject({ reserved: 1_048_512, shared: 1_048_192 });
});

test("with fewer descriptors than the services themselves need, nothing is divided", () => {
  expect(divideDescriptors(24, 12, 7)).toMatchObject({ reserved: 12, shared: 12, share: 0 });
});

test("past the shared descriptors only a listener below its share accepts, past the reserved ones nobody", () => {
  const budget = { limit: 64, reserved: 52, shared: 38, share: 2 };
  expect(hasRoom(budget, 37, 1000)).toBe(true);
  expect(hasRoom(budget, 38, 2)).toBe(false);
  expect(hasRoom(budget, 51, 1)).toBe(true);
  expect(hasRoom(budget, 52, 0)).toBe(false);
  expect(hasRoom(budget, Number.POSITIVE_INFINITY, 0)).toBe(false);
});

test("without a limit, or for a connection whose descriptor is not known, there is room", () => {
  expect(hasRoom(undefined, 1_000_000, 0)).toBe(true);
  expect(hasRoom({ limit: 64, reserved: 0, shared: 0, share: 0 }, undefined, 0)).toBe(true);
});
