import { expect, test } from "bun:test";
import { socketTimeout } from "../../src/net/socket-timeout.ts";

test("a new socket has no timeout until one is set", () => {
  expect(socketTimeout(3000)).toEqual({ before: undefined, after: 3000 });
});
