import { expect, test } from "bun:test";
import type { TryTarget } from "../src/core/try.ts";
import { echo } from "../src/roles/echo/index.ts";
import { tries } from "../src/tries.ts";
import { startRole } from "./support/start-role.ts";

const target = (port: number): TryTarget => ({
  service: "raw-echo",
  role: "echo",
  addresses: [
    { transport: "ipc", host: "/nowhere", port: 0 },
    { transport: "tcp", host: "127.0.0.1", port },
  ],
  config: {},
  operations: ["add"],
});

test("the dashboard tries a service with the client's own trial, at the service's own address", async () => {
  const { port } = await startRole(echo, { reply: "{message}" });
  expect(tries.form(target(port))).toMatchObject({ service: "raw-echo", role: "echo" });
  const [field] = tries.form(target(port))!.fields;
  expect(await tries.run(target(port), { [field!.name]: "halo" })).toMatchObject({
    ok: true,
    request: { text: "halo" },
    reply: { text: "halo" },
  });
});

test("a service that is gone is a result, not an error", async () => {
  const { service, port } = await startRole(echo);
  await service.stop(AbortSignal.abort());
  const result = await tries.run(target(port), {});
  expect(result).toMatchObject({ ok: false, request: null, reply: null });
  expect(result.error).toContain("refused");
});

test("a role that nobody knows how to try has no form, and a service without a port cannot be tried", async () => {
  expect(tries.form({ ...target(1), role: "vault" })).toBeUndefined();
  const hidden = { ...target(1), addresses: [] };
  await expect(tries.run(hidden, {})).rejects.toThrow('"raw-echo" listens on no port that could be tried');
});
