import { describe, expect, onTestFinished, test } from "bun:test";
import { StartError } from "../../../src/core/errors.ts";
import type { Logger } from "../../../src/core/log.ts";
import { History } from "../../../src/observe/history.ts";
import { LineWriter } from "../../../src/observe/line-writer.ts";
import { TrafficHub } from "../../../src/observe/traffic-hub.ts";
import { openAdmin } from "../../../src/server/admin/open-admin.ts";
import type { ServeApp } from "../../../src/server/admin/start.ts";
import { ProcessGuards } from "../../../src/server/guards/process-guards.ts";
import type { ServerIo } from "../../../src/server/io.ts";
import { Supervisor } from "../../../src/server/run/supervisor.ts";
import { fakeRegistry, fakeRole, load } from "../../support/registry.ts";
import { rejects } from "../../support/rejects.ts";

const busy: ServeApp = async () => {
  throw new StartError("port-in-use", "the port is in use");
};

const never = () => {
  throw new Error("nobody should ask for it");
};

/** Opens the admin service of this file with a fake `serveApp`. */
async function open(yaml: string, serveApp: ServeApp) {
  const warnings: string[] = [];
  const quiet = () => {};
  const log: Logger = {
    debug: quiet,
    info: quiet,
    warning: (text) => void warnings.push(text),
    error: quiet,
  };
  const plan = load(`${yaml}\nservices: { echo: }`, fakeRegistry(fakeRole("echo")));
  const hub = new TrafficHub();
  const supervisor = new Supervisor(plan, { logger: () => log, hub, version: "0.0.0", spawnWorker: never });
  const io: ServerIo = {
    stdout: new LineWriter({ fd: 1, name: "standard output" }),
    err: never,
    isTerminal: false,
    colour: false,
    environment: {},
    names: { distsrv: "./distsrv", distcli: "./distcli" },
    version: "1.2.3",
    labYaml: "",
    spawnWorker: never,
    serveApp,
    copyStore: never,
    lockDirectory: never,
    captureScripts: never,
    descriptors: { limit: 64, next: () => 10, open: () => 10 },
    facts: () => ({
      pid: 1,
      startedAt: 0,
      memory: { rss: 1, heap: 1 },
      cpu: { user: 0, system: 0 },
      platform: "",
      bun: "",
    }),
    onSignal: never,
    onUncaught: never,
    watchFile: never,
    exit: never,
  };
  const guards = new ProcessGuards(plan.settings, log);
  const history = new History({ idle: {} });
  const health = {
    problems: () => [],
    lostLogLines: () => ({}),
    capture: () => undefined,
    descriptors: () => ({ open: 10, limit: 64 }),
    guards: () => guards.numbers(),
  };
  const admin = await openAdmin({
    plan,
    supervisor,
    hub,
    history,
    guards,
    log,
    io,
    health,
    drain: never,
    reload: never,
  });
  onTestFinished(() => admin?.stop(AbortSignal.abort()));
  return { admin, warnings };
}

describe("the admin service of a lab that starts", () => {
  test("a busy port is a warning when the file says nothing of it, and says how to be rid of it", async () => {
    const { admin, warnings } = await open("", busy);
    expect(admin).toBeUndefined();
    expect(warnings).toEqual([
      "There is no dashboard: the port is in use; or set admin: false to do without it",
    ]);
  });

  test("a busy port is an error when the file names it", async () => {
    await rejects(open("admin: { port: 8088 }", busy), StartError);
  });

  test("with admin: false nothing listens", async () => {
    expect(await open("admin: false", never)).toEqual({ admin: undefined, warnings: [] });
  });

  test("it listens where the file says, and loads what answers for the first request", async () => {
    let ask: Parameters<ServeApp>[1] | undefined;
    let stopped = 0;
    const address = { transport: "tcp", host: "127.0.0.1", port: 81 } as const;
    const { admin } = await open("admin: { port: 81 }", async (options, handler) => {
      expect(options).toMatchObject({ service: "admin", host: "127.0.0.1", port: 81 });
      ask = handler;
      return {
        address,
        problems: () => [],
        renewTls: async () => false,
        stop: async () => void stopped++,
      };
    });
    expect(admin?.address).toEqual(address);
    const request = (path: string) =>
      ask!(
        new Request(`http://127.0.0.1:81${path}`, { headers: { host: "127.0.0.1:81" } }),
        "127.0.0.1:4711",
      );
    expect(await (await request("/healthz")).json()).toEqual({ status: "ok" });
    expect(await (await request("/metrics")).text()).toContain(
      'distsrv_service_up{service="echo",role="echo"} 0',
    );
    await admin?.stop(AbortSignal.timeout(100));
    expect(stopped).toBe(1);
  });
});
