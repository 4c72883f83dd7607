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
  expect(await page.locator(".wire-head .service-name").allTextContents()).toEqual(["mqtt", "echo"]);
  expect(await page.locator(".wire-head .client-name").allTextContents()).toContain("sensor-7");
});

testWire("a click, or Enter, shows all fields and the bytes", { at }, async (page) => {
  await isCached(page);
  await (await client("pengirim")).publishAsync("kelas/kelembapan", "71 %", { retain: true });
  await wireRow(page, /pengirim to mqtt: PUBLISH kelas\/kelembapan/).click();
  const details = page.getByRole("complementary", { name: "The chosen message" });
  const facts = await details.locator("dl").first().locator("div").allTextContents();
  expect(facts).toEqual(
    expect.arrayContaining(["topickelas/kelembapan", "qos0", "retaintrue", "payload71 %"]),
  );
  expect((await details.locator(".ascii").allTextContents()).join("")).toContain("kelas/kelembapan71 %");
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
  await page.getByLabel("Topic").fill("lab/+/temp");
  await shows([
    [echo, false],
    [temp, true],
    [humidity, false],
  ]);
  await page.getByLabel("Topic").fill("lab/#/x");
  await page.getByText('has "#" before its last level').waitFor();
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
    await wireRow(page, /to echo: sebelum/).waitFor();
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

testWire("the diagram is exported as PNG, SVG, Mermaid and text", { at }, async (page) => {
  await isCached(page);
  const sensor = await client("sensor-ekspor");
  await sensor.publishAsync("kelas/<a>&b", '"dua" # tiga; empat', { qos: 1 });
  await wireRow(page, /mqtt to sensor-ekspor: PUBACK/).waitFor();
  await page.keyboard.press("e");
  await page.getByLabel("Title").fill("Praktikum 3: publish");
  const saved = async (form: string) => {
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("dialog").getByRole("button", { name: form, exact: true }).click(),
    ]);
    return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
  };
  const [svg, png, mermaid, text] = [
    await saved("SVG"),
    await saved("PNG"),
    await saved("Mermaid"),
    await saved("Text"),
  ];

  expect(svg.name).toBe("praktikum-3-publish.svg");
  const size = sizeOfSvg(svg.bytes.toString());
  expect(svg.bytes.toString()).toContain("kelas/&lt;a&gt;&amp;b");
  expect(png.name).toBe("praktikum-3-publish.png");
  expect(png.bytes.toString("latin1", 1, 4)).toBe("PNG");
  expect([png.bytes.readUInt32BE(16), png.bytes.readUInt32BE(20)]).toEqual(size.map((pixels) => pixels * 2));
  // A blank picture of this size takes a few kilobytes.
  expect(png.bytes.length).toBeGreaterThan(20_000);
  expect(mermaid.name).toBe("praktikum-3-publish.mmd");
  expect(mermaid.bytes.toString()).toMatch(
    /^ {2}c1->>s2: PUBLISH kelas\/#60;a#62;&b qos 1 ""dua" #35; tiga#59; empat"$/m,
  );
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
    await publisher.publishAsync("banjir", "akhir", { qos: 1 });
    await wireRow(page, /penuh to mqtt: PUBLISH banjir qos 1 "akhir"/).waitFor();
  },
);
