import { describe, expect, test } from "bun:test";
import { formatAddress } from "../../../src/core/address.ts";
import { maxWait, until } from "../../support/until.ts";
import { testAdmin } from "./admin.ts";

describe("control through the admin API", () => {
  test("stops and starts one service, on the port that it had, and leaves the others alone", async () => {
    const { post, running, supervisor } = await testAdmin();
    const { addresses } = supervisor.statusOf("echo");
    const before = formatAddress(addresses[0]!);
    const stopped = await post("/api/services/echo/stop");
    expect(stopped.status).toBe(200);
    expect(await stopped.json()).toMatchObject({ state: "stopped", addresses: [], uptime: null });
    const started = await (await post("/api/services/echo/start")).json();
    expect(started).toMatchObject({ state: "running", addresses: [before], restarts: 0 });
    expect(running.map(({ service, stopped }) => [service, stopped])).toEqual([
      ["echo", true],
      ["other", false],
      ["echo", false],
    ]);
  });

  test("a restart is counted", async () => {
    const { post } = await testAdmin();
    await post("/api/services/echo/restart");
    expect(await (await post("/api/services/echo/restart")).json()).toMatchObject({
      state: "running",
      restarts: 2,
    });
  });

  test("what the state does not allow is 409", async () => {
    const { post } = await testAdmin();
    const again = await post("/api/services/echo/start");
    expect([again.status, await again.json()]).toEqual([
      409,
      { error: 'Cannot start "echo": it is running' },
    ]);
    await post("/api/services/echo/stop");
    const twice = await post("/api/services/echo/stop");
    expect([twice.status, await twice.json()]).toEqual([409, { error: 'Cannot stop "echo": it is stopped' }]);
  });

  test("two starts in one tick do not run it twice", async () => {
    const { post, running, supervisor } = await testAdmin();
    await post("/api/services/echo/stop");
    const starts = [supervisor.control("echo", "start"), supervisor.control("echo", "start")];
    const outcomes = await Promise.allSettled(starts);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(running.filter(({ service, stopped }) => service === "echo" && !stopped)).toHaveLength(1);
  });

  test("a service that has failed can be stopped, which clears its failure", async () => {
    const { post, running, supervisor } = await testAdmin();
    await post("/api/services/echo/stop");
    running[0]!.refuseNext = true;
    expect((await post("/api/services/echo/start")).status).toBe(500);
    expect(supervisor.statusOf("echo").state).toBe("failed");
    expect(await (await post("/api/services/echo/stop")).json()).toMatchObject({
      state: "stopped",
      error: null,
    });
  });

  test("two restarts at once do not run it twice", async () => {
    const { post, running } = await testAdmin();
    const answers = await Promise.all([
      post("/api/services/echo/restart"),
      post("/api/services/echo/restart"),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(running.filter(({ service, stopped }) => service === "echo" && !stopped)).toHaveLength(1);
  });

  test("a service that waits for its restart can be started at once, and stopped for good", async () => {
    const { post, running, supervisor } = await testAdmin();
    running[0]!.context.fail(new Error("once"));
    await until(() => running[0]!.stopped);
    expect((await post("/api/services/echo/start")).status).toBe(200);
    expect(supervisor.statusOf("echo").state).toBe("running");
    running.at(-1)!.context.fail(new Error("twice"));
    await until(() => running.at(-1)!.stopped);
    expect((await post("/api/services/echo/stop")).status).toBe(200);
    expect(supervisor.statusOf("echo").state).toBe("stopped");
  });

  test("an unknown service is 404, an unknown command 400", async () => {
    const { post } = await testAdmin();
    expect((await post("/api/services/nobody/stop")).status).toBe(404);
    const answer = await post("/api/services/echo/explode");
    expect([answer.status, await answer.json()]).toEqual([
      400,
      {
        error: 'Cannot take the request: command must be start, stop or restart, and is "explode"',
      },
    ]);
  });

  test("/api/drain answers before it stops the process", async () => {
    const { post, drained } = await testAdmin();
    const answer = await post("/api/drain");
    expect(answer.status).toBe(202);
    expect(drained).toEqual([]);
    await until(() => drained.length === 1);
  });

  test("once the whole is stopping, no service is started any more", async () => {
    const { post, supervisor } = await testAdmin();
    await supervisor.stop(AbortSignal.timeout(maxWait));
    const answer = await post("/api/services/echo/start");
    expect(answer.status).toBe(409);
    expect(await answer.json()).toEqual({ error: 'Cannot start "echo": distsrv itself is stopping' });
  });
});
