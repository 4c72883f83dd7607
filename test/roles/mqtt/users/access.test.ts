import { describe, expect, test } from "bun:test";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { accessOf } from "../../../../src/roles/mqtt/users/access.ts";
import type { UsersConfig } from "../../../../src/roles/mqtt/users/config.ts";
import { seenTraffic } from "../../../support/seen-traffic.ts";
import { until } from "../../../support/until.ts";
import { TestBroker } from "../support/test-broker.ts";

const users = [{ name: "budi", password: "rahasia" }];
const bytes = (text: string) => new TextEncoder().encode(text);

/** Connects a client. @returns the code of its CONNACK */
async function login(version: 3 | 4 | 5, config: UsersConfig, username?: string, password?: string) {
  const test = new TestBroker({}, { access: accessOf(config) });
  const client = test.open(version);
  client.connect("a", {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: bytes(password) }),
  });
  await until(() => client.state === "ended" || client.connection.state === "open");
  test.clock.settle();
  return client.next("connack").reasonCode;
}

describe.each([3, 4, 5] as const)("version %d", (version) => {
  const isNew = version === 5;
  const wrong = isNew ? Reason.BadUserNameOrPassword : 4;

  test("without users any client may connect, with any user name", async () => {
    expect(await login(version, { users: [] })).toBe(0);
    expect(await login(version, { users: [] }, "anybody", "anything")).toBe(0);
  });

  test("with users only these may connect, with their passwords", async () => {
    expect(await login(version, { users }, "budi", "rahasia")).toBe(0);
    expect(await login(version, { users }, "budi", "Rahasia")).toBe(wrong);
    expect(await login(version, { users }, "budi")).toBe(wrong);
    expect(await login(version, { users }, "ani", "rahasia")).toBe(wrong);
    expect(await login(version, { users })).toBe(isNew ? Reason.NotAuthorized : 5);
  });

  test("anonymous accepts clients without a user name, but none with a wrong password", async () => {
    const config = { users, anonymous: true };
    expect(await login(version, config)).toBe(0);
    expect(await login(version, config, "budi", "rahasia")).toBe(0);
    expect(await login(version, config, "budi", "?")).toBe(wrong);
  });
});

test("a password without a user name is not accepted", async () => {
  expect(await login(5, { users }, undefined, "rahasia")).toBe(Reason.NotAuthorized);
});

test("neither the log nor an observer gets a password, correct or not", async () => {
  const events: unknown[] = [];
  const traffic = seenTraffic((event) => events.push(structuredClone(event)));
  const test = new TestBroker({}, { access: accessOf({ users }), traffic });
  for (const password of ["rahasia", "wrong-one"]) {
    const client = test.open(5);
    client.connect("a", { username: "budi", password: bytes(password) });
    await until(() => client.state === "ended" || client.connection.state === "open");
  }
  const text = [...test.log, ...events.map((event) => Bun.inspect(event, { depth: 9 }))].join("\n");
  const shown = (secret: string) => [
    secret,
    [...bytes(secret)].join(", "),
    Buffer.from(secret).toString("hex"),
  ];
  for (const secret of ["rahasia", "wrong-one"].flatMap(shown)) expect(text).not.toContain(secret);
  expect(text).toContain("CONNECT");
});
