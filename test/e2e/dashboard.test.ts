import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { dashboardPolicy } from "../../src/dashboard/assets.ts";
import { copyBinaries, haveBinaries, testBinaries } from "../support/binaries.ts";
import { testDashboard, wireRow } from "../support/dashboard-browser.ts";
import { type Lab, startLab } from "../support/lab.ts";
import { RawClient } from "../support/raw-client.ts";
import { until } from "../support/until.ts";

const files = haveBinaries ? copyBinaries() : undefined;
const lab =
  files &&
  (await startLab("admin: { port: 0 }\nservices: { echo: { port: 0 }, mqtt: { port: 0 } }", {
    program: [files.distsrv],
    cwd: files.folder,
    cleanEnvironment: true,
  }));
const ask = (path: string) => fetch(`http://127.0.0.1:${theLab().adminPort}${path}`);

function theLab(): Lab {
  if (lab === undefined) throw new Error("there are no binaries to test");
  return lab;
}

testBinaries(
  "the dashboard and all that it loads are in the binary, with their types and policy",
  async () => {
    const page = await ask("/");
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("content-security-policy")).toBe(dashboardPolicy);
    const paths = [...(await page.text()).matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(
      ([, path]) => path ?? "",
    );
    const types: Record<string, string> = {
      js: "text/javascript; charset=utf-8",
      css: "text/css; charset=utf-8",
      svg: "image/svg+xml",
    };
    expect(new Set(paths.map((path) => path.split(".").at(-1)))).toEqual(new Set(Object.keys(types)));
    for (const path of paths) {
      const asset = await ask(path);
      expect([path, asset.status, asset.headers.get("content-type")]).toEqual([
        path,
        200,
        types[path.split(".").at(-1) ?? ""] ?? "",
      ]);
      expect(asset.headers.get("content-security-policy")).toBe(dashboardPolicy);
      expect((await asset.text()).length).toBeGreaterThan(100);
    }
  },
);

testBinaries("the binary's API says that its services run", async () => {
  const services = (await (await ask("/api/services")).json()) as { name: string; state: string }[];
  expect(services.map(({ name, state }) => [name, state])).toEqual([
    ["echo", "running"],
    ["mqtt", "running"],
  ]);
});

if (haveBinaries) {
  testDashboard(theLab)(
    "the binary's dashboard shows live traffic in a browser",
    { at: "#/wire" },
    async (page) => {
      await page.getByText("live", { exact: true }).waitFor();
      const echo = await RawClient.connect(theLab().port("echo"));
      echo.write("halo biner");
      await wireRow(page, /^echo to .*: Echo: halo biner$/).waitFor();
    },
  );

  testDashboard(theLab)(
    "the binary's diagram follows a connection, marks the bytes of a field and is saved as a picture",
    { at: "#/wire" },
    async (page) => {
      await page.getByText("live", { exact: true }).waitFor();
      const [one, other] = [
        await RawClient.connect(theLab().port("echo")),
        await RawClient.connect(theLab().port("echo")),
      ];
      one.write("halo satu");
      other.write("halo dua");
      await wireRow(page, /to echo: halo dua$/).waitFor();
      await wireRow(page, /to echo: halo satu$/).click();
      await page.getByRole("button", { name: "Only this connection" }).click();
      await wireRow(page, /to echo: halo dua$/).waitFor({ state: "detached" });
      await page.waitForURL(/#\/wire\?connection=echo%23/);
      await page.getByRole("button", { name: "payload halo satu" }).hover();
      const marked = page.locator(".ascii .marked");
      await until(async () => (await marked.allTextContents()).join("") === "halo satu");
      await page.keyboard.press("e");
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "SVG", exact: true }).click(),
      ]);
      const svg = readFileSync(await file.path());
      const picture = await page.context().newPage();
      await picture.goto(`data:image/svg+xml;base64,${svg.toString("base64")}`);
      expect(await picture.locator("svg text", { hasText: "Echo: halo satu" }).count()).toBe(1);
      expect((await picture.locator("svg").first().boundingBox())?.width).toBe(605);
      await picture.close();
    },
  );

  testDashboard(theLab)(
    "the binary's dashboard knows topics from before it was opened, and tries a service by bytes",
    { at: "#/mqtt/kelas%2Fsuhu" },
    async (page) => {
      const api = `/api/services/mqtt`;
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ topic: "kelas/suhu", payload: '{"suhu":28}', retain: true });
      await fetch(`http://127.0.0.1:${theLab().adminPort}${api}/actions/publish`, {
        method: "POST",
        headers,
        body,
      });
      const panel = page.getByRole("region", { name: "kelas/suhu" });
      await panel.getByText("Last value, retained").waitFor();
      await panel.locator(".json-number", { hasText: "28" }).waitFor();
      await page.goto(page.url().replace(/#.*/, "#/try/echo"));
      await page.getByRole("button", { name: "Bytes", exact: true }).click();
      await page.getByRole("textbox", { name: "Bytes" }).fill("biner\\n");
      await page.getByRole("button", { name: "Send", exact: true }).click();
      await page.locator(".attempt .side-text").nth(1).getByText("Echo: biner").waitFor();
    },
  );
}
