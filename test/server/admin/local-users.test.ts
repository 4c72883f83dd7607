import { expect, onTestFinished, test } from "bun:test";
import { spawn } from "node:child_process";
import { startLab } from "../../support/lab.ts";

/** As the machine has it. */
const own = Bun.spawnSync(["id", "-un"]).stdout.toString().trim();

const isRootOnLinux = process.platform === "linux" && process.getuid?.() === 0;

/** Asks as `nobody`, by a shell's own TCP. */
async function askAsNobody(port: number, method: string, path: string): Promise<string> {
  const request = `${method} ${path} HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nConnection: close\\r\\nContent-Length: 0\\r\\n\\r\\n`;
  const script = `exec 3<>/dev/tcp/127.0.0.1/${port}; printf '${request}' >&3; cat <&3`;
  const child = spawn("bash", ["-c", script], { uid: 65_534, gid: 65_534, cwd: "/" });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  await new Promise<void>((resolve, reject) => child.once("close", () => resolve()).once("error", reject));
  return output;
}

const env = { DISTSRV_ADMIN_TOKEN: "", DISTSRV_ADMIN_TOKEN_FILE: "" };

test("without a token the user who runs distsrv may do everything", async () => {
  const lab = await startLab("admin: { port: 0 }\nservices: { echo: { port: 0 } }", {
    env,
    cleanUp: onTestFinished,
  });
  const url = `http://127.0.0.1:${lab.adminPort}`;
  expect(await (await fetch(`${url}/api/me`)).json()).toEqual({
    ...{ name: own, role: "admin", by: "machine" },
  });
  expect((await fetch(`${url}/api/services/echo/restart`, { method: "POST" })).status).toBe(200);
});

test.skipIf(!isRootOnLinux)(
  "without a token another user of the machine may look, and nothing else",
  async () => {
    const lab = await startLab("admin: { port: 0 }\nservices: { echo: { port: 0 } }", {
      env,
      cleanUp: onTestFinished,
    });
    const ask = (method: string, path: string) => askAsNobody(lab.adminPort, method, path);
    expect(await ask("GET", "/api/services")).toStartWith("HTTP/1.1 200 ");
    expect(await ask("GET", "/api/me")).toContain('{"name":"nobody","role":"view","by":"machine"}');
    for (const path of ["/api/services/echo/stop", "/api/drain", "/api/reload"])
      expect(await ask("POST", path)).toStartWith("HTTP/1.1 403 ");
    expect((await fetch(`http://127.0.0.1:${lab.adminPort}/readyz`)).status).toBe(200);
  },
);
