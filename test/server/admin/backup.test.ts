import { expect, test } from "bun:test";
import { until } from "../../support/until.ts";
import { testAdmin } from "./admin.ts";

const path = "/api/services/vault/backup";
const errorOf = async (response: Response) => [
  response.status,
  ((await response.json()) as { error: string }).error,
];

/** A copy that gives these pieces, and an error after them, if there is one. */
function copyOf(pieces: readonly string[], failure?: string) {
  const copies = { begun: [] as string[], ended: 0 };
  async function* copyStore(directory: string) {
    copies.begun.push(directory);
    try {
      for (const piece of pieces) yield Buffer.from(piece);
      if (failure !== undefined) throw new Error(failure);
    } finally {
      copies.ended++;
    }
  }
  return { copies, copyStore };
}

test("what a service keeps is copied to an admin, and told", async () => {
  const { copies, copyStore } = copyOf(["one\n", "two\n"]);
  const audited: unknown[] = [];
  const { ask } = await testAdmin({
    copyStore,
    audit: (event, fields) => void audited.push([event, fields]),
  });
  const response = await ask(path);
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/jsonl"]);
  expect(await response.text()).toBe("one\ntwo\n");
  expect(copies).toEqual({ begun: ["/var/lib/vault"], ended: 1 });
  expect(audited).toEqual([["service-copied", { name: "vault", by: "ani", from: "127.0.0.1:4711" }]]);
});

test("nobody else may copy: messages are in it", async () => {
  const { copies, copyStore } = copyOf([]);
  const { ask } = await testAdmin({ copyStore, localUser: { name: "budi", isTrusted: false } });
  expect((await ask(path)).status).toBe(403);
  expect((await ask(path, { method: "HEAD" })).status).toBe(403);
  expect(copies.begun).toEqual([]);
});

test("a service that keeps nothing, does not run or is not there says so", async () => {
  const { ask, post } = await testAdmin();
  expect(await errorOf(await ask("/api/services/echo/backup"))).toEqual([
    409,
    'Cannot copy what "echo" keeps: it has no persistence.directory, and keeps nothing',
  ]);
  await post("/api/services/vault/stop");
  expect(await errorOf(await ask(path))).toEqual([409, 'Cannot copy what "vault" keeps: it is stopped']);
  expect((await ask("/api/services/nobody/backup")).status).toBe(404);
});

test("files that cannot be read are told, also in the middle", async () => {
  const atOnce = copyOf([], "Cannot read /var/lib/vault: no such directory");
  const first = await testAdmin({ copyStore: atOnce.copyStore });
  const error = 'Cannot copy what "vault" keeps: Cannot read /var/lib/vault: no such directory';
  expect(await errorOf(await first.ask(path))).toEqual([500, error]);
  expect((await first.ask(path)).status).toBe(500); // and not 503: nothing goes on

  const later = copyOf(["one\n"], "the disk is gone");
  const second = await testAdmin({ copyStore: later.copyStore });
  const response = await second.ask(path);
  expect(await response.text().then(undefined, String)).toContain("the disk is gone");
  expect((await second.ask(path)).status).toBe(200);
});

test("one copy is made at a time, and ends with its reader", async () => {
  const { copies, copyStore } = copyOf(["one\n", "two\n", "three\n"]);
  const { ask } = await testAdmin({ copyStore });
  const response = await ask(path);
  expect(await errorOf(await ask(path))).toEqual([
    503,
    'Cannot copy what "vault" keeps: another copy is being made',
  ]);
  await response.body?.cancel();
  await until(() => copies.ended === 1);
  const head = await ask(path, { method: "HEAD" });
  expect(head.status).toBe(200);
  await until(() => copies.ended === 2);
  expect(await (await ask(path)).text()).toBe("one\ntwo\nthree\n");
});
