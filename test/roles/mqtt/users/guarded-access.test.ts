import { expect, test } from "bun:test";
import type { LoginAttempt, Logins } from "../../../../src/core/guards.ts";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { openListener, unknownArrival } from "../../../../src/roles/mqtt/ports/access.ts";
import type { Step } from "../../../../src/roles/mqtt/ports/authentication.ts";
import { accessOf } from "../../../../src/roles/mqtt/users/access.ts";
import { guardedAccess } from "../../../../src/roles/mqtt/users/guarded-access.ts";
import { testBans } from "../../../support/bans.ts";
import { ScramClient } from "../../../support/scram-client.ts";

const users = [{ name: "budi", password: "rahasia" }];
const bytes = (text: string) => new TextEncoder().encode(text);

/** Access behind a guard that notes what it is asked. */
function start(options: { readonly isBusy?: boolean; readonly anonymous?: boolean } = {}) {
  const noted: (Omit<LoginAttempt, "isGone"> & { readonly isWrong: boolean })[] = [];
  const logins: Logins = {
    check({ service, host, username }, { check, isWrong, busy }) {
      if (options.isBusy) return busy;
      return Promise.resolve(check()).then((verdict) => {
        noted.push({ service, host, username, isWrong: isWrong(verdict) });
        return verdict;
      });
    },
    failed: () => 0,
  };
  const inner = accessOf({ users, anonymous: options.anonymous });
  const access = guardedAccess(inner, "broker", { bans: testBans(), logins });
  const login = (username: string | undefined, password: string, remote = "203.0.113.7:4711") =>
    access.authenticate({
      clientId: "a",
      username,
      password: bytes(password),
      remote,
      listener: openListener,
      isGone: () => false,
      version: 5,
      arrival: unknownArrival,
    });
  return { access, inner, noted, login };
}

test("a login is one of its service, address and user name, right or wrong", async () => {
  const { login, noted } = start();
  expect(await login("budi", "rahasia")).toMatchObject({ reason: 0 });
  expect(await login("ani", "?", "[2001:db8::1]:4711")).toMatchObject({
    reason: Reason.BadUserNameOrPassword,
  });
  expect(noted).toEqual([
    { service: "broker", host: "203.0.113.7", username: "budi", isWrong: false },
    { service: "broker", host: "2001:db8::1", username: "ani", isWrong: true },
  ]);
});

test("who gives no user name has guessed nothing", async () => {
  const { login, noted } = start();
  expect(await login(undefined, "")).toBe(Reason.NotAuthorized);
  expect(noted).toMatchObject([{ username: undefined, isWrong: false }]);
});

test("when too many wait the client is told that the server is busy", async () => {
  const { login, access } = start({ isBusy: true });
  expect(await login("budi", "rahasia")).toEqual({
    reason: Reason.ServerBusy,
    message: "too many logins wait",
  });
  const exchange = access.methods[0]?.begin({ clientId: "a", remote: "203.0.113.7:1", isGone: () => false });
  expect(await exchange?.next(bytes("n,,n=budi,r=x"))).toMatchObject({
    kind: "refused",
    reason: Reason.ServerBusy,
  });
});

test.each(["rahasia", "guess"])("SCRAM with the password %s counts as what it is", async (password) => {
  const { access, noted } = start();
  const [method] = access.methods;
  const exchange = method?.begin({ clientId: "a", remote: "203.0.113.7:4711", isGone: () => false });
  const client = new ScramClient("budi", password);
  const challenge = (await exchange?.next(client.first)) as Step & { kind: "continue" };
  const last = await exchange?.next(client.answer(challenge.data!));
  const isWrong = password === "guess";
  expect(last?.kind).toBe(isWrong ? "refused" : "accepted");
  const attempt = { service: "broker", host: "203.0.113.7" };
  expect(noted).toEqual([
    { ...attempt, username: undefined, isWrong: false },
    { ...attempt, username: "budi", isWrong },
  ]);
  expect(access.methods[0]).toBe(method!);
});

test("without a guard the access is as it was", () => {
  const { inner } = start();
  expect(guardedAccess(inner, "broker", undefined)).toBe(inner);
  expect(guardedAccess(inner, "broker", { bans: testBans() })).toBe(inner);
});
