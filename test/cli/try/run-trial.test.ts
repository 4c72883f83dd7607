import { describe, expect, test } from "bun:test";
import { runTrial, trialForm } from "../../../src/cli/try/run-trial.ts";
import type { Role } from "../../../src/core/role.ts";
import { roles } from "../../../src/roles/index.ts";
import { labOperations } from "../../support/lab-operations.ts";
import { rejects } from "../../support/rejects.ts";
import { startRole } from "../../support/start-role.ts";
import { fakeServer } from "../support/fake-server.ts";

const neverAborted = new AbortController().signal;

const context = { operations: labOperations.map(({ name }) => name) };

function roleNamed(name: string): Role {
  const role = roles.find((candidate) => candidate.name === name);
  if (role === undefined) throw new Error(`there is no role ${name}`);
  return role;
}

/** Threads need the supervisor, so roles that have some run without them here. */
const settings: Readonly<Record<string, Record<string, unknown>>> = {
  time: { threads: 0 },
  "zmq-push": { every: "10ms" },
  "zmq-pub": { every: "10ms" },
};

async function tried(name: string, values: Record<string, string> = {}) {
  const { port } = await startRole(roleNamed(name), settings[name] ?? {}, { operations: labOperations });
  const result = await runTrial(name, { host: "127.0.0.1", port }, values, context, neverAborted);
  const { ok, error, request, reply } = result;
  return { ok, error, request: request?.text, reply: reply?.text };
}

test("every role can be tried as its form comes", async () => {
  for (const { name } of roles) {
    expect(trialForm(name, context)?.title, name).toBeString();
    const { ok, error } = await tried(name);
    expect({ name, ok, error }).toEqual({ name, ok: true, error: undefined });
  }
});

describe("what is shown is what went over the wire", () => {
  test("echo", async () => {
    expect(await tried("echo", { message: "hai" })).toMatchObject({ request: "hai", reply: "Echo: hai" });
  });

  test("time, with a line end and at QUIT", async () => {
    const { reply } = await tried("time", { request: "TIME and a line end" });
    expect(reply).toMatch(/^JAM \d\d:\d\d:\d\d\r\n$/);
    expect(await tried("time", { request: "QUIT" })).toMatchObject({ ok: true, request: "QUIT" });
  });

  test("rest, head and body", async () => {
    const { request, reply } = await tried("rest", { operation: "div", a: "1", b: "0" });
    expect(request).toStartWith("GET /div?a=1&b=0 HTTP/1.1\r\n");
    expect(reply).toStartWith("HTTP/1.1 400 ");
    expect(reply).toEndWith('{"error":"Division by zero"}');
  });

  test("jsonrpc, with all digits of a number", async () => {
    const { request, reply } = await tried("jsonrpc", { operation: "add", a: "90071992547409930", b: "1" });
    expect(request).toContain('"params":[90071992547409930,1]');
    expect(reply).toContain('"result":90071992547409931');
  });

  test("soap, a fault too", async () => {
    expect((await tried("soap", { operation: "add", a: "x<y" })).reply).toContain("Client.ValidationError");
  });

  test("zmq-rep", async () => {
    expect(await tried("zmq-rep")).toMatchObject({ request: "Hello", reply: "World" });
  });

  test.each(["0", "1", "2"])("mqtt at QoS %s, every packet", async (qos) => {
    const { request, reply } = await tried("mqtt", { topic: "sister/coba", message: "Halo", qos });
    expect(request).toStartWith("CONNECT try-");
    const publish = `PUBLISH sister/coba ${qos === "0" ? "" : `qos ${qos} `}"Halo"`;
    expect(request).toContain(publish);
    expect(reply).toContain(publish);
    expect(reply?.includes("PUBCOMP")).toBe(qos === "2");
  });
});

describe("the time of an answer", () => {
  test("ends with its last byte, not with the wait for more", async () => {
    const { port } = await startRole(roleNamed("echo"));
    const start = performance.now();
    const result = await runTrial("echo", { host: "127.0.0.1", port }, {}, context, neverAborted);
    expect(result).toMatchObject({ ok: true });
    // The wait takes at least 100 ms; timers may be a millisecond early.
    expect(performance.now() - start - result.ms).toBeGreaterThanOrEqual(99);
    expect(result.ms).toBeGreaterThan(0);
  });
});

describe("a trial that is cancelled", () => {
  test.each(["echo", "rest", "mqtt", "zmq-rep", "oneway"])("of %s closes its connection", async (role) => {
    const gone = new AbortController();
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    // Reads everything and sends nothing.
    const { port } = fakeServer({ open: () => gone.abort(), end: () => resolve() });
    const result = await runTrial(role, { host: "127.0.0.1", port }, {}, context, gone.signal);
    expect(result.ok).toBe(false);
    await closed;
  });
});

describe("a broker with users", () => {
  const users = [{ name: "ani", password: "rahasia-besar" }];
  const withUsers = { ...context, hasUsers: true };
  const tryAs = async (user: string, password: string) => {
    const { port } = await startRole(roleNamed("mqtt"), { users }, { expectLog: ["warning"] });
    return runTrial("mqtt", { host: "127.0.0.1", port }, { user, password }, withUsers, neverAborted);
  };

  test("has fields for name and password, another one has not", () => {
    expect(trialForm("mqtt", withUsers)?.fields).toContainEqual({
      name: "password",
      label: "Password",
      type: "password",
      default: "",
    });
    expect(trialForm("mqtt", context)?.fields.map(({ name }) => name)).not.toContain("password");
  });

  test("lets the right one in, and the password is not shown", async () => {
    const { ok, error, request } = await tryAs("ani", "rahasia-besar");
    expect({ ok, error }).toEqual({ ok: true, error: undefined });
    const bytes = Buffer.from(request!.bytes).toString("latin1");
    expect(bytes).toContain(`ani\x00\r${"*".repeat(13)}`);
    expect(bytes + request!.text).not.toContain("rahasia");
  });

  test("says who is not let in", async () => {
    expect((await tryAs("ani", "lain")).error).toMatch(/does not let the client in: .*password/i);
    expect((await tryAs("", "")).ok).toBe(false);
  });
});

describe("what cannot be tried", () => {
  test("a service that is gone is a result with its reason", async () => {
    const result = await runTrial("echo", { host: "127.0.0.1", port: 1 }, {}, context, neverAborted);
    expect(result).toMatchObject({ ok: false });
    expect(result.error).toContain("127.0.0.1:1");
  });

  test("a field or a choice that there is not is an error that names those there are", async () => {
    const peer = { host: "127.0.0.1", port: 1 };
    await rejects(
      runTrial("echo", peer, { text: "x" }, context, neverAborted),
      'there is no field "text"; there are: message',
    );
    await rejects(
      runTrial("time", peer, { request: "WHAT" }, context, neverAborted),
      '"request" must be one of TIME, TIME and a line end, QUIT, something else, and is "WHAT"',
    );
  });

  test("a topic with a wildcard is refused before anything is sent", async () => {
    expect(await tried("mqtt", { topic: "a/#" })).toMatchObject({
      ok: false,
      error: 'The topic "a/#" holds a wildcard',
    });
  });
});
