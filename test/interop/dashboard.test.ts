import { expect, onTestFinished } from "bun:test";
import mqtt from "mqtt";
import type { Page } from "playwright-core";
import { testDashboard, wireRow } from "../support/dashboard-browser.ts";
import { freePort } from "../support/free-port.ts";
import { startLab } from "../support/lab.ts";
import { RawClient } from "../support/raw-client.ts";
import { until } from "../support/until.ts";

const services = `
services:
  mqtt: { port: 0 }
  echo: { port: 0 }
  rest: { port: 0 }
  time: { port: 0 }
  udp: { port: 0 }
`;
const token = "sixteen-letters-and-more";
const labs = await Promise.all([
  // Of its own: it is there again after a restart, and nobody has taken it meanwhile.
  startLab(`admin: { port: ${freePort()} }\n${services}`),
  startLab(`admin: { port: 0, token: ${token} }\nservices: { echo: { port: 0 } }`),
]);
let [lab] = labs;
const [, guarded] = labs;
const testPage = testDashboard(() => lab);
const testGuarded = testDashboard(() => guarded);
const pages = ["overview", "wire", "mqtt", "try", "learn"];

async function client(clientId: string) {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${lab.port("mqtt")}`, { clientId });
  onTestFinished(() => client.endAsync(true));
  return client;
}

testPage("every page opens, without an error on the console", {}, async (page) => {
  expect(await page.title()).toBe("Overview · distsrv");
  await page.getByText("5 of 5 services").waitFor();
  const cards = page.locator(".card");
  await until(async () => (await cards.locator("h2").allTextContents()).join() === lab.services.join());
  await until(async () =>
    (await cards.locator(".state").allTextContents()).every((state) => state === "running"),
  );
  expect(await cards.locator(".state").count()).toBe(5);
  for (const name of pages) {
    await page.getByRole("navigation", { name: "Pages" }).locator(`a[href="#/${name}"]`).click();
    await page.locator(`main.page-${name}`).waitFor();
  }
});

testPage("a service is stopped and started from its card", {}, async (page) => {
  const card = page.locator(".card", { hasText: "udp" }).first();
  const command = async (name: string) => {
    await card.getByRole("button", { name: `${name} udp` }).click();
    await page
      .getByRole("dialog", { name: `${name} udp?` })
      .getByRole("button", { name })
      .click();
  };
  await command("Stop");
  await card.locator(".state-stopped").waitFor();
  await command("Start");
  await card.locator(".state-running").waitFor();
});

testPage(
  "the overview has the rates of the last hour from the server, also after a reload",
  {},
  async (page) => {
    const publisher = await client("tadi");
    const timer = setInterval(() => publisher.publish("tadi/suhu", "28", { retain: true }), 100);
    onTestFinished(() => clearInterval(timer));
    const chart = page.getByRole("img", { name: /^Messages of mqtt over the last hour, at most [1-9]/ });
    await chart.waitFor();
    clearInterval(timer);
    await page.reload();
    await chart.waitFor();
    await page.getByRole("button", { name: "Minute" }).click();
    await page.getByRole("img", { name: /^Messages of mqtt over the last minute/ }).waitFor();
  },
);

testPage("the overview shows the broker's problems", {}, async (page) => {
  const publisher = await client("lonely");
  await publisher.publishAsync("nobody/listens", "halo");
  await page
    .getByText(/nobody\/listens/)
    .first()
    .waitFor();
});

testPage(
  "the MQTT page shows topics and sessions, publishes and subscribes",
  { at: "#/mqtt" },
  async (page) => {
    const subscriber = await client("kelas-a");
    const received = Promise.withResolvers<string>();
    subscriber.on("message", (topic, payload) => received.resolve(`${topic} ${payload}`));
    await subscriber.subscribeAsync("sister/#");
    const subscribe = page.getByRole("region", { name: "Subscribe" });
    await subscribe.getByRole("button", { name: "Listen" }).click();
    await subscribe.getByText("Listening for sister/#").waitFor();
    const publish = page.getByRole("form", { name: "Publish" });
    await publish.getByLabel("Topic").fill("sister/temp");
    await publish.getByLabel("Message").fill("Suhu: 28°C");
    await publish.getByLabel("Retain").check();
    await publish.getByRole("button", { name: "Publish" }).click();
    expect(await received.promise).toBe("sister/temp Suhu: 28°C");
    await subscribe.locator(".payload", { hasText: "Suhu: 28°C" }).waitFor();
    const topic = page.locator(".topic", { hasText: "temp" });
    await topic.getByText("Suhu: 28°C").waitFor();
    await topic.locator(".retained").waitFor();
    await page.getByRole("tab", { name: "Sessions" }).click();
    await page.getByRole("row", { name: /^kelas-a ?, connected/ }).waitFor();
    await page.getByRole("tab", { name: "Subscriptions" }).click();
    await page.getByRole("row", { name: "sister/#" }).filter({ hasText: "kelas-a" }).waitFor();
  },
);

testPage(
  "a topic shows what was published before the page opened, and its retained message is deleted",
  { at: "#/mqtt" },
  async (page) => {
    const sensor = await client("sensor-kamar");
    await sensor.publishAsync("kamar/iklim", '{"suhu":27,"lembap":60}', { retain: true });
    await sensor.publishAsync("kamar/iklim", '{"suhu":28,"lembap":60}', { qos: 1 });
    await page.getByRole("searchbox").fill("IKLIM");
    const row = page.locator(".topic", { hasText: "iklim" });
    await row.locator(".last", { hasText: '"suhu":28' }).waitFor();
    await row.locator(".retained", { hasText: '"suhu":27' }).waitFor();
    await row.getByRole("button", { name: "Look at kamar/iklim" }).click();
    const panel = page.getByRole("region", { name: "kamar/iklim" });
    await panel.getByText("sensor-kamar").waitFor();
    await panel.getByText("Nobody: what is published here reaches no one.").waitFor();
    await sensor.publishAsync("kamar/iklim", '{"suhu":31.5,"lembap":60}', { qos: 1 });
    await panel.locator("ins", { hasText: "31.5" }).waitFor();
    await panel.getByRole("img", { name: "suhu of kamar/iklim over time" }).waitFor();
    await panel.getByLabel("Field").selectOption("lembap");
    await panel.getByRole("img", { name: "lembap of kamar/iklim over time" }).waitFor();
    await panel.getByRole("button", { name: "Delete the retained message" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete the retained message?" });
    await dialog.getByRole("button", { name: "Delete", exact: true }).click();
    await panel.getByText("Retained value").waitFor({ state: "detached" });
    await panel.getByText("An empty message.").waitFor();
    // The topic is in the address.
    await page.reload();
    await panel.getByText("sensor-kamar").waitFor();
    await panel.getByRole("button", { name: "Close the topic" }).click();
    await panel.waitFor({ state: "detached" });
  },
);

testPage(
  "topics and sessions are sorted and searched, and the busiest come first",
  { at: "#/mqtt" },
  async (page) => {
    const [sensor, panel] = [await client("sensor-ramai"), await client("panel-ramai")];
    await panel.subscribeAsync("ramai/#");
    const timer = setInterval(() => sensor.publish("ramai/suhu", "28"), 20);
    onTestFinished(() => clearInterval(timer));
    await page.getByRole("button", { name: "List", exact: true }).click();
    const rate = page.getByRole("columnheader", { name: "Messages/s" });
    await page.getByRole("row").nth(1).getByText("ramai/suhu").waitFor();
    expect(await rate.getAttribute("aria-sort")).toBe("descending");
    await page.getByRole("tab", { name: "Busiest" }).click();
    await page.locator(".bars li").getByText("ramai/suhu").waitFor();
    await page.locator(".bars li").getByText("sensor-ramai").waitFor();
    await page.getByRole("tab", { name: "Sessions" }).click();
    await page.getByRole("searchbox").fill("RAMAI");
    await page.getByRole("button", { name: "Out/s" }).click();
    await page.getByRole("row").nth(1).getByText("panel-ramai").waitFor();
    await page.getByRole("button", { name: "Out/s" }).click();
    await page.getByRole("row").nth(1).getByText("sensor-ramai").waitFor();
  },
);

testPage(
  "the Try page sends a real request and shows request and reply",
  { at: "#/try/echo" },
  async (page) => {
    await page.locator("form input").first().fill("halo dunia");
    await page.getByRole("button", { name: "Send" }).click();
    const [request, reply] = [0, 1].map((side) => page.locator(".attempt .side-text").nth(side));
    await reply!.getByText("Echo: halo dunia").waitFor();
    expect(await request!.textContent()).toContain("halo dunia");
    await page.getByRole("button", { name: "Hex" }).click();
    await reply!.getByText("45 63 68 6f 3a").waitFor();
    await lab.untilLogged("echo", "halo dunia");
  },
);

testPage(
  "a free request is sent, compared with what is expected, and sent again after a reload",
  { at: "#/try/rest" },
  async (page) => {
    await page.getByRole("button", { name: "HTTP", exact: true }).click();
    await page.getByLabel("Path").fill("/mul?a=6&b=7");
    await page.getByLabel("Expected answer").selectOption("contains");
    await page.getByLabel("Expected text").fill("42");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText("as expected").waitFor();
    await page.locator(".attempt .json-number", { hasText: "42" }).waitFor();
    await page.getByText("As code").click();
    await page.locator(".code", { hasText: "/mul?a=6&b=7" }).waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Send again GET /mul?a=6&b=7" }).click();
    await page.getByText("as expected").waitFor();
    await page.getByLabel("Expected text").fill("43");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText("not in the answer").waitFor();
    await page.getByRole("button", { name: "Forget them" }).click();
    await page.getByText("Earlier requests").waitFor({ state: "detached" });
  },
);

testPage("bytes are sent as they were typed", { at: "#/try/echo" }, async (page) => {
  await page.getByRole("button", { name: "Bytes", exact: true }).click();
  await page.getByRole("button", { name: "Hex", exact: true }).click();
  await page.getByRole("textbox", { name: "Bytes" }).fill("68 61 6c 6");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByText("“6” has an odd number of digits.").waitFor();
  await page.getByRole("textbox", { name: "Bytes" }).fill("68 61 6c 6f");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.locator(".attempt .side-text").nth(1).getByText("Echo: halo").waitFor();
});

testPage("every service on the Try page answers", { at: "#/try" }, async (page) => {
  for (const service of ["mqtt", "echo", "rest", "time", "udp"]) {
    await page.getByRole("navigation", { name: "Services" }).getByRole("link", { name: service }).click();
    await page.locator("form .chip", { hasText: service }).waitFor();
    for (const field of await page.locator("form input[required]").all()) {
      if ((await field.inputValue()) === "") await field.fill("5");
    }
    await page.getByRole("button", { name: "Send" }).click();
    await page.locator(".verdict").filter({ hasText: "answered" }).waitFor();
  }
});

testPage(
  "the page speaks the language that was chosen, and remembers it",
  { at: "#/learn" },
  async (page) => {
    const spoken = () => page.locator("html").getAttribute("lang");
    await page.getByText("Who speaks first").first().waitFor();
    expect(await spoken()).toBe("en");
    await page.getByRole("button", { name: "EN, language: English" }).click();
    await page.getByText("Setiap layanan di sini").waitFor();
    expect(await spoken()).toBe("id");
    await page.reload();
    await page.getByText("Setiap layanan di sini").waitFor();
    expect(await page.getByText("Who speaks first").count()).toBe(0);
    expect(await page.title()).toBe("Belajar · distsrv");
    await page.keyboard.press("l");
    await page.getByText("Who speaks first").first().waitFor();
  },
);

testPage(
  "an Indonesian browser gets Indonesian: problems, states and numbers, too",
  { locale: "id-ID" },
  async (page) => {
    await page.getByText("5 dari 5 layanan").waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("id");
    await page.locator(".card .state", { hasText: "berjalan" }).first().waitFor();
    await (await client("sendiri")).publishAsync("tak/ada/yang/mendengar", "halo");
    await page.getByText("1 pesan ke tak/ada/yang/mendengar tidak menemukan subscriber").waitFor();
    await page.getByRole("button", { name: "Hentikan mqtt" }).click();
    const dialog = page.getByRole("dialog", { name: "Hentikan mqtt?" });
    await dialog.getByRole("button", { name: "Batal" }).click();
    await page.locator(`nav a[href="#/wire"]`).click();
    await wireRow(page, /^sendiri ke mqtt: PUBLISH tak\/ada/).waitFor();
  },
);

testPage("everything can be reached by keyboard", {}, async (page) => {
  await page.locator(".card").first().waitFor();
  await page.keyboard.press("Tab");
  const focused = page.locator(":focus");
  expect(await focused.textContent()).toBe("Skip to content");
  await page.keyboard.press("Enter");
  expect(await focused.getAttribute("id")).toBe("main");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  for (const [index, name] of pages.entries()) {
    await page.keyboard.press(String(index + 1));
    await page.locator(`main.page-${name}`).waitFor();
  }
  await page.keyboard.press("2");
  await page.locator("main.page-wire").waitFor();
  await page.keyboard.press("/");
  expect(await focused.getAttribute("aria-label")).toBe("Search in messages");
  await page.keyboard.type("t?5");
  expect(await focused.inputValue()).toBe("t?5");
});

testPage("a page has the focus and its keys, and takes a file, as soon as it is seen", {}, async (page) => {
  await page.locator(".card").first().waitFor();
  // Called when the page has been put together, and before anything else is.
  const seen = await page.evaluate<{ focused: string[]; isFileOpened: boolean }>(`new Promise((resolve) => {
    new MutationObserver((_, observer) => {
      if (document.querySelector("main.page-wire input") === null) return;
      observer.disconnect();
      const focused = [document.activeElement.id];
      document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true }));
      focused.push(document.activeElement.getAttribute("aria-label"));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([], "lab.pcap"));
      // What nobody takes, the browser opens in the page's place.
      const isFileOpened = document.body.dispatchEvent(
        new DragEvent("dragover", { dataTransfer, bubbles: true, cancelable: true }),
      );
      resolve({ focused, isFileOpened });
    }).observe(document.body, { childList: true, subtree: true });
    location.hash = "#/wire";
  })`);
  expect(seen).toEqual({ focused: ["main", "Search in messages"], isFileOpened: false });
});

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
testPage("every page fits a phone 360 pixels wide", phone, async (page) => {
  await page.locator(".card").first().waitFor();
  const echo = await RawClient.connect(lab.port("echo"));
  echo.write("a line that is quite a bit longer than any phone is wide, and then goes on for a while");
  for (const name of pages) {
    await page.locator(`nav a[href="#/${name}"]`).click();
    await page.locator(`main.page-${name}`).waitFor();
    if (name === "wire")
      await wireRow(page, /a line that is quite/)
        .first()
        .waitFor();
    if (name === "try") await page.getByRole("button", { name: "Send" }).waitFor();
    const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
    expect([name, wide]).toEqual([name, 360]);
  }
});

/** The brightness of the page's background, from 0 (black) to 255. */
async function brightness(page: Page): Promise<number> {
  const colour = await page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor");
  return Math.max(...(colour.match(/\d+/g) ?? []).map(Number));
}

testPage(
  "the page follows the system's dark mode until a theme is chosen",
  { colorScheme: "dark" },
  async (page) => {
    await page.locator(".card").first().waitFor();
    expect(await brightness(page)).toBeLessThan(60);
    await page.keyboard.press("t");
    await page.getByRole("button", { name: "Theme: light" }).waitFor();
    expect(await brightness(page)).toBeGreaterThan(200);
    await page.reload();
    expect(await brightness(page)).toBeGreaterThan(200);
  },
);

testGuarded(
  "a page of a server with a token asks for it once",
  { at: "#/wire", mayComplain: /status of 401/ },
  async (page) => {
    const dialog = page.getByRole("dialog", { name: "This server asks for its token" });
    await dialog.getByLabel("Token").fill("not-this-one-at-all");
    await dialog.getByRole("button", { name: "Open" }).click();
    await dialog.getByLabel("Token").fill(token);
    await dialog.getByRole("button", { name: "Open" }).click();
    await page.getByText("live", { exact: true }).waitFor();
    await page.reload();
    await page.getByText("live", { exact: true }).waitFor();
    expect(await dialog.count()).toBe(0);
  },
);

testPage(
  "the page reports a server that stops, and shows traffic again when it restarts",
  { at: "#/wire", mayComplain: /net::ERR_/ },
  async (page) => {
    const say = async (text: string) => {
      const echo = await RawClient.connect(lab.port("echo"));
      echo.write(text);
      await wireRow(page, new RegExp(`^echo to .*: Echo: ${text}$`)).waitFor();
    };
    await say("before");
    const { adminPort } = lab;
    await lab.program.kill();
    await page.getByText("The server does not answer.").waitFor();
    lab = await startLab(`admin: { port: ${adminPort} }\n${services}`, { cleanUp: onTestFinished });
    await page.getByText("The server does not answer.").waitFor({ state: "detached" });
    await say("after");
  },
);
