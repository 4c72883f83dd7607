import { expect } from "bun:test";
import { dashboardPolicy } from "../../src/dashboard/assets.ts";
import { copyBinaries, haveBinaries, testBinaries } from "../support/binaries.ts";
import { testDashboard, wireRow } from "../support/dashboard-browser.ts";
import { type Lab, startLab } from "../support/lab.ts";
import { RawClient } from "../support/raw-client.ts";

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
}
