import { expect, setDefaultTimeout } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { commands } from "../../src/cli/commands/index.ts";
import { experiments } from "../../src/cli/report/experiments/index.ts";
import { runCli } from "../cli/support/run-cli.ts";
import { asTyped, startExerciseLab } from "../support/exercise-lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { output } from "../support/program.ts";
import { scratchFolder } from "../support/scratch.ts";
import { maxTestTime, maxWait } from "../support/until.ts";

/*
 * The reports of all experiments, with the packets of a real run. `bun run reports` saves them for the documentation.
 */
const folder = process.env.DISTSRV_REPORTS ?? scratchFolder("reports");
mkdirSync(folder, { recursive: true });
const { services } = await startExerciseLab();
// Each test starts twenty programs, nearly all of them one after another.
setDefaultTimeout(2 * maxTestTime);

async function write(name: string, ...args: readonly string[]): Promise<string> {
  const file = join(folder, name);
  const all = ["report", "--experiment", "all", "--config", "lab.yaml", "-o", file, ...args];
  const { exit, stderr } = await runCli(commands, all, {
    readServices: async () => services,
    invoke: asTyped,
    env: process.env,
  });
  expect(stderr.trim().split("\n")).toHaveLength(experiments.length);
  expect(exit).toBe(0);
  return file;
}

const withPackets = testWith(needs.packetSocket);
const withPages = testWith(needs.packetSocket, needs.libreOffice);

withPackets("all experiments make one page, each with its diagram and its packets", async () => {
  const file = await write(
    "experiments.html",
    "--title",
    "Twelve experiments",
    "--course",
    "Distributed Systems",
  );
  const html = readFileSync(file, "utf8");
  const sections = html.split("<h2>").slice(1);
  expect(sections).toHaveLength(experiments.length);
  for (const [index, { name }] of experiments.entries()) {
    const section = sections[index]!;
    expect(section).toContain(`(${name})</h2>`);
    expect(section).toContain("<svg ");
    expect(section).toMatch(
      /Packets \d+ \(SYN\), \d+ \(SYN, ACK\)|The client sent 3 datagrams and the server 3/,
    );
    expect(section).not.toMatch(/exit status|stopped, as by/);
  }
});

withPages("LibreOffice makes pages of the document, and nothing is lost on the way", async () => {
  const file = await write(
    "percobaan.docx",
    "--lang",
    "id",
    "--name",
    "Ani",
    "--course",
    "Sistem Terdistribusi",
  );
  const pages = scratchFolder("pages");
  const profile = pathToFileURL(join(pages, "profile")).href;
  const convert = ["soffice", `-env:UserInstallation=${profile}`, "--headless", "--convert-to", "pdf"];
  // It makes the profile first, which takes long on a busy machine.
  await output([...convert, "--outdir", pages, file], {}, 2 * maxWait);
  const text = await output(["pdftotext", "-layout", join(pages, "percobaan.pdf"), "-"]);
  for (const { text: texts } of experiments) expect(text).toContain(texts.id.title.slice(0, 30));
  for (const words of [
    "Ani",
    "Sistem Terdistribusi",
    "$ distcli mqtt sub",
    "PUBLISH",
    "three-way handshake",
    "Analisis",
  ])
    expect(text).toContain(words);
  expect(text.split("\f").length).toBeGreaterThan(12);
});
