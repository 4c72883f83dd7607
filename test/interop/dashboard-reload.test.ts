import { expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { testDashboard } from "../support/dashboard-browser.ts";
import { startServer } from "../support/lab.ts";
import { scratchFolder } from "../support/scratch.ts";

const file = join(scratchFolder("reload"), "kelas.yaml");
writeFileSync(
  file,
  `admin: { port: 0 }
services:
  mqtt: { port: 0, users: [{ name: ani, password: rahasia-ani }] }
  echo: { port: 0 }
`,
);
const lab = await startServer(["--config", file]);
const testPage = testDashboard(() => lab);

const change = (from: string, to: string) =>
  writeFileSync(file, readFileSync(file, "utf8").replace(from, to));

/** Presses the button, and the one that the question has. @returns the answer's dialog */
async function reload(page: Page) {
  await page.getByRole("button", { name: "Reload", exact: true }).click();
  const question = page.getByRole("dialog", { name: "Reload kelas.yaml?" });
  await question.getByRole("button", { name: "Reload", exact: true }).click();
  return { question, answer: page.getByRole("dialog", { name: "kelas.yaml is read" }) };
}

testPage("the file is read again, and the page says what has become of each service", {}, async (page) => {
  const first = await reload(page);
  await first.answer.getByText("Nothing has changed.").waitFor();
  await first.answer.getByRole("button", { name: "Close" }).last().click();
  await first.answer.waitFor({ state: "detached" });

  change("name: ani", "name: budi");
  change("echo: { port: 0 }", "udp: { port: 0 }");
  const { answer } = await reload(page);
  const list = answer.getByRole("status").getByRole("listitem");
  await list.first().waitFor();
  expect((await list.allTextContents()).toSorted()).toEqual([
    "echo: stopped",
    "mqtt: changed live (users)",
    "udp: started",
  ]);
  await page.keyboard.press("Escape");
  await page.locator(".card", { hasText: "udp" }).first().waitFor();
});

testPage(
  "a file with mistakes changes nothing, and each is shown with its line",
  { mayComplain: /422/ },
  async (page) => {
    const before = readFileSync(file, "utf8");
    change("udp: { port: 0 }", "udp: { prot: 0 }");
    const { question } = await reload(page);
    const report = question.getByRole("alert");
    await report.waitFor();
    expect(await report.textContent()).toMatch(/kelas\.yaml:4:\d+/);
    expect(await report.textContent()).toContain("prot");
    await question.getByRole("button", { name: "Cancel" }).click();
    await page.locator(".card", { hasText: "udp" }).locator(".state-running").first().waitFor();
    writeFileSync(file, before);
  },
);
