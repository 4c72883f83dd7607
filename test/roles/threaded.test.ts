import { expect, test } from "bun:test";
import { roles } from "../../src/roles/index.ts";
import { threadedRoles } from "../../src/roles/threaded.ts";

test("every role that can run in threads is where a thread looks for it, and no other", async () => {
  const threaded = roles.filter((role) => role.threads !== undefined);
  expect(Object.keys(threadedRoles).sort()).toEqual(threaded.map(({ name }) => name).sort());
  for (const role of threaded) expect(await threadedRoles[role.name]?.()).toBe(role.start);
});
