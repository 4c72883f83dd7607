import { afterAll, expect, onTestFinished, setDefaultTimeout } from "bun:test";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { Lab } from "./lab.ts";
import { needs, testWith } from "./needs.ts";

/** Nothing that asks the internet, a graphics card or a sandbox's rights. */
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface PageOptions extends BrowserContextOptions {
  /** Where it opens, `#/wire`. */
  readonly at?: string;
  /** What the console may complain about, e.g. when the server is gone. */
  readonly mayComplain?: RegExp;
}

type PageTest = (title: string, options: PageOptions, body: (page: Page) => Promise<void>) => void;

/**
 * `test` with the lab's dashboard open in Chromium, one browser for a whole file and a fresh profile for each test.
 * Whatever the page's console complains about fails the test.
 */
export function testDashboard(lab: () => Lab): PageTest {
  // A browser, a server and their processes take longer than a function does.
  setDefaultTimeout(20_000);
  afterAll(async () => {
    await (await browser)?.close();
    browser = undefined;
  });
  return (title, { at = "", mayComplain, ...options }, body) =>
    testWith(needs.chromium)(title, async () => {
      browser ??= chromium.launch({ executablePath: chromiumPath, args: flags });
      const context = await (await browser).newContext({
        viewport: { width: 1280, height: 800 },
        reducedMotion: "reduce",
        ...options,
      });
      onTestFinished(() => context.close());
      const page = await context.newPage();
      page.setDefaultTimeout(8000);
      const complaints = complaintsOf(page);
      await page.goto(addressOf(lab(), at));
      await body(page);
      expect(complaints.filter((text) => !mayComplain?.test(text))).toEqual([]);
    });
}

/** All labs of a file are looked at with the same one. */
let browser: Promise<Browser> | undefined;

const chromiumPath = Bun.which("chromium") ?? "chromium";

export const addressOf = ({ adminPort }: Lab, at = "") => `http://127.0.0.1:${adminPort}/${at}`;

function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`${error.stack ?? error}`));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  return complaints;
}

/** The rows of the wire diagram as a screen reader tells them. */
export const wireRow = (page: Page, sentence: string | RegExp) =>
  page.getByRole("option", { name: sentence });

/** The longest time between two frames, from now until it is asked for, in milliseconds. */
export async function watchFrames(page: Page): Promise<() => Promise<number>> {
  // As text: tests are not compiled with a browser's names.
  await page.evaluate(`
    let before = performance.now();
    globalThis.longestFrame = 0;
    requestAnimationFrame(function look(now) {
      longestFrame = Math.max(longestFrame, now - before);
      before = now;
      requestAnimationFrame(look);
    });
  `);
  return () => page.evaluate<number>("longestFrame");
}
