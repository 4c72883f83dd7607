import { expect, test } from "bun:test";
import { Refusals } from "../../../src/net/tcp/refusals.ts";

function refusalsAt(clock: { now: number }) {
  const log: string[] = [];
  const ignore = () => {};
  const logger = {
    debug: ignore,
    info: ignore,
    warning: (line: string) => void log.push(line),
    error: ignore,
  };
  return { log, refusals: new Refusals(logger, () => clock.now) };
}

test("what is refused is logged once for each address and minute, counted, and a problem for a minute", () => {
  const clock = { now: 0 };
  const { log, refusals } = refusalsAt(clock);
  for (let times = 0; times < 1000; times++) refusals.add("address_limit", "192.0.2.7", "it has 3");
  refusals.add("address_limit", "2001:db8::1", "it has 3");
  refusals.add("address_limit", "2001:db8::2", "it has 3");
  expect(log).toEqual([
    "Closed a connection from 192.0.2.7: it has 3",
    "Closed a connection from 2001:db8::1: it has 3 (999 more such lines were left out before)",
  ]);
  expect(refusals.stats(["address_limit"])).toEqual({ turned_away_address_limit_total: 1002 });
  expect(refusals.problems().map(({ code, text }) => `${code} ${text}`)).toEqual([
    "refused-address-limit 2 connections from 2001:db8::/64 closed: it has 3",
    "refused-address-limit 1000 connections from 192.0.2.7 closed: it has 3",
  ]);
  clock.now = 60_001;
  expect(refusals.problems()).toEqual([]);
  refusals.add("address_limit", "192.0.2.7", "it has 3");
  expect(refusals.problems()).toMatchObject([{ values: { count: 1, address: "192.0.2.7" } }]);
});

test("many addresses take neither memory nor the page without bound", () => {
  const { log, refusals } = refusalsAt({ now: 0 });
  for (let index = 0; index < 20_000; index++)
    refusals.add("proxy_header", `10.${index >> 8}.${index & 255}.1`, "no header");
  expect(log).toHaveLength(100);
  const problems = refusals.problems();
  expect(problems).toHaveLength(4);
  expect(problems.at(-1)).toMatchObject({ code: "refused-more", values: { count: 497 } });
});

test("who is banned is no problem of the service's", () => {
  const { refusals } = refusalsAt({ now: 0 });
  refusals.add("banned", "192.0.2.7", "it is banned");
  expect(refusals.problems()).toEqual([]);
});
