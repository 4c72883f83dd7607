import { describe, expect, test } from "bun:test";
import type { Logger } from "../../../src/core/log.ts";
import { TrafficHub } from "../../../src/observe/traffic-hub.ts";
import { Supervisor } from "../../../src/server/run/supervisor.ts";
import { type FakeService, fakeRegistry, fakeRole, load } from "../../support/registry.ts";
import { rejects } from "../../support/rejects.ts";
import { maxWait, until } from "../../support/until.ts";

function supervise(source: string) {
  const journal: string[] = [];
  const running: FakeService[] = [];
  const lines: string[] = [];
  const write = (message: string) => void lines.push(message);
  const logger: Logger = { debug: write, info: write, warning: write, error: write };
  const plan = load(source, fakeRegistry(fakeRole("echo", journal, running)));
  const supervisor = new Supervisor(plan, {
    logger: () => logger,
    hub: new TrafficHub(),
    version: "0.0.0",
    spawnWorker: () => {
      throw new Error("no threads here");
    },
  });
  return { supervisor, journal, running, lines };
}

const three = "services:\n  a: { role: echo }\n  b: { role: echo }\n  c: { role: echo }\n";
const soon = () => AbortSignal.timeout(maxWait);

describe("the supervisor", () => {
  test("starts in the order of the file and stops in reverse", async () => {
    const { supervisor, journal } = supervise(three);
    await supervisor.start();
    expect(supervisor.status().map(({ state }) => state)).toEqual(["running", "running", "running"]);
    await Promise.all([supervisor.stop(soon()), supervisor.stop(soon())]);
    expect(journal).toEqual(["start a", "start b", "start c", "stop c", "stop b", "stop a"]);
  });

  test("a service that cannot start stops what was started, and names its reason", async () => {
    const { supervisor, journal } = supervise(
      three.replace("c: { role: echo", "c: { role: echo, refuse: true"),
    );
    await rejects(supervisor.start(), 'Cannot start "c": the port is in use');
    expect(journal).toEqual(["start a", "start b", "stop b", "stop a"]);
  });

  test("a service that fails later is restarted, the others keep running", async () => {
    const { supervisor, journal, running, lines } = supervise(three);
    await supervisor.start();
    running[1]!.context.fail(new Error("the disk is full"));
    running[1]!.context.fail(new Error("said again while it is stopped"));
    await until(() => running.length === 4);
    expect(journal).toEqual(["start a", "start b", "start c", "stop b", "start b"]);
    await until(() => supervisor.status()[1]?.state === "running");
    expect(supervisor.status()[1]).toMatchObject({ state: "running", restarts: 1 });
    expect(lines).toContain("Failed: the disk is full. It is started again in 100 ms");
    await supervisor.stop(soon());
  });

  test("a service that fails while it starts is started again, too", async () => {
    const { supervisor, running } = supervise("services:\n  a: { role: echo, failEarly: 1 }\n");
    await supervisor.start();
    await until(() => running.length === 2);
    await until(() => supervisor.status()[0]?.state === "running");
    expect(running.map(({ stopped }) => stopped)).toEqual([true, false]);
    await supervisor.stop(soon());
  });

  test("a restarted service keeps the port that it was given", async () => {
    const { supervisor, running, lines } = supervise("services:\n  a: { role: echo, port: 0 }\n");
    await supervisor.start();
    const before = supervisor.status()[0]?.addresses[0]?.port;
    running[0]!.context.fail(new Error("once"));
    await until(() => supervisor.status()[0]?.state === "running");
    expect(supervisor.status()[0]?.addresses[0]?.port).toBe(before!);
    expect(lines).toContain(`Started again on 127.0.0.1:${before}`);
    await supervisor.stop(soon());
  });

  test("a service that does not stop is abandoned, and the others are stopped", async () => {
    const { supervisor, running } = supervise(
      three.replace("b: { role: echo", "b: { role: echo, stubborn: true"),
    );
    await supervisor.start();
    await rejects(supervisor.stop(AbortSignal.timeout(20)), 'Cannot stop "b": it does not stop in time');
    expect(running.map(({ stopped }) => stopped)).toEqual([true, false, true]);
  });

  test("a stop while services start takes effect before the next one", async () => {
    const { supervisor, journal } = supervise(three);
    const started = supervisor.start();
    const stopped = supervisor.stop(soon());
    await Promise.all([started, stopped]);
    expect(journal.filter((line) => line.startsWith("start")).length).toBeLessThan(3);
    expect(journal.filter((line) => line.startsWith("stop")).length).toBe(
      journal.filter((line) => line.startsWith("start")).length,
    );
  });

  test("with restart: never it stays down", async () => {
    const { supervisor, running } = supervise(
      "services:\n  a: { role: echo, restart: never }\n  b: { role: echo }\n",
    );
    await supervisor.start();
    running[0]!.context.fail(new Error("enough"));
    await until(() => running[0]!.stopped);
    expect(supervisor.status().map(({ state, error }) => [state, error])).toEqual([
      ["failed", "enough"],
      ["running", undefined],
    ]);
    await supervisor.stop(soon());
  });

  test("a stop while a service waits for its restart is final", async () => {
    const { supervisor, running } = supervise(three);
    await supervisor.start();
    running[0]!.context.fail(new Error("once"));
    await until(() => running[0]!.stopped);
    await supervisor.stop(soon());
    expect(supervisor.status().map(({ state }) => state)).toEqual(["stopped", "stopped", "stopped"]);
    expect(running.length).toBe(3);
  });

  test("knows since when a service has been running, and nothing for one that does not run", async () => {
    const { supervisor } = supervise(three);
    const before = Date.now();
    await supervisor.start();
    expect(supervisor.statusOf("a").runningSince).toBeWithin(before, Date.now() + 1);
    expect(await supervisor.control("a", "stop")).toMatchObject({
      state: "stopped",
      runningSince: undefined,
    });
    expect(supervisor.views("a")).toEqual({});
    expect(await supervisor.stats("a")).toEqual({});
    await supervisor.stop(soon());
  });

  test("a stop during a restart is final, and the restart says so", async () => {
    const { supervisor, running } = supervise(three);
    await supervisor.start();
    const [restarted] = await Promise.allSettled([
      supervisor.control("a", "restart"),
      supervisor.stop(soon()),
    ]);
    expect(restarted).toMatchObject({
      reason: { message: 'Cannot restart "a": it was asked to stop in the meantime' },
    });
    expect(supervisor.status().map(({ state }) => state)).toEqual(["stopped", "stopped", "stopped"]);
    expect(running.every(({ stopped }) => stopped)).toBe(true);
  });

  test("a service that is stopped by hand before its turn in the plan is not started", async () => {
    const { supervisor, journal } = supervise(three);
    const started = supervisor.start();
    const outcomes = [supervisor.control("c", "start"), supervisor.control("c", "stop"), started];
    const [again] = await Promise.allSettled(outcomes);
    expect(again).toMatchObject({ reason: { message: 'Cannot start "c": it is starting' } });
    expect(supervisor.statusOf("c").state).toBe("stopped");
    expect(journal).toEqual(["start a", "start b"]);
    await supervisor.stop(soon());
  });

  test("a service that does not stop has failed, and can be started again", async () => {
    const { supervisor } = supervise(
      `grace: 10ms\n${three.replace("b: { role: echo", "b: { role: echo, stubborn: true")}`,
    );
    await supervisor.start();
    await rejects(supervisor.control("b", "stop"), 'Cannot stop "b"');
    expect(supervisor.statusOf("b")).toMatchObject({
      state: "failed",
      error: 'Cannot stop "b": it does not stop in time',
    });
    expect(await supervisor.control("b", "start")).toMatchObject({ state: "running" });
  });

  test("an error of a stopped run is no failure of the next", async () => {
    const { supervisor, running } = supervise(three);
    await supervisor.start();
    await supervisor.control("a", "restart");
    running[0]!.context.fail(new Error("an old error"));
    expect(supervisor.statusOf("a")).toMatchObject({ state: "running", restarts: 1, error: undefined });
    await supervisor.stop(soon());
  });

  test("only what has come to run again counts as a restart", async () => {
    const { supervisor, running } = supervise(three);
    await supervisor.start();
    await supervisor.control("a", "stop");
    expect(await supervisor.control("a", "start")).toMatchObject({ restarts: 0 });
    running.at(-1)!.refuseNext = true;
    await rejects(supervisor.control("a", "restart"), "in use");
    expect(supervisor.statusOf("a")).toMatchObject({ state: "failed", restarts: 0 });
    expect(await supervisor.control("a", "start")).toMatchObject({ restarts: 1 });
    await supervisor.stop(soon());
  });

  test("a service that cannot be started again has failed, and says why until it can", async () => {
    const { supervisor, running } = supervise(three);
    await supervisor.start();
    await supervisor.control("a", "stop");
    const { role } = supervisor.statusOf("a");
    expect(role).toBe("echo");
    running[0]!.refuseNext = true;
    await rejects(supervisor.control("a", "start"), "the port is in use");
    expect(supervisor.statusOf("a")).toMatchObject({
      state: "failed",
      error: expect.stringContaining("in use"),
    });
    expect(await supervisor.control("a", "restart")).toMatchObject({ state: "running", error: undefined });
    await supervisor.stop(soon());
  });
});
