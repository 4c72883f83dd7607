import { describe, expect, test } from "bun:test";
import { dashboardAssets, dashboardPolicy } from "../../src/dashboard/assets.ts";

describe("the dashboard's files", () => {
  test("everything the page asks for is there, and nothing is from elsewhere", async () => {
    const assets = await dashboardAssets();
    const html = String(assets.get("/")?.body);
    const wanted = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
    expect(wanted.length).toBeGreaterThan(3);
    expect(wanted.filter((path) => !assets.has(path))).toEqual([]);
    expect(html).not.toMatch(/<script>|<style|\son\w+=|style="/);
  });

  test("the sheet and the script load nothing", async () => {
    const assets = await dashboardAssets();
    expect(String(assets.get("/assets/main.css")?.body)).not.toMatch(/@import|url\(/);
    expect(String(assets.get("/assets/main.js")?.body)).not.toMatch(/\beval\(|new Function\(|import\(/);
  });

  test("they are small enough for a first paint that nobody notices", async () => {
    const files = [...(await dashboardAssets())].filter(([path]) => path !== "/assets/capture.js");
    const bodies = files.map(([, { body }]) => body.length);
    expect(bodies.reduce((sum, size) => sum + size)).toBeLessThan(384_000);
  });

  test("what reads captures is a script of its own, which loads nothing either", async () => {
    const script = String((await dashboardAssets()).get("/assets/capture.js")?.body);
    expect(script.length).toBeGreaterThan(100_000);
    expect(script.length).toBeLessThan(232_000);
    expect(script).not.toMatch(/\beval\(|new Function\(|import\(|\bfetch\(|XMLHttpRequest|WebSocket\(/);
    // A browser has neither.
    expect(script).not.toMatch(/\bBun\.|\bprocess\./);
  });

  test("are made once", () => {
    expect(dashboardAssets()).toBe(dashboardAssets());
  });

  test("the policy lets in no inline script and no other host", () => {
    expect(dashboardPolicy).toContain("default-src 'none'");
    expect(dashboardPolicy).not.toMatch(/unsafe|https?:|\*/);
  });
});
