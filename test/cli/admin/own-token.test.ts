import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type OwnTokenSystem, ownToken } from "../../../src/cli/admin/own-token.ts";
import { showsConnectionOwners } from "../../../src/net/connection-owner.ts";
import { scratchFolder } from "../../support/scratch.ts";

const token = "a-token-of-the-environment";
const folder = scratchFolder("own-token");
const [ani, budi, service] = [1000, 1001, 990];

/** A machine where ani asks, and these users' programs listen on the port. */
const machine = (...listeners: number[]): OwnTokenSystem => ({
  user: ani,
  owners: () => new Set(listeners),
});
const elsewhere: OwnTokenSystem = { user: undefined, owners: () => undefined };

const here = { host: "127.0.0.1", port: 8088, isProved: false };
const given = { DISTSRV_ADMIN_TOKEN: token };

/** The environment that leads to a file with the token, as a server writes it for a port. */
function made(name: string): Record<string, string> {
  const state = join(folder, name);
  mkdirSync(state, { recursive: true });
  writeFileSync(join(state, "admin-8088.token"), `${token}\n`);
  return { DISTSRV_STATE_DIR: state };
}

describe("the token of the environment", () => {
  test.each([
    ["its user's own program", machine(ani)],
    ["root's", machine(0)],
    ["both", machine(ani, 0)],
  ])("goes to %s", (_, system) => {
    expect(ownToken(given, here, system)).toEqual({ token });
  });

  test.each([
    ["another user's program", machine(budi)],
    ["his own beside another user's", machine(ani, budi)],
    ["nobody", machine()],
    ["a program of whoever it may be", elsewhere],
  ])("does not go to %s", (_, system) => {
    expect(ownToken(given, here, system).token).toBeUndefined();
  });

  test("is said to have been kept back, and why", () => {
    expect(ownToken(given, here, machine(budi)).withheld).toBe(
      "The token of DISTSRV_ADMIN_TOKEN was not sent, because the program that listens on port 8088 is another user's (id 1001): if it is yours, give the token by --token",
    );
    expect(ownToken(given, here, elsewhere).withheld).toContain("does not say whose program listens there");
    expect(ownToken(given, here, machine()).withheld).toBeUndefined();
    expect(ownToken({}, here, machine(budi))).toEqual({ token: undefined });
  });

  test("goes to whoever proves by a certificate who it is", () => {
    expect(ownToken(given, { ...here, isProved: true }, machine(budi))).toEqual({ token });
    expect(ownToken(given, { ...here, isProved: true }, elsewhere)).toEqual({ token });
  });

  test("never goes to another machine", () => {
    const there = { ...here, host: "172.16.16.101", isProved: true };
    expect(ownToken(given, there, machine(ani))).toEqual({ token: undefined });
  });
});

describe("the token of a file", () => {
  test.skipIf(process.getuid?.() !== 0)("goes to the program of whoever has the file", () => {
    const environment = made("of-service");
    chownSync(join(folder, "of-service", "admin-8088.token"), service, service);
    expect(ownToken(environment, here, machine(service))).toEqual({ token });
    expect(ownToken(environment, here, machine(service, budi)).token).toBeUndefined();
    expect(ownToken(environment, here, machine(budi)).withheld).toContain("admin-8088.token was not sent");
  });

  test("that a server has made goes also where the system does not say who listens", () => {
    expect(ownToken(made("made"), here, elsewhere)).toEqual({ token });
    const file = join(folder, "made", "admin-8088.token");
    expect(ownToken({ DISTSRV_ADMIN_TOKEN_FILE: file }, here, elsewhere).token).toBeUndefined();
  });

  test("comes after that of the environment, unless that one may not be sent and it may", () => {
    const environment = { ...made("both"), DISTSRV_ADMIN_TOKEN: "another token of hers" };
    expect(ownToken(environment, here, machine(ani))).toEqual({ token: "another token of hers" });
    expect(ownToken(environment, here, elsewhere)).toEqual({ token });
  });

  test.skipIf(process.getuid?.() === 0)("that cannot be read is none", () => {
    const environment = made("closed");
    chmodSync(join(folder, "closed", "admin-8088.token"), 0);
    expect(ownToken(environment, here, machine(ani))).toEqual({ token: undefined });
  });
});

test.skipIf(!showsConnectionOwners())("a server of this very user gets its token, as the system says", () => {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const at = { ...here, port: server.port };
  expect(ownToken(given, at)).toEqual({ token });
  server.stop(true);
  expect(ownToken(given, at)).toEqual({ token: undefined });
});
