import { describe, expect, test } from "bun:test";
import type { Tries, TryTarget } from "../../../src/core/try.ts";
import { until } from "../../support/until.ts";
import { testAdmin } from "./admin.ts";

const asked: { target: TryTarget; values: unknown }[] = [];

const tries: Tries = {
  form: ({ service, role }) =>
    role === "vault"
      ? {
          service,
          role,
          title: "Knock",
          address: { transport: "tcp", host: "127.0.0.1", port: 4711 },
          fields: [
            { name: "how", label: "How", type: "select", default: "softly", options: ["softly", "hard"] },
          ],
        }
      : undefined,
  async run(target, values) {
    asked.push({ target, values });
    if (values.how === "not") throw new Error('"how" must be softly or hard, and is "not"');
    const request = { text: "knock", bytes: new Uint8Array([1, 2, 255]) };
    return { ok: true, ms: 1.5, request, reply: null };
  },
  async sendRaw({ service }, { bytes, ...rest }) {
    sentRaw.push({ service, text: Buffer.from(bytes).toString(), ...rest });
    return { ok: true, ms: 1, request: { text: "raw", bytes }, reply: null };
  },
};

const sentRaw: unknown[] = [];
const options = { tries: async () => tries };

describe("trying a service through the admin API", () => {
  test("without anybody who can, there are no forms", async () => {
    const { ask, post } = await testAdmin();
    expect(await (await ask("/api/try")).json()).toEqual([]);
    expect((await post("/api/try/vault", {})).status).toBe(404);
  });

  test("lists the forms of services that run", async () => {
    const { ask, post } = await testAdmin(options);
    const [form, ...more] = (await (await ask("/api/try")).json()) as Record<string, unknown>[];
    expect(form).toMatchObject({
      service: "vault",
      title: "Knock",
      fields: [{ options: ["softly", "hard"] }],
    });
    expect(more).toEqual([]);
    expect(await (await ask("/api/services/vault")).json()).toMatchObject({ try: true });
    expect(await (await ask("/api/services/echo")).json()).toMatchObject({ try: false });
    await post("/api/services/vault/stop");
    expect(await (await ask("/api/try")).json()).toEqual([]);
  });

  test("sends one request to where the service listens, and shows it", async () => {
    const { post } = await testAdmin(options);
    const answer = await post("/api/try/vault", { how: "hard", times: 3 });
    expect(await answer.json()).toEqual({
      ok: true,
      ms: 1.5,
      request: { text: "knock", bytes: "AQL/" },
      reply: null,
    });
    expect(asked.at(-1)).toMatchObject({
      target: { service: "vault", addresses: [{ host: "127.0.0.1", port: 4711 }] },
      values: { how: "hard", times: "3" },
    });
  });

  test("at most eight run at once, and a client that disconnects aborts its trial", async () => {
    const signals: AbortSignal[] = [];
    const patient: Tries = {
      ...tries,
      run: (_, __, signal = AbortSignal.abort()) => {
        signals.push(signal);
        return new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(new Error("nobody waits"))),
        );
      },
    };
    const { ask, post } = await testAdmin({ tries: async () => patient });
    const leaving = new AbortController();
    const init = { method: "POST", body: "{}", headers: { "content-type": "application/json" } };
    const under = Array.from({ length: 8 }, () => ask("/api/try/vault", { ...init, signal: leaving.signal }));
    await until(() => signals.length === 8);
    const ninth = await post("/api/try/vault", {});
    expect([ninth.status, await ninth.json()]).toEqual([
      503,
      { error: 'Cannot try "vault": 8 requests are under way; wait for one' },
    ]);
    leaving.abort();
    await Promise.all(under);
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    void post("/api/try/vault", {});
    await until(() => signals.length === 9);
  });

  test("values that make no request are 400", async () => {
    const { post } = await testAdmin(options);
    const answer = await post("/api/try/vault", { how: "not" });
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: 'Cannot try "vault": "how" must be softly or hard, and is "not"' },
    ]);
    expect((await post("/api/try/vault", [1])).status).toBe(400);
    expect((await post("/api/try/vault", { how: {} })).status).toBe(400);
  });

  test("sends bytes as they are", async () => {
    const { post } = await testAdmin(options);
    const bytes = Buffer.from("halo\r\n").toString("base64");
    const answer = await post("/api/try/vault/raw", { bytes, wait: 100, finish: true });
    expect(await answer.json()).toMatchObject({ ok: true, request: { text: "raw", bytes }, reply: null });
    const values = { text: "halo\r\n", wait: 100, finish: true, untilClose: false };
    expect(sentRaw.at(-1)).toMatchObject({ service: "vault", ...values });
  });

  test.each([
    ["none", {}, "bytes"],
    ["what is no Base64", { bytes: "%" }, "bytes"],
    ["too many", { bytes: "AAAA".repeat(22_000) }, "bytes"],
    ["a wait that is too long", { bytes: "", wait: 100_000 }, "wait"],
    ["another host", { bytes: "", host: "elsewhere" }, "host"],
  ])("refuses raw bytes with %s", async (_, body, reason) => {
    const { post } = await testAdmin(options);
    const answer = await post("/api/try/vault/raw", body);
    expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([
      400,
      expect.stringContaining(reason),
    ]);
    expect((await post("/api/try/echo/raw", { bytes: "" })).status).toBe(404);
  });
});
