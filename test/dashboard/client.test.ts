import { afterAll, beforeEach, expect, test } from "bun:test";
import { rememberToken, request, tokenRequired } from "../../src/dashboard/page/api/client.ts";
import { rejects } from "../support/rejects.ts";

const kept = new Map<string, string>();
const before = Object.getOwnPropertyDescriptor(globalThis, "sessionStorage");
Object.defineProperty(globalThis, "sessionStorage", {
  configurable: true,
  value: {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  },
});

/** Answers each request when it is told to, as the token of that request deserves it. */
const held: (() => void)[] = [];
const { promise: asked, resolve: hasAsked } = Promise.withResolvers<void>();
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch({ headers, url }) {
    if (url.endsWith("/late")) {
      hasAsked();
      await new Promise<void>((resolve) => held.push(resolve));
    }
    return headers.get("authorization") === "Bearer right"
      ? new Response("welcome")
      : new Response("this API needs its token", { status: 401 });
  },
});
const at = (path: string) => `http://127.0.0.1:${server.port}/${path}`;

beforeEach(() => {
  kept.clear();
  tokenRequired.set(false);
});

afterAll(async () => {
  tokenRequired.set(false);
  if (before === undefined) Reflect.deleteProperty(globalThis, "sessionStorage");
  else Object.defineProperty(globalThis, "sessionStorage", before);
  await server.stop(true);
});

test("a token that the server does not take is asked for again", async () => {
  await rejects(request(at("")), "this API needs its token");
  expect(tokenRequired.get()).toBe(true);
  rememberToken("wrong");
  expect(tokenRequired.get()).toBe(false);
  await rejects(request(at("")), "this API needs its token");
  expect(tokenRequired.get()).toBe(true);
  rememberToken("right");
  expect(await (await request(at(""))).text()).toBe("welcome");
  expect(tokenRequired.get()).toBe(false);
});

test("a late answer to a request without the token does not ask for it again", async () => {
  const late = request(at("late"));
  await asked;
  rememberToken("right");
  held[0]?.();
  await rejects(late, "this API needs its token");
  expect(tokenRequired.get()).toBe(false);
});
