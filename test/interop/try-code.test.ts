import { describe, expect } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TryForm } from "../../src/dashboard/page/api/types.ts";
import { type Code, codeFor } from "../../src/dashboard/page/try/code/code.ts";
import { presetOf } from "../../src/dashboard/page/try/http-request.ts";
import { defaultsOf, type TryRequest, type Values } from "../../src/dashboard/page/try/request.ts";
import { startLab } from "../support/lab.ts";
import { type Need, needs, testWith } from "../support/needs.ts";
import { distcli as distcliCommand } from "../support/own-programs.ts";
import { python } from "../support/python.ts";
import { scratchFolder } from "../support/scratch.ts";
import { until } from "../support/until.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const lab = await startLab(`
admin: { port: 0 }
services:
  mqtt: { port: 0 }
  echo: { port: 0 }
  upcall: { port: 0 }
  oneway: { port: 0 }
  time: { port: 0 }
  udp: { port: 0 }
  rest: { port: 0 }
  soap: { port: 0 }
  jsonrpc: { port: 0 }
  zmq-rep: { port: 0, reply: "{message}" }
`);
const answer = await fetch(`http://127.0.0.1:${lab.adminPort}/api/try`);
const forms = (await answer.json()) as TryForm[];

/** The command distcli, from source. */
const programs = scratchFolder("try-code");
const distcli = join(programs, "distcli");
writeFileSync(distcli, `#!/bin/sh\nexec ${distcliCommand.join(" ")} "$@"\n`);
chmodSync(distcli, 0o755);

const formOf = (service: string): TryForm => {
  const form = forms.find((each) => each.service === service);
  if (form === undefined) throw new Error(`there is no form for ${service}`);
  return form;
};

const runners: Readonly<Record<Code["language"], readonly string[]>> = {
  distcli: ["sh"],
  curl: ["sh"],
  Python: [python, "-"],
  JavaScript: ["node", "--input-type=module", "-"],
};

const tools: Readonly<Record<Code["language"], readonly Need[]>> = {
  distcli: [],
  curl: [needs.curl],
  Python: [needs.python],
  JavaScript: [needs.node],
};

/** Runs the request's code in a language. @returns what it prints */
async function run(service: string, request: TryRequest, language: Code["language"]): Promise<string> {
  const code = codeFor(formOf(service), request).find((each) => each.language === language);
  if (code === undefined) throw new Error(`there is no ${language} for this request to ${service}`);
  const child = Bun.spawn([...runners[language]], {
    cwd: root,
    env: { ...process.env, PATH: `${programs}:${process.env.PATH}`, NO_COLOR: "1" },
    stdin: new Blob([code.text]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  if ((await child.exited) !== 0) throw new Error(`${language} failed:\n${code.text}\n${err}`);
  return out;
}

const fill = (service: string, values: Values): TryRequest => ({
  kind: "form",
  values: { ...defaultsOf(formOf(service).fields), ...values },
});

const odd = `it's "5°" $HOME \\n`;
const cases: readonly [service: string, values: Values, expected: string, without?: Code["language"][]][] = [
  ["echo", { message: odd }, odd, ["curl"]],
  ["upcall", { message: odd }, odd, ["curl"]],
  ["udp", { message: odd }, odd, ["curl"]],
  ["time", { request: "TIME and a line end" }, ":", ["curl"]],
  ["rest", { operation: "add", a: "5", b: "-9" }, "-4"],
  ["jsonrpc", { operation: "mul", a: "-7", b: "6" }, "-42"],
  ["soap", { operation: "add", a: "-20", b: "30" }, "10"],
  ["zmq-rep", { message: "halo" }, "halo", ["curl", "Python", "JavaScript"]],
];

for (const language of ["distcli", "curl", "Python", "JavaScript"] as const) {
  describe(`${language} that the Try page gives does what the form does`, () => {
    for (const [service, values, expected, without = []] of cases) {
      if (without.includes(language)) continue;
      testWith(...tools[language])(service, async () => {
        expect(await run(service, fill(service, values), language)).toContain(expected);
      });
    }
  });
}

describe("code for a service that does not answer", () => {
  for (const language of ["distcli", "JavaScript"] as const) {
    testWith(...tools[language])(language, async () => {
      const message = `satu arah ${language}`;
      await run("oneway", fill("oneway", { message }), language);
      await lab.untilLogged("oneway", message);
    });
  }
});

describe("code for MQTT", () => {
  const values = { topic: "kelas/a & b/suhu", message: odd };
  for (const [language, ...more] of [
    ["distcli"],
    ["curl", needs.curlMqtt],
    ["Python", needs.paho],
    ["JavaScript"],
  ] as const) {
    testWith(...tools[language], ...more)(language, async () => {
      const topic = `${values.topic}/${language}`;
      await run("mqtt", fill("mqtt", { ...values, topic }), language);
      const details = `http://127.0.0.1:${lab.adminPort}/api/services/mqtt/views/topic?${new URLSearchParams({ topic })}`;
      // At QoS 0 a client ends before the broker has read what it published.
      let payload: string | undefined;
      await until(async () => {
        const { last } = (await (await fetch(details)).json()) as { last: { payload: string } | null };
        payload = last?.payload;
        return payload !== undefined;
      });
      expect(Buffer.from(payload ?? "", "base64").toString()).toBe(odd);
    });
  }
});

describe("code for a free request", () => {
  const http = presetOf("jsonrpc", { operation: "add", a: "1", b: "2" });
  const request: TryRequest = {
    kind: "http",
    http: { ...http, body: http.body.replace('"id":1', `"id":${JSON.stringify(odd)}`) },
  };
  for (const language of ["curl", "Python", "JavaScript"] as const) {
    testWith(...tools[language])(`HTTP by ${language}`, async () => {
      const printed = await run("jsonrpc", request, language);
      expect(printed).toContain('"result":3');
      expect(printed).toContain(JSON.stringify(odd));
    });
  }

  for (const language of ["Python", "JavaScript"] as const) {
    testWith(...tools[language])(`bytes by ${language}`, async () => {
      const raw: TryRequest = { kind: "raw", format: "hex", content: "68 c2 b0 22 5c", finish: false };
      expect(await run("echo", raw, language)).toContain('h°"\\');
    });
  }
});
