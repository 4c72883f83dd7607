import { expect, test } from "bun:test";
import type { AccessConfig } from "../../../../src/roles/mqtt/users/access.ts";
import { reloadableAccess } from "../../../../src/roles/mqtt/users/reloadable-access.ts";
import { until } from "../../../support/until.ts";
import { TestBroker } from "../support/test-broker.ts";

const count = 50;

/** The collector may take something on the stack for a reference. */
const few = count / 10;

const rules = (length: number): AccessConfig => ({
  users: [],
  access: Array.from({ length }, (_, i) => ({ publish: [`${i}/#`], subscribe: ["#"] })),
});

const alive = (refs: readonly WeakRef<object>[]) => refs.filter((ref) => ref.deref() !== undefined).length;

/** Clients that have each published to a topic of their own, by the rules, with what these allowed them. */
function publishers(broker: TestBroker): WeakRef<object>[] {
  return Array.from({ length: count }, (_, i) => {
    const client = broker.connect(`${i}`, 5);
    client.publish(`${i}/topic`, "x");
    client.publish(`${i}/other`, "x");
    const { session } = client.connection;
    if (session === undefined) throw new Error("it has no session");
    return new WeakRef<object>(session.permissions);
  });
}

test("rules that a reload takes away leave nothing in memory, whatever was published by them", async () => {
  const access = reloadableAccess(rules(count));
  const broker = new TestBroker({ sysInterval: 0 }, { access });
  const before = publishers(broker);
  expect(alive(before)).toBe(count);
  expect(access.change(rules(1)).hasNewRules).toBe(true);
  broker.broker.permissionsChanged();
  await until(() => {
    Bun.gc(true);
    return alive(before) <= few;
  });
  // The topics are cached still, and nobody has published to them since.
  expect([...broker.broker.router.topics()]).toContain("7/topic");
});

test("what a client was allowed goes with its session, though its topics stay", async () => {
  const access = reloadableAccess(rules(count));
  const broker = new TestBroker({ sysInterval: 0 }, { access });
  const refs = publishers(broker);
  for (const client of broker.broker.clients) client.close();
  await until(() => {
    broker.clock.advance(1000);
    Bun.gc(true);
    return alive(refs) <= few;
  });
  expect([...broker.broker.router.topics()]).toContain("7/topic");
});
