import mqtt from "mqtt";
import { type Browser, type Page, chromium as playwright } from "playwright-core";
import { chromiumFlags } from "../support/dashboard-browser.ts";
import { freePort } from "../support/free-port.ts";
import { chromium, needs as programs } from "../support/needs.ts";
import type { Spread } from "./case.ts";
import { launchDistsrv } from "./distsrv.ts";
import type { Footprint } from "./footprint.ts";
import type { Need } from "./machine.ts";
import { spread } from "./statistics.ts";

const browser: Need = programs.chromium;
const group = "dashboard";
const needs = [browser];

/** What a user of the dashboard waits for. */
export const dashboardFootprints: readonly Footprint[] = [
  {
    group,
    title: "first paint",
    unit: "ms",
    below: 500,
    needs,
    measure: ({ rounds }) => withDashboard((page, { address }) => firstPaints(page, address, rounds)),
  },
  {
    group,
    title: "a click on the wire page beside 2,000 messages a second",
    unit: "ms",
    below: 500,
    needs,
    measure: () => withDashboard(async (page, lab) => spread((await besideTraffic(page, lab)).clicks)),
  },
  {
    group,
    title: "the longest frame of the wire page beside 2,000 messages a second",
    unit: "ms",
    below: 250,
    needs,
    measure: () => withDashboard(async (page, lab) => spread([(await besideTraffic(page, lab)).frame])),
  },
];

interface Lab {
  readonly address: string;
  readonly broker: string;
}

async function withDashboard(use: (page: Page, lab: Lab) => Promise<Spread>): Promise<Spread> {
  const port = freePort();
  const services = ["--set", "services.mqtt.port=0", "--set", "services.echo.port=0"];
  const lab = await launchDistsrv(["--set", `admin.port=${port}`, "--set", "log.messages=0", ...services]);
  let started: Browser | undefined;
  try {
    started = await playwright.launch({ executablePath: chromium ?? "chromium", args: chromiumFlags });
    const page = await started.newPage({ viewport: { width: 1280, height: 800 } });
    return await use(page, {
      address: `http://127.0.0.1:${port}/`,
      broker: `mqtt://127.0.0.1:${lab.value.get("mqtt")}`,
    });
  } finally {
    await started?.close();
    await lab.stop();
  }
}

/** Of page loads after the first one, from navigation to the first text or picture. */
async function firstPaints(page: Page, address: string, rounds: number): Promise<Spread> {
  const entries = `performance.getEntriesByName("first-contentful-paint")`;
  const paints: number[] = [];
  for (let round = 0; round <= Math.max(rounds, 3); round++) {
    await page.goto(`${address}?round=${round}`);
    await page.waitForFunction(`${entries}.length > 0`);
    if (round > 0) paints.push(await page.evaluate<number>(`${entries}[0].startTime`));
  }
  return spread(paints);
}

/** The page's buttons are used while 2,000 messages a second come for three seconds. */
async function besideTraffic(
  page: Page,
  { address, broker }: Lab,
): Promise<{ frame: number; clicks: number[] }> {
  await page.goto(`${address}#/wire`);
  await page.getByText("live", { exact: true }).waitFor();
  const publisher = await mqtt.connectAsync(broker);
  const [rate, total] = [2000, 6000];
  const start = performance.now();
  let sent = 0;
  const flood = setInterval(() => {
    for (const due = Math.min(total, ((performance.now() - start) / 1000) * rate); sent < due; sent++) {
      publisher.publish("flood", `number ${sent}`);
    }
  }, 10);
  // A string, because the bench is compiled without the DOM's types.
  await page.evaluate(`
    let before = performance.now();
    globalThis.longestFrame = 0;
    requestAnimationFrame(function look(now) {
      longestFrame = Math.max(longestFrame, now - before);
      before = now;
      requestAnimationFrame(look);
    });
  `);
  const clicks: number[] = [];
  const button = page.getByRole("button", { name: /Pause|Go on/ });
  while (sent < total) {
    const before = performance.now();
    await button.click();
    await page.getByText(clicks.length % 2 === 0 ? "paused" : "live", { exact: true }).waitFor();
    clicks.push(performance.now() - before);
  }
  clearInterval(flood);
  await publisher.endAsync();
  return { frame: await page.evaluate<number>("longestFrame"), clicks };
}
