import { expect, test } from "bun:test";
import type { DashboardAsset } from "../../../src/dashboard/assets.ts";
import { testAdmin } from "./admin.ts";

const html = { type: "text/html; charset=utf-8", body: "<p>halo</p>" };
const picture = { type: "image/png", body: new Uint8Array([1, 2, 3]) };
const assets = new Map<string, DashboardAsset>([
  ["/", html],
  ["/assets/a.png", picture],
]);

test("the dashboard's files are served as what they are, allowed their own scripts and nothing else", async () => {
  const { ask } = await testAdmin({
    dashboard: async () => assets,
  });
  const page = await ask("/");
  expect(page.headers.get("content-type")).toBe(html.type);
  expect(page.headers.get("content-security-policy")).toContain("script-src 'self'");
  expect(page.headers.get("x-frame-options")).toBe("DENY");
  expect(await page.text()).toBe(html.body);
  const image = await ask("/assets/a.png");
  expect(image.headers.get("content-type")).toBe("image/png");
  expect(await image.bytes()).toEqual(picture.body);
  expect((await ask("/assets/b.png")).status).toBe(404);
  expect((await ask("/assets/../api/about")).status).toBe(200);
});

test("without a dashboard the API introduces itself", async () => {
  const { ask } = await testAdmin();
  const page = await ask("/");
  expect(page.headers.get("content-type")).toContain("text/plain");
  expect(await page.text()).toContain("GET  /api/services/:name");
});
