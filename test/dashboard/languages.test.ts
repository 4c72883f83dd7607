import { afterEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { trialForm } from "../../src/cli/try/run-trial.ts";
import { sentenceOf } from "../../src/dashboard/page/overview/problem-sentences.ts";
import {
  bytes,
  clock,
  dateTime,
  duration,
  integer,
  short,
  timeSpan,
} from "../../src/dashboard/page/text/format.ts";
import { language, preferredLanguage, texts } from "../../src/dashboard/page/text/language.ts";
import {
  fieldLabel,
  stateName,
  summaryOfService,
  tryTitle,
} from "../../src/dashboard/page/text/server-words.ts";
import { excerpt } from "../../src/dashboard/page/wire/excerpt.ts";
import { asMarkdown } from "../../src/dashboard/page/wire/export-markdown.ts";
import { elapsed } from "../../src/dashboard/page/wire/times.ts";
import { roles } from "../../src/roles/index.ts";
import { event, feedOf } from "./events.ts";

const source = join(import.meta.dir, "../../src");
afterEach(() => language.set("en"));

test("the first of the browser's languages that the page speaks is chosen, or else English", () => {
  const wanted = [["id-ID", "en"], ["in"], ["jv", "id"], ["en-US", "id"], ["de-DE", "fr"], []];
  expect(wanted.map(preferredLanguage)).toEqual(["id", "id", "id", "en", "en", "en"]);
});

test("texts are read in the language of the moment", () => {
  const words = texts({
    en: { hello: "hello", count: (n: number) => (n === 1 ? "one" : `${n} ones`) },
    id: { hello: "halo", count: (n) => `${n} buah` },
  });
  expect([words.hello, words.count(1)]).toEqual(["hello", "one"]);
  language.set("id");
  expect([words.hello, words.count(1)]).toEqual(["halo", "1 buah"]);
});

test("numbers and times are written as Indonesians do", () => {
  language.set("id");
  const time = new Date(2026, 10, 20, 3, 4, 5, 6).getTime();
  expect([short(1234), bytes(2_500_000), integer(12_345)]).toEqual(["1,23 k", "2,5 MB", "12.345"]);
  expect([duration(65), duration(90_000)]).toEqual(["1 mnt 5 dtk", "1 hr 1 jam"]);
  expect([clock(time), dateTime(time)]).toEqual(["03.04.05,006", "20 Nov 2026, 03.04.05"]);
  expect(timeSpan(time, time + 1000)).toBe("20 Nov 2026, 03.04.05 hingga 03.04.06");
  expect([elapsed(12), elapsed(70_012)]).toEqual(["+0,012 s", "+1:10,012"]);
});

test("what is exported is in the language of the page", () => {
  language.set("id");
  const { list } = feedOf([event("echo#1", { kind: "close", reason: "" })]);
  const text = asMarkdown(excerpt("Judul", list.rows));
  expect(text).toContain("| Waktu | Dari | Ke | Pesan |");
  expect(text).toContain("menutup");
});

describe("what the server says in English is said in Indonesian, too", () => {
  const state = readFileSync(join(source, "server/run/service-status.ts"), "utf8");
  const codes = [...new Bun.Glob("**/*.ts").scanSync(source)]
    .filter((path) => !path.startsWith("dashboard/"))
    .map((path) => readFileSync(join(source, path), "utf8"))
    .filter((text) => text.includes("core/problem.ts"))
    .flatMap((text) => [...text.matchAll(/problem\(\s*"([\w-]+)"|"(mqtt-[\w-]+)"|Problems\("([\w-]+)"/g)])
    .map(([, ...found]) => found.find((code) => code !== undefined) ?? "");

  test("every problem", () => {
    expect(new Set(codes).size).toBeGreaterThan(12);
    language.set("id");
    const values = { count: 2, state: "failed" };
    const said = codes.map((code) => [code, sentenceOf({ service: "x", text: code, code, values })]);
    expect(said.filter(([code, sentence]) => sentence === code)).toEqual([]);
  });

  test("a problem that is not known is said in English", () => {
    language.set("id");
    expect(sentenceOf({ service: "x", text: "It is odd", code: "odd", values: {} })).toBe("It is odd");
  });

  test("a problem has its values in its sentence", () => {
    const values = { count: 3, topic: "sister/temp" };
    const problem = { service: "mqtt", text: "in English", code: "mqtt-undelivered", values };
    expect(sentenceOf(problem)).toBe("in English");
    language.set("id");
    expect(sentenceOf(problem)).toBe("3 pesan ke sister/temp tidak menemukan subscriber");
  });

  test("every role's summary, form and state", () => {
    const states = [...state.matchAll(/^ {2}(\w+): "/gm)].map(([, name = ""]) => name);
    expect(states).toContain("failed");
    language.set("id");
    for (const name of states) expect(stateName(name)).not.toBe(name);
    for (const { name: role, summary } of roles) {
      expect(summaryOfService({ role, summary })).not.toBe(summary);
      const form = trialForm(role, { operations: ["add"], namespace: "x", hasUsers: true } as never);
      if (form === undefined) continue;
      const address = { transport: "tcp", host: "127.0.0.1", port: 1 };
      expect(tryTitle({ service: role, role, ...form, address })).not.toBe(form.title);
      const same = form.fields.filter((field) => fieldLabel(field) === field.label);
      const technical = ["a", "b", "topic", "qos", "retain", "namespace", "request"];
      expect(same.map(({ name }) => name).filter((name) => !technical.includes(name))).toEqual([]);
    }
  });
});

test("no label, title or hint of an element is written where it cannot be translated", () => {
  const page = join(source, "dashboard/page");
  const found = [...new Bun.Glob("**/*.tsx").scanSync(page)].flatMap((path) => {
    const text = readFileSync(join(page, path), "utf8");
    const matches = text.matchAll(/\b(?:aria-label|title|placeholder|alt)="[A-Za-z][^"]*"/g);
    return [...matches].map(([hit]) => `${path}: ${hit}`);
  });
  expect(found).toEqual(['wire/filter-bar.tsx: placeholder="sister/#"']);
});
