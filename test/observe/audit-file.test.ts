import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { openAudit } from "../../src/observe/audit-file.ts";
import { rejects } from "../support/rejects.ts";
import { scratchFolder } from "../support/scratch.ts";

const linesOf = (file: string) =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const reportNothing = (problem: string): never => {
  throw new Error(problem);
};

test("an event is a line of JSON with its time, its service and its fields; what is undefined is left out", async () => {
  const file = join(scratchFolder("audit"), "audit.jsonl");
  const audit = openAudit(file, reportNothing);
  const before = Date.now();
  audit.of("mqtt")("client-connected", { client: "sensor-1", username: undefined, tls: true });
  audit.of("distsrv")("stopping", { by: "SIGTERM" });
  await audit.close();
  const [first, second] = linesOf(file);
  expect(Date.parse(String(first?.time))).toBeWithin(before, Date.now() + 1);
  expect({ ...first, time: "" }).toEqual({
    ...{ time: "", event: "client-connected", service: "mqtt", client: "sensor-1", tls: true },
  });
  expect(second).toMatchObject({ event: "stopping", service: "distsrv", by: "SIGTERM" });
  expect(audit.lost()).toBe(0);
  expect(audit.problems()).toEqual([]);
});

test("the file is its owner's only, and a name cannot write control characters or lines into it", async () => {
  const file = join(scratchFolder("audit"), "audit.jsonl");
  const audit = openAudit(file, reportNothing);
  audit.of("mqtt")("client-refused", { client: 'x\n{"event":"started"}\u009b2J\u202e' });
  await audit.close();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, "utf8").trimEnd().split("\n")).toHaveLength(1);
  expect(readFileSync(file, "utf8")).not.toMatch(/[\u009b\u202e]/);
  expect(linesOf(file)[0]?.client).toBe('x\n{"event":"started"}\u009b2J\u202e');
});

test("after reopen it goes on in a new file of the same name, and the old one is whole", async () => {
  const file = join(scratchFolder("audit"), "audit.jsonl");
  const audit = openAudit(file, reportNothing);
  audit.of("distsrv")("started", {});
  renameSync(file, `${file}.1`);
  await audit.reopen();
  audit.of("distsrv")("stopped", {});
  await audit.close();
  expect(linesOf(`${file}.1`).map(({ event }) => event)).toEqual(["started"]);
  expect(linesOf(file).map(({ event }) => event)).toEqual(["stopped"]);
});

test("a file that cannot be opened is an error, and one that cannot be opened anew leaves the old one in use", async () => {
  const folder = scratchFolder("audit");
  expect(() => openAudit(join(folder, "none", "audit.jsonl"), reportNothing)).toThrow("ENOENT");
  const inside = join(folder, "inside");
  mkdirSync(inside);
  const audit = openAudit(join(inside, "audit.jsonl"), reportNothing);
  renameSync(inside, `${inside}.1`);
  await rejects(audit.reopen(), "ENOENT");
  audit.of("distsrv")("stopped", {});
  await audit.close();
  expect(linesOf(join(`${inside}.1`, "audit.jsonl")).map(({ event }) => event)).toEqual(["stopped"]);
});

test("where lines cannot be written, they are counted, it is reported, and a problem while it lasts", async () => {
  const problems: string[] = [];
  const audit = openAudit("/dev/full", (problem) => problems.push(problem));
  audit.of("distsrv")("started", {});
  await audit.close();
  expect(problems).toEqual([expect.stringContaining("Cannot write the audit to /dev/full: ENOSPC")]);
  expect(audit.problems()).toEqual([expect.objectContaining({ code: "log" })]);
});
