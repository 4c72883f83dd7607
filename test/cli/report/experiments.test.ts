import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commands } from "../../../src/cli/commands/index.ts";
import { experiments } from "../../../src/cli/report/experiments/index.ts";
import { asTyped, startExerciseLab } from "../../support/exercise-lab.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { type RunCliOptions, runCli } from "../support/run-cli.ts";
import { checkXml } from "./check-xml.ts";
import { unzip } from "./unzip.ts";

const { services: known } = await startExerciseLab();
const options: RunCliOptions = { readServices: async () => known, invoke: asTyped, env: process.env };

async function write(ending: string, ...args: readonly string[]) {
  const file = join(scratchFolder("experiments"), `report${ending}`);
  const done = await runCli(commands, ["report", ...args, "--config", "lab.yaml", "-o", file], options);
  return { ...done, file };
}

describe("an experiment", () => {
  /** What each has to print: of this run, and nowhere in the texts. */
  const printed: Readonly<Record<string, readonly string[]>> = {
    "tcp-clients": ["CLIENT RECEIVED: Echo: halo dunia", "Received 16 bytes: INI ADALAH DATA"],
    iterative: ["client 1: CLIENT RECEIVED: Echo: hello", "client 2: CLIENT RECEIVED: Echo: hello"],
    upcall: ["Upcall event: Processing event1"],
    "time-threads": ["JAM ", "client 5: JAM "],
    udp: ["You said: halo dunia"],
    "socket-info": ["AF_INET", "answers in"],
    rest: ["add(2,3) = 5", "mul(20,30) = 600"],
    soap: ["Hasil penjumlahan dari server SOAP: 15"],
    "mqtt-topics": ["/temp Suhu: 28", "/humidity Kelembapan: 70"],
    "zmq-reqrep": ["World"],
    "zmq-pushpull": ["Worker 1 received work", "Worker 2 received work"],
    "zmq-pubsub": ["WAKTU"],
  };

  test.each(experiments.map(({ name }) => name))(
    "%s runs to its end, and its section is whole",
    async (name) => {
      const { exit, file, stderr } = await write(".md", "--experiment", name);
      expect(stderr).toBe(`Running ${name}\n`);
      expect(exit).toBe(0);
      const text = readFileSync(file, "utf8");
      const { title, lookFor } = experiments.find((experiment) => experiment.name === name)!.text.en;
      expect(text).toContain(`## ${title} (${name})`);
      expect(text).toContain(lookFor[0]!);
      const transcripts = [...text.matchAll(/```text\n(.*?)\n```/gs)].map(([, content]) => content!);
      for (const content of transcripts) expect(content).toStartWith("$ distcli ");
      for (const line of printed[name]!) expect(transcripts.join("\n")).toContain(line);
      expect(transcripts.join("\n")).not.toMatch(/exit status|stopped|\u001b/);
      expect(text).toContain("### Analysis");
      // Each command has connections of its own, which it does not leave open.
      const hasPackets = !text.includes("No packets were captured");
      if (hasPackets && name === "rest")
        expect(text.match(/is the three-way handshake|are the three-way handshake/g)).toHaveLength(2);
      if (text.includes("No packets were captured")) {
        expect(text).not.toMatch(/### (Sequence diagram|Explanation)/);
      } else {
        expect(text).toMatch(/[1-9]\d* packets of the services' ports were captured/);
        for (const part of ["Sequence diagram", "Packets", "Sums", "Explanation"])
          expect(text).toContain(`### ${part}\n`);
      }
    },
  );

  test("becomes HTML and DOCX that are well-formed, with the colours of a terminal", async () => {
    const page = await write(".html", "--experiment", "rest,udp", "--lang", "id");
    const html = readFileSync(page.file, "utf8");
    checkXml(
      html
        .replace("<!doctype html>", "")
        .replace(/<meta ([^>]*)>/g, "<meta $1/>")
        .replaceAll("&nbsp;", " "),
    );
    expect(html).toContain('<pre><span class="bold">$ distcli rest 127.0.0.1');
    expect(html).toContain("Pemanggilan melalui REST");
    const { file } = await write(".docx", "--experiment", "mqtt-topics");
    const files = unzip(readFileSync(file));
    for (const [name, content] of files) if (/\.(xml|rels)$/.test(name)) checkXml(content.toString());
    expect(files.get("word/document.xml")!.toString()).toContain("Kelembapan: 70");
  });

  test("of a service that is not there keeps the error and the exit status, and claims nothing", async () => {
    const nowhere = known.map((service) => ({
      ...service,
      port: service.service === "time" ? 1 : service.port,
    }));
    const file = join(scratchFolder("experiments"), "report.md");
    const args = ["report", "--experiment", "time-threads", "--config", "x", "-o", file];
    const { exit, stderr } = await runCli(commands, args, { ...options, readServices: async () => nowhere });
    expect([exit, stderr]).toEqual([
      1,
      "Running time-threads\ndistcli: Commands of time-threads failed; the report has what they said\n",
    ]);
    const text = readFileSync(file, "utf8");
    expect(text).toContain("exit status 1");
    expect(text).toContain("connection refused");
    expect(text).not.toMatch(/three-way handshake, which|The server sent|FIN/);
  });
});

describe("the services of a configuration", () => {
  const lacking = known.filter(({ service }) => service !== "soap");
  const file = join(scratchFolder("experiments"), "report.md");
  const args = (name: string) => ["report", "--experiment", name, "--config", "lab.yaml", "-o", file];

  test("are asked, and not those that may be on the lab's own ports", async () => {
    const { exit, stderr } = await runCli(commands, args("soap"), { readServices: async () => lacking });
    expect([exit, stderr]).toEqual([
      2,
      "distcli: lab.yaml has no service soap, which the experiment soap needs\n",
    ]);
  });

  test("may have names of their own, where their role is the only one", async () => {
    const renamed = known.map((one) => (one.service === "udp" ? { ...one, service: "datagram" } : one));
    const { exit } = await runCli(commands, args("udp"), { ...options, readServices: async () => renamed });
    expect(exit).toBe(0);
    expect(readFileSync(file, "utf8")).toContain("You said: halo dunia");
    const several = [...renamed, { service: "others", role: "udp", host: "127.0.0.1", port: 9 }];
    const unclear = await runCli(commands, args("udp"), { readServices: async () => several });
    expect([unclear.exit, unclear.stderr]).toEqual([
      2,
      "distcli: lab.yaml has no service udp, which the experiment udp needs\n",
    ]);
  });
});

describe("the list", () => {
  test("says of each experiment what it shows and what to look for, in both languages", async () => {
    for (const language of ["en", "id"] as const) {
      const { stdout, exit } = await runCli(commands, ["report", "--list", "--lang", language]);
      expect(exit).toBe(0);
      for (const { name, text } of experiments) {
        expect(stdout).toContain(`${name}: ${text[language].title}`);
        expect(stdout).toContain(text[language].shows);
        for (const question of text[language].lookFor) expect(stdout).toContain(question);
      }
    }
  });

  test("is data for programs", async () => {
    const { stdout } = await runCli(commands, ["report", "--list", "--json"]);
    const lines = stdout.trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { name: string }).name)).toEqual(
      experiments.map(({ name }) => name),
    );
  });

  test.each(experiments)("$name asks as many questions in Indonesian as in English", ({ text }) => {
    expect(text.id.lookFor).toHaveLength(text.en.lookFor.length);
    for (const question of [...text.en.lookFor, ...text.id.lookFor]) expect(question).toEndWith("?");
  });
});

describe("wrong use", () => {
  test.each([
    [
      ["--experiment", "mqtt-topic", "-o", "a.md"],
      "There is no experiment mqtt-topic: did you mean mqtt-topics?",
    ],
    [["--experiment", "rest"], "-o report.html"],
    [["--experiment", "udp", "-o", "/nowhere/at/all.md"], "there is no folder /nowhere/at"],
    [["a/b", "--experiment", "udp", "-o", "a.md"], "A host is a name or an address, such as 172.16.16.101."],
    [["10.0.0.1:80", "--experiment", "udp", "-o", "a.md"], "The port has its own place: 10.0.0.1 --port 80"],
    [[import.meta.path, "--experiment", "udp", "-o", "a.md"], "is a file: leave --experiment away"],
    [["10.0.0.1", "10.0.0.2", "-o", "a.md", "--experiment", "rest"], "against one host, and these are 2"],
  ])("%j is an error that says what is wrong", async (args, message) => {
    const { exit, stderr } = await runCli(commands, ["report", ...args]);
    expect(exit).toBe(2);
    expect(stderr).toContain(message);
  });
});
