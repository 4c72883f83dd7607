import { expect } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { startBusyLab } from "../support/busy-lab.ts";
import { addressOf, pauseWith, testDashboard } from "../support/dashboard-browser.ts";
import { paletted } from "../support/palette-png.ts";
import { until } from "../support/until.ts";

/*
 * Every page with ten services and forty clients at the width of a phone, a laptop and a desktop. `bun run pictures`
 * saves them for the documentation.
 * With DISTSRV_PICTURES_LOCALE=id-ID they are in Indonesian.
 */
const { DISTSRV_PICTURES: folder, DISTSRV_PICTURES_LOCALE: locale = "en-GB" } = process.env;

const lab = await startBusyLab();
const testPage = testDashboard(() => lab);
if (folder !== undefined) {
  mkdirSync(folder, { recursive: true });
  await recorded(14);
}

/** Waits for so many points of the charts, one every ten seconds. */
async function recorded(points: number): Promise<void> {
  for (let count = 0; count < points; ) {
    const before = count;
    await until(async () => {
      const { times } = (await (await fetch(addressOf(lab, "api/rates"))).json()) as { times: unknown[] };
      count = times.length;
      return count > before;
    });
  }
}

const sizes = [
  { width: 390, height: 844 },
  { width: 1366, height: 768 },
  { width: 1920, height: 1080 },
] as const;

const appears = (page: Page, selector: string) => page.locator(selector).first().waitFor();

const pages: Readonly<Record<string, readonly [hash: string, ready: (page: Page) => Promise<unknown>]>> = {
  overview: ["#/overview", showRates],
  wire: ["#/wire", showWire],
  mqtt: ["#/mqtt/rumah%2Fdapur%2Fiklim", showTopic],
  try: ["#/try/rest", showAnswer],
  learn: ["#/learn", (page) => appears(page, ".sketch")],
};

async function showRates(page: Page): Promise<void> {
  await appears(page, ".card .plot canvas");
  // The first rate is known with the second answer of the server.
  await page.locator(".card .figures dd", { hasText: "/s" }).first().waitFor();
}

async function showWire(page: Page): Promise<void> {
  const published = page.getByRole("option", { name: /^sensor-\S+ (to|ke) mqtt: PUBLISH \S+iklim qos 1/ });
  await page.locator(".row-message, .row-event").nth(12).waitFor();
  await pauseWith(page, published);
  if ((page.viewportSize()?.width ?? 0) < 1000) return;
  // Without the pointer, which would scroll to the row's middle.
  await published.last().dispatchEvent("click");
  await appears(page, ".details .hex");
}

async function showTopic(page: Page): Promise<void> {
  await page.locator(".topic-values li").nth(3).waitFor();
  await appears(page, ".topic-chart canvas");
}

async function showAnswer(page: Page): Promise<void> {
  await page.locator("form button[type=submit]").first().click();
  await appears(page, ".attempt .json");
  await page.locator(".code-panel summary").click();
}

// A scheme changes no width.
const schemes = folder === undefined ? (["light"] as const) : (["light", "dark"] as const);

for (const viewport of sizes) {
  for (const colorScheme of schemes) {
    const isPhone = viewport.width < 1000;
    const options = { viewport, colorScheme, locale, ...(isPhone ? { hasTouch: true, isMobile: true } : {}) };
    testPage(`every page fits ${viewport.width} pixels, ${colorScheme}`, options, async (page) => {
      for (const [name, [hash, ready]] of Object.entries(pages)) {
        await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
        await ready(page);
        const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
        expect([name, wide]).toEqual([name, viewport.width]);
        if (folder === undefined) continue;
        await page.evaluate("document.activeElement?.blur(); scrollTo(0, 0)");
        const png = paletted(await page.screenshot({ animations: "disabled" }));
        writeFileSync(join(folder, `${name}-${viewport.width}-${colorScheme}.png`), png);
      }
    });
  }
}
