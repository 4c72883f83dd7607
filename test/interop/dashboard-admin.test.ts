import { expect, onTestFinished } from "bun:test";
import mqtt, { type IClientOptions } from "mqtt";
import type { Page } from "playwright-core";
import { hashOf } from "../../src/server/config/admin-users.ts";
import { testDashboard } from "../support/dashboard-browser.ts";
import { startLab } from "../support/lab.ts";
import { until } from "../support/until.ts";

const tokens = {
  view: "view-0123456789abcdef",
  operate: "operate-0123456789abcdef",
  admin: "admin-0123456789abcdef",
};

const lab = await startLab(`
admin:
  port: 0
  users:
    - { name: siti, token: ${tokens.view} }
    - { name: budi, tokenHash: "${hashOf(tokens.operate)}", role: operate }
    - { name: bu-sri, tokenHash: "${hashOf(tokens.admin)}", role: admin }
services:
  mqtt: { port: 0 }
  echo: { port: 0 }
`);
const testPage = testDashboard(() => lab);
/** Until there is a token, the server asks for one. */
const asked = { mayComplain: /401 \(Unauthorized\)/ };

async function client(clientId: string, options: IClientOptions = {}) {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${lab.port("mqtt")}`, {
    ...{ clientId, reconnectPeriod: 0, protocolVersion: 5 as const, ...options },
  });
  client.on("error", () => {});
  onTestFinished(() => void client.end(true));
  return client;
}

const keeping: IClientOptions = { clean: false, properties: { sessionExpiryInterval: 600 } };

async function enter(page: Page, token: string): Promise<void> {
  await page.getByRole("textbox", { name: "Token" }).fill(token);
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.locator(".card").first().waitFor();
  // Until the page knows the role, it has the buttons of every role.
  await page.getByRole("button", { name: /^You are / }).waitFor();
}

async function openSessions(page: Page): Promise<void> {
  await page.goto(`${page.url().split("#")[0]}#/mqtt`);
  await page.getByRole("tab", { name: "Sessions" }).click();
}

const row = (page: Page, clientId: string) => page.getByRole("row", { name: new RegExp(clientId) });

/** Asks, answers by the keyboard, and waits until the question is gone. */
async function confirm(page: Page, button: string, question: string, verb: string): Promise<void> {
  await page.getByRole("button", { name: button, exact: true }).press("Enter");
  const dialog = page.getByRole("dialog", { name: question });
  await dialog.getByRole("button", { name: verb, exact: true }).press("Enter");
  await dialog.waitFor({ state: "detached" });
}

testPage("who may only look sees who one is and no buttons that would be refused", asked, async (page) => {
  await client("looked-at");
  await enter(page, tokens.view);
  await page.getByRole("button", { name: "You are siti, role view" }).click();
  const who = page.getByRole("dialog", { name: "Who you are here" });
  await who.getByText("You may look at everything and change nothing (role view).").waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".card").first().waitFor();
  expect(await page.getByRole("button", { name: /^(Stop|Restart) / }).count()).toBe(0);
  await openSessions(page);
  await row(page, "looked-at").waitFor();
  expect(await page.getByRole("columnheader", { name: "Actions" }).count()).toBe(0);
  expect(await page.locator("form[aria-label=Publish] button[type=submit]").isDisabled()).toBe(true);
  await page.getByText("You may only look here: this takes the role operate.").waitFor();
});

testPage("another token is another user, and one may think better of it", asked, async (page) => {
  await enter(page, tokens.view);
  const change = async (name: string) => {
    await page.getByRole("button", { name }).click();
    await page.getByRole("button", { name: "Use another token" }).click();
    await page.getByRole("textbox", { name: "Token" }).waitFor();
  };
  await change("You are siti, role view");
  await page.keyboard.press("Escape");
  await page.getByRole("textbox", { name: "Token" }).waitFor({ state: "detached" });
  await change("You are siti, role view");
  await enter(page, tokens.operate);
  await page.getByRole("button", { name: "You are budi, role operate" }).waitFor();
  await page.getByRole("button", { name: "Stop echo" }).waitFor();
});

testPage("who operates disconnects clients and deletes sessions, and bans nobody", asked, async (page) => {
  const kicked = await client("kicked", keeping);
  await kicked.subscribeAsync("t");
  await enter(page, tokens.operate);
  await openSessions(page);
  await row(page, "kicked").waitFor();
  expect(await page.getByRole("button", { name: /^Ban / }).count()).toBe(0);
  await confirm(page, "Disconnect kicked", "Disconnect kicked?", "Disconnect");
  await until(() => !kicked.connected);
  await row(page, "kicked").getByText("away", { exact: true }).waitFor();
  expect(await page.getByRole("button", { name: "Disconnect kicked" }).count()).toBe(0);
  await confirm(page, "Delete the session of kicked", "Delete the session of kicked?", "Delete the session");
  await row(page, "kicked").waitFor({ state: "detached" });
});

testPage("a question that is not answered does nothing", asked, async (page) => {
  const stays = await client("stays");
  await enter(page, tokens.operate);
  await openSessions(page);
  await page.getByRole("button", { name: "Delete the session of stays" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Disconnect stays" }).click();
  const question = page.getByRole("dialog", { name: "Disconnect stays?" });
  await question.waitFor();
  await page.keyboard.press("Escape");
  await question.waitFor({ state: "detached" });
  expect(stays.connected).toBe(true);
});

testPage("an admin bans the address of a client for a time", asked, async (page) => {
  const banned = await client("banned");
  await enter(page, tokens.admin);
  await openSessions(page);
  await row(page, "banned").getByRole("button", { name: "Ban the address 127.0.0.1" }).click();
  const dialog = page.getByRole("dialog", { name: "Ban the address 127.0.0.1?" });
  await dialog.getByLabel("How long").selectOption("1 hour");
  await dialog.getByRole("button", { name: "Ban", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  await until(() => !banned.connected);
  const bans = `http://127.0.0.1:${lab.adminPort}/api/bans`;
  const headers = { authorization: `Bearer ${tokens.admin}` };
  const list = (await (await fetch(bans, { headers })).json()) as { since: number; until: number }[];
  expect(list).toMatchObject([{ address: "127.0.0.1", reason: "client banned", by: "operator" }]);
  expect(list[0]!.until - list[0]!.since).toBe(3_600_000);
  await fetch(`${bans}?address=127.0.0.1`, { method: "DELETE", headers });
});
