import { expect, onTestFinished } from "bun:test";
import { readFileSync } from "node:fs";
import mqtt from "mqtt";
import type { Page } from "playwright-core";
import sax from "sax";
import { testDashboard, wireRow } from "../support/dashboard-browser.ts";
import { startLab } from "../support/lab.ts";
import { RawClient } from "../support/raw-client.ts";
import { until } from "../support/until.ts";

const lab = await startLab(`
admin: { port: 0 }
log: { messages: 0 }
services:
  mqtt: { port: 0 }
  echo: { port: 0 }
`);
const testWire = testDashboard(() => lab);
const at = "#/wire";

async function client(clientId: string) {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${lab.port("mqtt")}`, { clientId });
  onTestFinished(() => client.endAsync(true));
  return client;
}

/** A conversation with the echo, over before this resolves. */
async function sayToEcho(text: string): Promise<void> {
  const echo = await RawClient.connect(lab.port("echo"));
  echo.write(text);
  await echo.text(`Echo: ${text}`.length);
  echo.end();
  await echo.closed;
}

const isCached = (page: Page) => page.getByText("live", { exact: true }).waitFor();

testWire("real clients' messages are arrows, with the client's id and the payload", { at }, async (page) => {
  await isCached(page);
  const subscriber = await client("kelas-b");
  await subscriber.subscribeAsync("kelas/#", { qos: 1 });
  const sensor = await client("sensor-7");
  await sensor.publishAsync("kelas/temp", "Suhu: 28°C", { qos: 1 });
  await sayToEcho("halo dari klien");
  await wireRow(page, 'sensor-7 to mqtt: PUBLISH kelas/temp qos 1 "Suhu: 28°C" ').waitFor();
  await wireRow(page, 'mqtt to kelas-b: PUBLISH kelas/temp qos 1 "Suhu: 28°C"').waitFor();
  await wireRow(page, /^127\.0\.0\.1:\d+ to echo: halo dari klien$/).waitFor();
  await wireRow(page, /^echo to 127\.0\.0\.1:\d+: Echo: halo dari klien$/).waitFor();
  const [services, clients] = [".service-name", ".client-name"].map((name) =>
    page.locator(`.wire-head ${name}`),
  );
  await until(async () => (await services!.allTextContents()).join() === "mqtt,echo");
  await until(async () => (await clients!.allTextContents()).includes("sensor-7"));
});

testWire("a click, or Enter, shows all fields and the bytes", { at }, async (page) => {
  await isCached(page);
  await (await client("pengirim")).publishAsync("kelas/kelembapan", "71 %", { retain: true });
  await wireRow(page, /pengirim to mqtt: PUBLISH kelas\/kelembapan/).click();
  const details = page.getByRole("complementary", { name: "The chosen message" });
  await details.locator(".byte-field", { hasText: "payload71 %" }).waitFor();
  const facts = await details.locator(".byte-field").allTextContents();
  expect(facts).toEqual(
    expect.arrayContaining(["topickelas/kelembapan", "qos0", "retaintrue", "payload71 %"]),
  );
  expect((await details.locator(".ascii").allTextContents()).join("")).toContain("kelas/kelembapan71 %");
  const marked = async (part: string) =>
    (await details.locator(`.${part} .marked`).allTextContents()).join("");
  await details.getByRole("button", { name: "topic kelas/kelembapan" }).hover();
  await until(async () => (await marked("ascii")) === "kelas/kelembapan");
  await details.locator(".ascii span", { hasText: "%" }).hover();
  await details.locator(".byte-field.marked", { hasText: "payload71 %" }).waitFor();
  expect(await marked("pairs")).toBe("37 31 20 25 ");
  await page.keyboard.press("Escape");
  await details.waitFor({ state: "detached" });
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await details.waitFor();
});

testWire("the filter selects messages by service, client, topic and text", { at }, async (page) => {
  await isCached(page);
  await sayToEcho("gema satu");
  const sensor = await client("sensor-9");
  await sensor.publishAsync("lab/a/temp", "11");
  await sensor.publishAsync("lab/b/humidity", "22");
  const [echo, temp, humidity] = [
    /to echo: gema satu/,
    /sensor-9 to mqtt: PUBLISH lab\/a\/temp/,
    /lab\/b\/humidity/,
  ];
  const shows = async (rows: readonly [RegExp, boolean][]) => {
    for (const [row, isThere] of rows) {
      await wireRow(page, row)
        .first()
        .waitFor({ state: isThere ? "attached" : "detached" });
    }
  };
  const all: [RegExp, boolean][] = [
    [echo, true],
    [temp, true],
    [humidity, true],
  ];
  await shows(all);
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByRole("group", { name: "Services" }).getByRole("button", { name: "mqtt" }).click();
  await shows([
    [echo, false],
    [temp, true],
    [humidity, true],
  ]);
  await page.getByRole("textbox", { name: "Topic" }).fill("lab/+/temp");
  await shows([
    [echo, false],
    [temp, true],
    [humidity, false],
  ]);
  await page.getByRole("textbox", { name: "Topic" }).fill("lab/#/x");
  await page.getByText("The filter has “#” before its last level.").waitFor();
  await page.getByRole("button", { name: "Show everything" }).click();
  await shows(all);
  await page.getByLabel("Client").fill("sensor-9");
  await shows([
    [echo, false],
    [temp, true],
    [humidity, true],
  ]);
  await page.getByRole("button", { name: "Show everything" }).click();
  await page.getByLabel("Search in messages").fill("GEMA");
  await shows([
    [echo, true],
    [temp, false],
    [humidity, false],
  ]);
});

testWire(
  "a pause freezes the diagram and loses nothing; following shows the newest message",
  { at },
  async (page) => {
    await isCached(page);
    await sayToEcho("sebelum");
    // Events come in order: what the conversation's end leads to is there before this.
    const last = await client("penanda");
    await last.publishAsync("penanda", "1");
    await wireRow(page, /penanda to mqtt: PUBLISH/).waitFor();
    await page.keyboard.press("Space");
    await page.getByText("paused").waitFor();
    const before = await page.getByRole("option").count();
    for (let i = 0; i < 12; i++) await sayToEcho(`jeda ${i}`);
    await page.getByText("48 came since").waitFor();
    expect(await page.getByRole("option").count()).toBe(before);
    await page.keyboard.press("Space");
    const newest = wireRow(page, /to echo: jeda 11/);
    await newest.waitFor();
    expect(await newest.isVisible()).toBe(true);
    await page.locator(".wire-scroll").hover();
    await page.mouse.wheel(0, -600);
    const follow = page.getByRole("button", { name: "Follow" });
    await until(async () => (await follow.getAttribute("aria-pressed")) === "false");
    await newest.waitFor({ state: "detached" });
    await page.keyboard.press("f");
    await newest.waitFor();
  },
);

testWire(
  "a click on a lane follows it; the address says so, and Back and Esc lead out",
  { at },
  async (page) => {
    await isCached(page);
    const sensor = await client("sensor-ikut");
    await sensor.publishAsync("ikut/a", "1", { qos: 1 });
    await sayToEcho("gema ikut");
    const [followed, other] = [
      wireRow(page, /sensor-ikut to mqtt: PUBLISH/),
      wireRow(page, /to echo: gema ikut/),
    ];
    await other.waitFor();
    await page.getByRole("button", { name: "Only lane sensor-ikut" }).click();
    await other.waitFor({ state: "detached" });
    await followed.waitFor();
    const chip = page.getByRole("button", { name: /^Only lane sensor-ikut · mqtt/ });
    await chip.waitFor();
    await page.waitForURL(/#\/wire\?of=mqtt&peer=sensor-ikut$/);
    await page.reload();
    await chip.waitFor();
    await followed.click();
    expect(await other.count()).toBe(0);
    const details = page.getByRole("complementary", { name: "The chosen message" });
    await page.getByRole("button", { name: "Only this connection" }).click();
    await page.getByRole("button", { name: /^Only connection mqtt#/ }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /^Only connection/ }).waitFor({ state: "detached" });
    await details.waitFor();
    await page.keyboard.press("Escape");
    await details.waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    await chip.waitFor({ state: "detached" });
    await other.waitFor();
    await page.waitForURL(/#\/wire$/);
    await page.goBack();
    await chip.waitFor();
  },
);

testWire("time is shown and chosen as one wants it", { at }, async (page) => {
  await isCached(page);
  for (const text of ["satu", "dua", "tiga", "empat"]) {
    await sayToEcho(`waktu ${text}`);
    // A range of time has whole milliseconds, and each of these its own.
    const said = Date.now();
    await until(() => Date.now() > said + 1);
  }
  await wireRow(page, /Echo: waktu empat/).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText("paused", { exact: true }).waitFor();
  const place = async (words: RegExp) => {
    const row = wireRow(page, words);
    // Only a row that has come to rest can be clicked; this one is not.
    await row.click({ trial: true });
    const box = await row.boundingBox();
    return { x: 40, y: (box?.y ?? 0) + (box?.height ?? 0) / 2 };
  };
  const [from, to] = [await place(/to echo: waktu dua/), await place(/Echo: waktu tiga/)];
  expect(await place(/to echo: waktu dua/)).toEqual(from);
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x, (from.y + to.y) / 2);
  await page.mouse.move(to.x, to.y);
  await page.mouse.up();
  const chip = page.getByRole("button", { name: /Forget the time range/ });
  await chip.waitFor();
  await page.getByLabel("Times in the margin").selectOption("start");
  await until(async () => /^\+\d/.test((await page.locator(".wire-rows .time").allTextContents())[0] ?? ""));
  await page.keyboard.press("e");
  const chosen = page.getByRole("combobox", { name: "Rows" }).locator("option").first();
  expect(await chosen.textContent()).toMatch(/^The chosen time \(\d+\)$/);
  const text = await savedBy(page, "Text");
  expect(text.bytes.toString()).toMatch(/\n\+0\.000 s +echo +127\.0\.0\.1:\d+ -> echo +waktu dua\n/);
  expect(text.bytes.toString()).not.toMatch(/waktu (satu|empat)/);
  await page.keyboard.press("Escape");
  await chip.click();
  await chip.waitFor({ state: "detached" });
  const heightOf = async () => (await page.locator(".row-back").first().boundingBox())?.height ?? 0;
  const before = await heightOf();
  await page.getByRole("button", { name: "Farther apart" }).click();
  await until(async () => (await heightOf()) > before);
  await page.getByRole("button", { name: "Fit the screen" }).click();
  await until(async () => (await heightOf()) <= before);
});

testWire("notes and highlights stay with their messages, and stand in the picture", { at }, async (page) => {
  await isCached(page);
  await sayToEcho("catatan");
  await wireRow(page, /to echo: catatan/).click();
  await page.getByRole("textbox", { name: "Note" }).fill("Pertanyaan & jawaban");
  await page.getByRole("button", { name: "Highlight" }).click();
  const noted = wireRow(page, /to echo: catatan\. Note: Pertanyaan & jawaban$/);
  await noted.waitFor();
  await page.reload();
  await noted.waitFor();
  expect(await page.locator(".row.noted").count()).toBe(1);
  await page.keyboard.press("e");
  const svg = await savedBy(page, "SVG");
  expect(svg.bytes.toString()).toContain("Pertanyaan &amp; jawaban");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy picture" }).click();
  await page.getByText("The picture is in the clipboard.").waitFor();
  const types = await page.evaluate(
    "navigator.clipboard.read().then((items) => items.flatMap(({ types }) => types))",
  );
  expect(types).toEqual(["image/png"]);
});

/** A file that the export dialog saves. */
async function savedBy(page: Page, form: string) {
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("dialog").getByRole("button", { name: form, exact: true }).click(),
  ]);
  const path = await file.path();
  return { name: file.suggestedFilename(), path, bytes: readFileSync(path) };
}

/** Opens a picture by itself. @throws {Error} when the browser does not take it for one */
async function openPicture(page: Page, bytes: Uint8Array): Promise<[width: number, height: number]> {
  const alone = await page.context().newPage();
  try {
    await alone.goto(`data:image/svg+xml;base64,${Buffer.from(bytes).toString("base64")}`);
    expect(await alone.locator("parsererror").count()).toBe(0);
    const box = await alone.locator("svg").first().boundingBox();
    return [box?.width ?? 0, box?.height ?? 0];
  } finally {
    await alone.close();
  }
}

testWire("the diagram is exported as PNG, SVG, Mermaid, Markdown and text", { at }, async (page) => {
  await isCached(page);
  const sensor = await client("sensor-ekspor");
  await sensor.publishAsync("kelas/<a>&b", '"dua" # tiga; empat', { qos: 1 });
  await wireRow(page, /mqtt to sensor-ekspor: PUBACK/).waitFor();
  await page.keyboard.press("e");
  await page.getByLabel("Title").fill("Praktikum 3: publish");
  const saved = (form: string) => savedBy(page, form);
  const [svg, png, mermaid, markdown, text] = [
    await saved("SVG"),
    await saved("PNG"),
    await saved("Mermaid"),
    await saved("Markdown"),
    await saved("Text"),
  ];

  expect(svg.name).toBe("praktikum-3-publish.svg");
  const size = sizeOfSvg(svg.bytes.toString());
  expect(svg.bytes.toString()).toContain("kelas/&lt;a&gt;&amp;b");
  expect(await openPicture(page, svg.bytes)).toEqual(size);
  expect(png.name).toBe("praktikum-3-publish.png");
  expect(png.bytes.toString("latin1", 1, 4)).toBe("PNG");
  expect([png.bytes.readUInt32BE(16), png.bytes.readUInt32BE(20)]).toEqual(size.map((pixels) => pixels * 3));
  // A blank picture of this size takes a few kilobytes.
  expect(png.bytes.length).toBeGreaterThan(20_000);
  expect(mermaid.name).toBe("praktikum-3-publish.mmd");
  expect(mermaid.bytes.toString()).toMatch(
    /^ {2}c\d+->>s\d+: \d\d:\d\d:\d\d\.\d{3} PUBLISH kelas\/#60;a#62;&b qos 1 ""dua" #35; tiga#59; empat"$/m,
  );
  expect(markdown.name).toBe("praktikum-3-publish.md");
  expect(markdown.bytes.toString()).toContain('| PUBLISH kelas/\\<a\\>&b qos 1 ""dua" \\# tiga; empat" |');
  expect(text.name).toBe("praktikum-3-publish.txt");
  expect(text.bytes.toString()).toMatch(/mqtt {2}sensor-ekspor -> mqtt +PUBLISH kelas\/<a>&b qos 1 ""dua"/);
});

/** @throws {Error} when it is no well-formed SVG */
function sizeOfSvg(text: string): [width: number, height: number] {
  let size: [number, number] | undefined;
  const parser = sax.parser(true, { strictEntities: true });
  parser.onopentag = ({ name, attributes }) => {
    if (name === "svg") size = [Number(attributes.width), Number(attributes.height)];
  };
  parser.onerror = (error) => {
    throw error;
  };
  parser.write(text).close();
  if (size === undefined) throw new Error(`no <svg> in ${text.slice(0, 200)}`);
  return size;
}

testWire(
  "a click chooses the row that was pressed, though others came before it ended",
  { at },
  async (page) => {
    await isCached(page);
    const publisher = await client("penekan");
    for (let count = 0; count < 40; count++) publisher.publish("tekan", `sebelum ${count}`);
    await publisher.publishAsync("tekan", "yang ditekan", { qos: 1 });
    // Its row has come to rest when the last one is there.
    await wireRow(page, /mqtt to penekan: PUBACK/).waitFor();
    await wireRow(page, /PUBLISH tekan qos 1 "yang ditekan"/).hover();
    await page.mouse.down();
    for (let count = 0; count < 40; count++) publisher.publish("tekan", `sesudah ${count}`);
    await wireRow(page, /sesudah 39/).waitFor();
    await page.mouse.up();
    await page.locator(".details .byte-field", { hasText: "yang ditekan" }).waitFor();
  },
);

testWire(
  "the page answers clicks while thousands of messages come, and shows the last one",
  { at },
  async (page) => {
    await isCached(page);
    const publisher = await client("penuh");
    let sent = 0;
    const flood = setInterval(() => {
      for (let count = 0; count < 20; count++) publisher.publish("banjir", `nomor ${sent++}`);
    }, 10);
    onTestFinished(() => clearInterval(flood));
    const pause = page.getByRole("button", { name: /Pause|Go on/ });
    for (let click = 0; click < 4; click++) {
      const before = sent;
      await pause.click();
      await page.getByText(click % 2 === 0 ? "paused" : "live", { exact: true }).waitFor();
      await until(() => sent >= before + 500);
    }
    clearInterval(flood);
    // On a topic of its own, for which sampling keeps some room: of the flood it may leave out any message.
    await publisher.publishAsync("akhir", "1", { qos: 1 });
    await wireRow(page, /penuh to mqtt: PUBLISH akhir qos 1 "1"/).waitFor();
  },
);
