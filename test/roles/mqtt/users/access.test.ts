import { describe, expect, test } from "bun:test";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { accessOf } from "../../../../src/roles/mqtt/users/access.ts";
import type { UsersConfig } from "../../../../src/roles/mqtt/users/config.ts";
import { until } from "../../../support/until.ts";
import { TestBroker } from "../support/test-broker.ts";

const users = [{ name: "budi", password: "rahasia" }];
const bytes = (text: string) => new TextEncoder().encode(text);

/** The code of the CONNACK that a client gets. */
async function knock(version: 3 | 4 | 5, config: UsersConfig, username?: string, password?: string) {
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

  test("where nobody is listed everybody may come, whatever it calls itself", async () => {
    expect(await knock(version, { users: [] })).toBe(0);
    expect(await knock(version, { users: [] }, "anybody", "anything")).toBe(0);
  });

  test("where users are listed only those may come, with their password", async () => {
    expect(await knock(version, { users }, "budi", "rahasia")).toBe(0);
    expect(await knock(version, { users }, "budi", "Rahasia")).toBe(wrong);
    expect(await knock(version, { users }, "budi")).toBe(wrong);
    expect(await knock(version, { users }, "ani", "rahasia")).toBe(wrong);
    expect(await knock(version, { users })).toBe(isNew ? Reason.NotAuthorized : 5);
  });

  test("anonymous lets in who gives no name, and nobody with a wrong one", async () => {
    const config = { users, anonymous: true };
    expect(await knock(version, config)).toBe(0);
    expect(await knock(version, config, "budi", "rahasia")).toBe(0);
    expect(await knock(version, config, "budi", "?")).toBe(wrong);
  });
});

test("a password without a name is no name", async () => {
  expect(await knock(5, { users }, undefined, "rahasia")).toBe(Reason.NotAuthorized);
});

test("neither log nor observer is told a password, be it right or wrong", async () => {
  const told: unknown[] = [];
  const traffic = { sample: () => true, emit: (event: unknown) => told.push(structuredClone(event)) };
  const test = new TestBroker({}, { access: accessOf({ users }), traffic });
  for (const password of ["rahasia", "wrong-one"]) {
    const client = test.open(5);
    client.connect("a", { username: "budi", password: bytes(password) });
    await until(() => client.state === "ended" || client.connection.state === "open");
  }
  const text = [...test.log, ...told.map((event) => Bun.inspect(event, { depth: 9 }))].join("\n");
  const shown = (secret: string) => [
    secret,
    [...bytes(secret)].join(", "),
    Buffer.from(secret).toString("hex"),
  ];
  for (const secret of ["rahasia", "wrong-one"].flatMap(shown)) expect(text).not.toContain(secret);
  expect(text).toContain("CONNECT");
});
