import { expect, onTestFinished, test } from "bun:test";
import type { TryTarget } from "../src/core/try.ts";
import { echo } from "../src/roles/echo/index.ts";
import { mqtt } from "../src/roles/mqtt/index.ts";
import { udp } from "../src/roles/udp/index.ts";
import { tries } from "../src/tries.ts";
import { rejects } from "./support/rejects.ts";
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

test("a broker is tried at a plain TCP listener, and not at all without one", async () => {
  const { port } = await startRole(mqtt);
  const websocket = { transport: "ws", host: "127.0.0.1", port: 1 } as const;
  const tls = { ...websocket, transport: "tls" } as const;
  const plain = { ...websocket, transport: "tcp", port } as const;
  const broker = { ...target(1), service: "mqtt", role: "mqtt", config: { users: [] } };
  const all = { ...broker, addresses: [websocket, tls, plain] };
  expect(await tries.run(all, {})).toMatchObject({ ok: true });
  const strict = { ...broker, addresses: [websocket, tls] };
  expect(tries.form(strict)).toBeUndefined();
  await rejects(tries.run(strict, {}), '"mqtt" listens on no port that could be tried');
});

test("a service over UDP is tried over UDP", async () => {
  const { port } = await startRole(udp);
  const both = [{ transport: "tcp", host: "127.0.0.1", port: 1 } as const];
  const addresses = [...both, { transport: "udp", host: "127.0.0.1", port } as const];
  expect(await tries.run({ ...target(1), role: "udp", addresses }, {})).toMatchObject({ ok: true });
});

test("a broker with users asks for name and password", () => {
  const broker = { ...target(1), role: "mqtt", config: { users: [{ name: "ani", password: "x" }] } };
  const names = tries.form(broker)!.fields.map(({ name }) => name);
  expect(names).toContain("user");
  expect(names).toContain("password");
});

test("a trial ends with the signal of its caller", async () => {
  const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  onTestFinished(() => silent.stop(true));
  expect(await tries.run(target(silent.port), {}, AbortSignal.timeout(50))).toMatchObject({ ok: false });
});

test("a service that is gone is a result, not an error", async () => {
  const { service, port } = await startRole(echo);
  await service.stop(AbortSignal.abort());
  const result = await tries.run(target(port), {});
  expect(result).toMatchObject({ ok: false, request: null, reply: null });
  expect(result.error).toContain("refused");
});

test("a role without a trial has no form, and a service without a port cannot be tried", async () => {
  expect(tries.form({ ...target(1), role: "vault" })).toBeUndefined();
  const hidden = { ...target(1), addresses: [] };
  await rejects(tries.run(hidden, {}), '"raw-echo" listens on no port that could be tried');
});

const raw = (text: string, more = {}) => ({
  ...{ bytes: Buffer.from(text), wait: 5000, untilClose: false, finish: false },
  ...more,
});

test("bytes are sent as they are, over TCP and over UDP", async () => {
  const [stream, datagram] = [await startRole(echo, { reply: "{message}" }), await startRole(udp)];
  expect(await tries.sendRaw(target(stream.port), raw("a\u0000b"))).toMatchObject({
    ok: true,
    request: { text: "a\u0000b" },
    reply: { text: "a\u0000b" },
  });
  const addresses = [{ transport: "udp", host: "127.0.0.1", port: datagram.port } as const];
  const answer = await tries.sendRaw({ ...target(1), role: "udp", addresses }, raw("halo"));
  expect(answer).toMatchObject({ ok: true, request: { text: "halo" } });
  expect(answer.reply?.text).toContain("halo");
});

test("no answer within the wait is no error", async () => {
  const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  onTestFinished(() => silent.stop(true));
  const answer = await tries.sendRaw(target(silent.port), raw("x", { wait: 20 }));
  expect(answer).toMatchObject({ ok: true, reply: null });
});

test("an answer is read until the service closes, where that is asked for", async () => {
  const slow = Bun.listen({
    ...{ hostname: "127.0.0.1", port: 0 },
    socket: {
      data(socket) {
        socket.write("one ");
        setTimeout(() => socket.end("two"), 200);
      },
    },
  });
  onTestFinished(() => slow.stop(true));
  const answer = await tries.sendRaw(target(slow.port), raw("x", { untilClose: true }));
  expect(answer.reply?.text).toBe("one two");
});

test("a service that is gone is a result and no exception", async () => {
  const { port } = await startRole(echo);
  const gone = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  gone.stop(true);
  expect(port).not.toBe(gone.port);
  expect(await tries.sendRaw(target(gone.port), raw("x"))).toMatchObject({ ok: false, reply: null });
});
