import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { violationsOn } from "../support/axe.ts";
import { startBusyLab } from "../support/busy-lab.ts";
import { pauseWith, testDashboard } from "../support/dashboard-browser.ts";

const lab = await startBusyLab();
const testPage = testDashboard(() => lab);

const click = (page: Page, selector: string) => page.locator(selector).first().click();
const appears = (page: Page, selector: string) => page.locator(selector).first().waitFor();

const asFile = (name: string, buffer: Buffer) => ({ name, mimeType: "application/octet-stream", buffer });
const noCapture = asFile("catatan.txt", Buffer.from("halo"));
const wholeCapture = readFileSync(join(import.meta.dir, "../captures/lab.pcap"));
const damagedCapture = asFile("lab.pcap", wholeCapture.subarray(0, wholeCapture.length - 5));

/** Something to be opened on a page, by what neither language has a word for. */
type Step = readonly [name: string, open: (page: Page) => Promise<unknown>];

const onTab = (tab: number, sign: string): Step => [
  `tab ${tab}`,
  async (page) => {
    await page.locator("[role=tab]").nth(tab).click();
    await appears(page, sign);
  },
];

const pages: Readonly<Record<string, readonly Step[]>> = {
  "#/wire": [
    ["messages", (page) => appears(page, ".row-event")],
    [
      "details, filters, what is followed",
      async (page) => {
        const events = page.locator(".row-event rect[role=option]");
        await pauseWith(page, events);
        await click(page, ".toolbar button[aria-controls]");
        // Without the pointer, for which the row would be scrolled to another place.
        await events.last().dispatchEvent("click");
        await click(page, ".follow-buttons button");
        await appears(page, ".wire-chip");
        await click(page, ".details summary");
      },
    ],
    [
      "a recording",
      async (page) => {
        await page.locator("main").press("r");
        await appears(page, ".recording .live-recording");
        // Without its beginning there would be nothing to save.
        await page.locator(".recording p", { hasText: / · [1-9][\d.,]* [kM]?B/ }).waitFor();
      },
    ],
    [
      "what to do with it",
      async (page) => {
        await page.locator("main").press("r");
        await appears(page, ".recording-next code");
      },
    ],
    [
      "export",
      async (page) => {
        await page.locator("main").press("e");
        await appears(page, "dialog.export img");
      },
    ],
  ],
  "#/wire?tcp=shown": [
    [
      "a file that is no capture",
      async (page) => {
        await page.locator("input[type=file]").setInputFiles(noCapture);
        await appears(page, ".capture-state[role=alert]");
      },
    ],
    [
      "a damaged capture",
      async (page) => {
        await page.locator("input[type=file]").setInputFiles(damagedCapture);
        await appears(page, ".capture-damage");
        await appears(page, ".row-event");
        // On a phone the lists are folded.
        await page.locator(".capture-side details").evaluateAll((all) => {
          for (const each of all) each.setAttribute("open", "");
        });
      },
    ],
    [
      "a segment of TCP",
      async (page) => {
        await page.locator(".row-event rect[role=option]").nth(1).dispatchEvent("click");
        await appears(page, ".details");
      },
    ],
    [
      "its report",
      async (page) => {
        await page.keyboard.press("Escape");
        await page.locator(".toolbar-buttons > button").nth(1).click();
        await appears(page, "dialog[open] form");
      },
    ],
  ],
  "#/mqtt/rumah%2Fdapur%2Fiklim": [
    ["a topic", (page) => appears(page, ".topic-panel .topic-values li")],
    [
      "a question",
      async (page) => {
        await click(page, ".topic-panel .now .quiet");
        await appears(page, "dialog[open]");
      },
    ],
    [
      "what is heard",
      async (page) => {
        await page.keyboard.press("Escape");
        await page.locator(".heard-form input").fill("rumah/#");
        await click(page, ".heard-form button");
        await page.locator(".heard li").nth(5).waitFor();
      },
    ],
    [
      "a list",
      async (page) => {
        await page.locator(".list-tools .segments button").nth(1).click();
        await appears(page, "section.table td");
      },
    ],
    onTab(1, ".bars li"),
    onTab(2, "section.table td"),
    [
      "a question about an address",
      async (page) => {
        await page.locator("section.table .controls button").last().click();
        await appears(page, "dialog[open] .actions");
      },
    ],
    [
      "who one is",
      async (page) => {
        await page.keyboard.press("Escape");
        await click(page, ".me");
        await appears(page, "dialog[open] .actions");
        await page.keyboard.press("Escape");
      },
    ],
    onTab(3, "section.table td"),
  ],
  "#/try/rest": [
    [
      "an answer",
      async (page) => {
        await click(page, "form button[type=submit]");
        await appears(page, ".attempt .verdict");
        await click(page, ".code-panel summary");
      },
    ],
    [
      "HTTP",
      async (page) => {
        await page.locator(".composer-head .segments button").nth(1).click();
        await page.locator(".expected select").selectOption("contains");
      },
    ],
    [
      "bytes that are no bytes",
      async (page) => {
        await page.locator(".composer-head .segments button").nth(2).click();
        await page.locator("form .segments button", { hasText: "Hex" }).click();
        await page.locator("form textarea").fill("6");
        await click(page, "form button[type=submit]");
        await appears(page, "form .error");
      },
    ],
  ],
  "#/learn": [["patterns", (page) => appears(page, ".pattern .sketch")]],
  // Last, because the broker takes a while to call a subscription one that nothing reaches.
  "#/overview": [
    ["problems", (page) => appears(page, ".problems")],
    [
      "a question",
      async (page) => {
        await click(page, ".card .controls button.icon");
        await appears(page, "dialog[open]");
      },
    ],
    [
      "help",
      async (page) => {
        await page.keyboard.press("Escape");
        await page.keyboard.press("?");
        await appears(page, "dialog .keys");
      },
    ],
  ],
};

/** What `look` finds at each step. */
async function lookAround(page: Page, steps: readonly Step[], look: () => Promise<string[]>) {
  const found: string[] = [];
  for (const [name, open] of steps) {
    await open(page);
    for (const finding of await look()) found.push(`${name}: ${finding}`);
  }
  return found;
}

/**
 * Controls that a finger can miss. A link in a sentence may be as high as its line, and a check box is as large as its
 * label.
 */
const tooSmall = `[...document.querySelectorAll("a, button, input, select, textarea, summary, [role=tab]")]
  .filter((control) => control.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((control) => document.querySelector("dialog[open]")?.contains(control) ?? true)
  .filter((control) => !control.matches(".skip, p a:not(.pattern p a)"))
  .map((control) => (control.type === "checkbox" ? control.closest("label") : control))
  .map((control) => ({ control, box: control.getBoundingClientRect() }))
  .filter(({ box }) => box.width > 0 && (box.width < 43.5 || box.height < 43.5))
  .map(({ control, box }) =>
    [Math.round(box.width), "by", Math.round(box.height), control.outerHTML.slice(0, 140)].join(" "))`;

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** A page that is wider than its window scrolls sideways. */
async function misfits(page: Page): Promise<string[]> {
  const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
  const small = await page.evaluate<string[]>(tooSmall);
  return wide > phone.viewport.width ? [`${wide} pixels wide`, ...small] : small;
}

/** Each language and each scheme once: no rule is about both. The longer words are on the narrower screen. */
for (const [at, steps] of Object.entries(pages)) {
  testPage(
    `nothing on ${at} breaks a rule of WCAG 2.1 AA: English, light`,
    { at, locale: "en-GB", colorScheme: "light" },
    async (page) => expect(await lookAround(page, steps, () => violationsOn(page))).toEqual([]),
  );
  testPage(
    `nor does ${at} on a phone, and a finger hits each control: Indonesian, dark`,
    { ...phone, at, locale: "id-ID", colorScheme: "dark" },
    async (page) => {
      const look = async () => [...(await violationsOn(page)), ...(await misfits(page))];
      expect(await lookAround(page, steps, look)).toEqual([]);
    },
  );
}
