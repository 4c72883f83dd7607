import { expect, test } from "bun:test";
import { registry } from "../../../src/registry.ts";
import { load, reportOf } from "../../support/registry.ts";

const services = "services: { echo: }\n";

test("wrong logins ban nobody by default, and this machine in no case", () => {
  const { guard, bans } = load(services, registry).settings;
  expect(guard).toEqual({
    failures: 0,
    within: 60_000,
    banFor: 600_000,
    ignore: ["127.0.0.0/8", "::1"],
  });
  expect(bans).toEqual([]);
});

test("a ban is an address or a network, with a reason where it has one", () => {
  const source = `bans: [203.0.113.7, "2001:db8::/32", { address: 10.0.0.0/8, reason: not ours }]\n${services}`;
  expect(load(source, registry).settings.bans).toEqual([
    "203.0.113.7",
    "2001:db8::/32",
    { address: "10.0.0.0/8", reason: "not ours" },
  ]);
});

test.each([
  ["guard: { failures: 101 }", "lab.yaml:1:20  guard.failures: must be at most 100, and is 101"],
  ["guard: { within: 1ms }", "guard.within: must be 1s to 1d"],
  ["guard: { banfor: 1m }", 'guard.banfor: there is no setting "banfor". Did you mean "banFor"?'],
  ["guard: { ignore: [10.0.0.1/8] }", "guard.ignore.0: must be an address such as 203.0.113.7"],
  ["bans: [10.0.0.0/8, 10.0.0.1/8]", 'a network such as 10.0.0.0/8, and is "10.0.0.1/8"'],
  ["bans: [{ address: host.example }]", "bans.0.address: must be an address such as"],
  [
    "bans: [{ address: 10.0.0.1, why: x }]",
    'bans.0.why: there is no setting "why". There are address, reason',
  ],
])("%s is a mistake at its place", (line, message) => {
  expect(reportOf(`${line}\n${services}`, registry)).toContain(message);
});
