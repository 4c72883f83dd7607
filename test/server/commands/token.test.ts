import { expect, test } from "bun:test";
import { hashOf } from "../../../src/server/config/admin-users.ts";
import { distsrv } from "../../support/own-programs.ts";
import { run } from "../../support/program.ts";

test("distsrv token makes another token each time, with its hash", async () => {
  const [one, other] = await Promise.all([run([...distsrv, "token"]), run([...distsrv, "token"])]);
  const [, token = "", hash] =
    /^token: ([\w-]{32})\ntokenHash: (sha256:[0-9a-f]{64})\n$/.exec(one.stdout) ?? [];
  expect(hash).toBe(hashOf(token));
  expect(other.stdout).not.toBe(one.stdout);
  expect(one.status).toBe(0);
});

test("distsrv token --stdin prints the hash of a token, as sha256sum has it, and not the token", async () => {
  const { stdout, status } = await run([...distsrv, "token", "--stdin"], { input: "0123456789abcdef\nmore" });
  expect(stdout).toBe("tokenHash: sha256:9f9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f\n");
  expect(status).toBe(0);
});

test.each(["short", "", "generate", "with a space in it"])("%p is no token", async (input) => {
  const { stderr, stdout, status } = await run([...distsrv, "token", "--stdin"], { input: `${input}\n` });
  expect(stderr).toContain("Cannot hash the token: the first line of standard input must be");
  expect([status, stdout]).toEqual([2, ""]);
});
