import { afterAll, expect, onTestFinished, setDefaultTimeout } from "bun:test";
import {
  type Browser,
  type BrowserContextOptions,
  type Locator,
  type Page,
  chromium as playwright,
} from "playwright-core";
import type { Lab } from "./lab.ts";
import { chromium, needs, testWith } from "./needs.ts";
import { maxTestTime, maxWait } from "./until.ts";

/** No network services, no GPU, and no sandbox, which would need privileges. */
export const chromiumFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface PageOptions extends BrowserContextOptions {
  /** The hash to open, e.g. `#/wire`. */
  readonly at?: string;
  /** Console errors to ignore, e.g. when the test stops the server. */
  readonly mayComplain?: RegExp;
}

type PageTest = (title: string, options: PageOptions, body: (page: Page) => Promise<void>) => void;

/**
 * `test` with the lab's dashboard open in Chromium. The tests of a file share a browser, and those without options of
 * their own a page, which is emptied between them: a new one takes three times as long to load the dashboard. An error or
 * a warning on the console fails the test.
 */
export function testDashboard(lab: () => Lab): PageTest {
  // Starting a browser and a server takes longer than the default timeout.
  setDefaultTimeout(maxTestTime);
  afterAll(async () => {
    await (await browser)?.close();
    browser = shared = undefined;
  });
  return (title, { at = "", mayComplain, ...options }, body) =>
    testWith(needs.chromium)(title, async () => {
      const isShared = Object.keys(options).length === 0;
      const page = (isShared ? shared : undefined) ?? (await newPage(options));
      // A page of a test that fails is not used again.
      shared = undefined;
      let isClean = false;
      onTestFinished(async () => {
        if (isShared && isClean) shared = page;
        else await page.context().close();
      });
      const complaints = complaintsOf(page);
      // Another query loads the page anew, which another hash would not.
      await page.goto(addressOf(lab(), `?test=${++tests}${at}`));
      await body(page);
      expect(complaints.filter((text) => !mayComplain?.test(text))).toEqual([]);
      for (const event of ["pageerror", "console"]) page.removeAllListeners(event);
      await page.evaluate("localStorage.clear(); sessionStorage.clear()");
      // What it goes on to ask of a server that is gone is no complaint of the next test.
      await page.goto("about:blank");
      isClean = true;
    });
}

/** Shared by all tests of a file. */
let browser: Promise<Browser> | undefined;
let shared: Page | undefined;
let tests = 0;

async function newPage(options: BrowserContextOptions): Promise<Page> {
  browser ??= playwright.launch({ executablePath: chromium ?? "chromium", args: chromiumFlags });
  const context = await (await browser).newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(maxWait);
  return page;
}

export const addressOf = ({ adminPort }: Lab, at = "") => `http://127.0.0.1:${adminPort}/${at}`;

function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`${error.stack ?? error}`));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  return complaints;
}

/** Rows of the wire diagram, by their accessible name. */
export const wireRow = (page: Page, sentence: string | RegExp) =>
  page.getByRole("option", { name: sentence });

/**
 * Pauses the wire diagram while one of these rows is in view. The diagram goes on until it is paused, so that a row that
 * was seen a moment ago may have left it: then it goes on, and another one is waited for.
 */
export async function pauseWith(page: Page, rows: Locator): Promise<void> {
  for (;;) {
    await rows.last().waitFor();
    await page.locator("main").press("Space");
    // Until then rows still move, and one that is clicked may be another when the button is let go.
    await page.locator(".live-paused").first().waitFor();
    if ((await rows.count()) > 0) return;
    await page.locator("main").press("Space");
    await page.locator(".live-paused").first().waitFor({ state: "detached" });
  }
}
