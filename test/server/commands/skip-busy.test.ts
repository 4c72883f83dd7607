import { expect, test } from "bun:test";
import { withoutBusy } from "../../../src/server/commands/skip-busy.ts";
import type { ServerIo, WantedPort } from "../../../src/server/io.ts";
import { fakeRegistry, fakeRole, load } from "../../support/registry.ts";

const plan = load(
  "admin: { port: 8088 }\nservices: { echo: { port: 2222 }, upcall: { port: 4141 }, time: { port: 45000 } }",
  fakeRegistry(fakeRole("echo"), fakeRole("upcall"), fakeRole("time")),
);

/** Somebody at a terminal, who gives this answer; undefined: nobody. */
function start(busyNames: readonly string[], answer?: boolean) {
  const asked: string[] = [];
  const errors: string[] = [];
  const busyPorts = async (wanted: readonly WantedPort[]) =>
    wanted
      .filter(({ service }) => busyNames.includes(service))
      .map((target) => ({ target, error: new Error(`${target.service} is busy`) }));
  const confirm = async (question: string) => {
    asked.push(question);
    return answer === true;
  };
  const io = {
    names: { distsrv: "./distsrv", distcli: "./distcli" },
    err: (text: string) => void errors.push(text.trimEnd()),
    busyPorts,
    ...(answer !== undefined && { confirm }),
  };
  const run = async (options: { skipBusy?: boolean; isBuiltIn?: boolean }) => {
    const complete = { skipBusy: false, isBuiltIn: true, ...options };
    const left = await withoutBusy(plan, complete, io as unknown as ServerIo);
    return left?.services.map(({ name }) => name);
  };
  return { run, asked, errors };
}

test("with all ports free nobody is asked anything", async () => {
  const { run, asked, errors } = start([], true);
  expect(await run({})).toEqual(["echo", "upcall", "time"]);
  expect([...asked, ...errors]).toEqual([]);
});

test("a person is asked once for all busy services, and decides", async () => {
  const yes = start(["echo", "time"], true);
  expect(await yes.run({})).toEqual(["upcall"]);
  expect(yes.errors).toEqual(["echo is busy", "time is busy"]);
  expect(yes.asked).toEqual(["Run the other service without echo and time?"]);
  const no = start(["echo"], false);
  expect(await no.run({})).toBeUndefined();
  expect(no.asked).toEqual(["Run the other 2 services without echo?"]);
});

test("--skip-busy asks nobody", async () => {
  const { run, asked } = start(["echo"], false);
  expect(await run({ skipBusy: true })).toEqual(["upcall", "time"]);
  expect(asked).toEqual([]);
});

test("a file of the user's is not changed without --skip-busy: its start reports the ports", async () => {
  const { run, errors } = start(["echo"], true);
  expect(await run({ isBuiltIn: false })).toEqual(["echo", "upcall", "time"]);
  expect(errors).toEqual([]);
  expect(await run({ isBuiltIn: false, skipBusy: true })).toEqual(["upcall", "time"]);
});

test("the dashboard's busy port costs the dashboard alone", async () => {
  const { run, asked } = start(["admin"], true);
  expect(await run({})).toEqual(["echo", "upcall", "time"]);
  expect(asked).toEqual(["Run the other 3 services without the dashboard?"]);
});
