import { describe, expect, onTestFinished, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { status } from "../../../src/cli/commands/status.ts";
import { tokenFile } from "../../../src/core/token-file.ts";
import { keepToken } from "../../../src/server/admin/generated-token.ts";
import { runCli } from "../../cli/support/run-cli.ts";
import { startLab } from "../../support/lab.ts";
import { distsrv } from "../../support/own-programs.ts";
import { Program, run } from "../../support/program.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { hasStranger, startStranger } from "../../support/stranger.ts";
import { until } from "../../support/until.ts";

function folder(): string {
  const path = scratchFolder("state");
  return path;
}

/** A lab that makes its own token, with what it printed of it. */
async function labWithToken(extra = "") {
  const state = folder();
  const env = {
    DISTSRV_STATE_DIR: state,
    DISTSRV_ADMIN_TOKEN: "",
    DISTSRV_ADMIN_TOKEN_FILE: "",
    DISTSRV_TOKEN: "",
  };
  const yaml = `admin: { port: 0, token: generate }\n${extra}\nservices: { echo: { port: 0 } }`;
  const lab = await startLab(yaml, { env, cleanUp: onTestFinished });
  await until(() => lab.program.stderr.includes("\n"));
  const [, token = ""] = /^Token: (\S+) /.exec(lab.program.stderr) ?? [];
  return { lab, env, state, token, file: join(state, `admin-${lab.adminPort}.token`) };
}

describe("token: generate", () => {
  test("is another token at each start, which opens the API and which nothing else does", async () => {
    const [one, other] = await Promise.all([labWithToken(), labWithToken()]);
    expect(one.token).toMatch(/^[\w-]{32}$/);
    expect(other.token).not.toBe(one.token);
    const ask = (token: string) =>
      fetch(`http://127.0.0.1:${one.lab.adminPort}/api/services`, {
        headers: { authorization: `Bearer ${token}` },
      });
    expect((await ask(one.token)).status).toBe(200);
    for (const wrong of ["generate", other.token, ""]) expect((await ask(wrong)).status).toBe(401);
  });

  test("leaves the token in a file for its owner alone, where distcli finds it, until the stop", async () => {
    const { lab, env, token, file } = await labWithToken();
    expect(readFileSync(file, "utf8")).toBe(`${token}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const args = ["status", "--port", String(lab.adminPort)];
    expect(await runCli(status, args, { env })).toMatchObject({ exit: 0 });
    expect((await runCli(status, args, { env: {} })).stderr).toContain("answers 401");
    expect(await lab.stop()).toBe(0);
    expect(existsSync(file)).toBe(false);
  });

  test("is printed once, and not in the log, its file, the API or the metrics", async () => {
    const file = join(folder(), "log");
    const { lab, token } = await labWithToken(`log: { level: debug, file: ${JSON.stringify(file)} }`);
    const headers = { authorization: `Bearer ${token}` };
    for (const path of [
      "/api/services",
      "/api/services/echo",
      "/api/about",
      "/api/problems",
      "/metrics",
      "/openapi.json",
    ]) {
      const answer = await fetch(`http://127.0.0.1:${lab.adminPort}${path}`, { headers });
      expect({ path, status: answer.status }).toEqual({ path, status: 200 });
      expect(await answer.text()).not.toContain(token);
    }
    await lab.stop();
    expect(lab.program.stderr.split(token)).toHaveLength(2);
    expect(lab.program.stdout).not.toContain(token);
    expect(readFileSync(file, "utf8")).toContain("Stopped");
    expect(readFileSync(file, "utf8")).not.toContain(token);
  });

  test("in a text log stands among the lines of the start, and not in the log's file", async () => {
    const [state, file] = [folder(), join(folder(), "log")];
    const config = join(state, "lab.yaml");
    writeFileSync(
      config,
      `admin: { port: 0, token: generate }\nlog: { format: text, file: ${JSON.stringify(file)} }\nservices: { echo: { port: 0 } }`,
    );
    const program = new Program([...distsrv, "--config", config], {
      env: { DISTSRV_STATE_DIR: state },
    });
    onTestFinished(() => program.kill());
    await program.prints("\nToken: ");
    await until(() => /Token: \S+ .*\n/.test(program.stdout));
    program.signal("SIGTERM");
    expect((await program.outcome()).status).toBe(0);
    const [, token = ""] = /^Token: (\S+) /m.exec(program.stdout) ?? [];
    expect(program.stdout.split(token)).toHaveLength(2);
    expect(readFileSync(file, "utf8")).not.toContain(token);
  });
});

describe("the token's file", () => {
  test("takes the place of one that others could read", () => {
    const state = folder();
    const file = join(state, "admin-8088.token");
    writeFileSync(file, "an old one");
    chmodSync(file, 0o644);
    const { notice } = keepToken("a-new-one", 8088, { DISTSRV_STATE_DIR: state });
    expect(notice).toBe(`Token: a-new-one (the dashboard asks for it; distcli reads it from ${file})`);
    expect(readFileSync(file, "utf8")).toBe("a-new-one\n");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(state)).toEqual(["admin-8088.token"]);
  });

  test("is its user's alone whatever the umask is, and so is the folder that is made for it", () => {
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const state = join(folder(), "new", "state");
    keepToken("a-new-one", 8088, { DISTSRV_STATE_DIR: state });
    const file = statSync(join(state, "admin-8088.token"));
    expect([file.mode & 0o777, statSync(state).mode & 0o777]).toEqual([0o600, 0o700]);
    expect([file.uid, file.gid]).toEqual([process.geteuid?.() ?? -1, process.getegid?.() ?? -1]);
  });

  test("takes the place of a link, and what that leads to stays as it is, where others may write to the folder", () => {
    const state = folder();
    chmodSync(state, 0o777);
    const [file, other] = [join(state, "admin-8088.token"), join(state, "other")];
    writeFileSync(other, "somebody's", { mode: 0o644 });
    symlinkSync(other, file);
    const { forget } = keepToken("a-new-one", 8088, { DISTSRV_STATE_DIR: state });
    expect(readFileSync(other, "utf8")).toBe("somebody's");
    expect(lstatSync(file).isSymbolicLink()).toBe(false);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    rmSync(file);
    symlinkSync(other, file);
    forget();
    expect(readdirSync(state)).toEqual(["other"]);
  });

  test.skipIf(process.getuid?.() !== 0)(
    "of somebody else gives its place to one of the server's user",
    () => {
      const state = folder();
      const file = join(state, "admin-8088.token");
      writeFileSync(file, "somebody's", { mode: 0o666 });
      chownSync(file, 65_534, 65_534);
      keepToken("a-new-one", 8088, { DISTSRV_STATE_DIR: state });
      expect(statSync(file)).toMatchObject({ uid: 0, gid: 0 });
      expect(readFileSync(file, "utf8")).toBe("a-new-one\n");
    },
  );

  test("that cannot be written is no reason not to start: it says which, and what to set", () => {
    const state = join(folder(), "file");
    writeFileSync(state, "");
    const kept = keepToken("a-new-one", 8088, { DISTSRV_STATE_DIR: state });
    expect(kept.notice).toContain(`${state}/admin-8088.token cannot be written`);
    expect(kept.notice).toContain("set DISTSRV_STATE_DIR");
    expect(keepToken("a-new-one", 8088, {}).notice).toContain("set DISTSRV_STATE_DIR");
  });

  test("is in the folder that is set, or in that of the user's state", () => {
    const at = (environment: Record<string, string>) => tokenFile(environment, 1);
    expect(at({ DISTSRV_STATE_DIR: "/s", XDG_STATE_HOME: "/x", HOME: "/h" })).toBe("/s/admin-1.token");
    expect(at({ XDG_STATE_HOME: "/x", HOME: "/h" })).toBe("/x/distsrv/admin-1.token");
    expect(at({ HOME: "/h" })).toBe("/h/.local/state/distsrv/admin-1.token");
    expect(at({})).toBeUndefined();
  });
});

describe("distcli on the server's machine", () => {
  const token = "a-token-of-the-environment";

  test("takes the token that the server was given, and sends it to no other machine", async () => {
    const seen: Record<string, (string | null)[]> = { "/api/services": [], "/api/me": [] };
    const server = Bun.serve({
      port: 0,
      hostname: "0.0.0.0",
      fetch(request) {
        const { pathname } = new URL(request.url);
        seen[pathname]?.push(request.headers.get("authorization"));
        return Response.json(pathname === "/api/me" ? { name: "ani", role: "view" } : []);
      },
    });
    onTestFinished(() => server.stop(true));
    const state = folder();
    mkdirSync(state, { recursive: true });
    writeFileSync(join(state, "given"), `${token}\n`);
    const port = ["--port", String(server.port)];
    const ask = (host: string, env: Record<string, string>) =>
      runCli(status, ["status", host, ...port], { env });
    await ask("127.0.0.1", { DISTSRV_ADMIN_TOKEN: token });
    await ask("localhost", { DISTSRV_ADMIN_TOKEN_FILE: join(state, "given") });
    await ask("127.0.0.1", { DISTSRV_ADMIN_TOKEN: token, DISTSRV_TOKEN: "another" });
    // 0.0.0.0 stands here for an address that is not known to be this machine's.
    await ask("0.0.0.0", { DISTSRV_ADMIN_TOKEN: token });
    const sent = [`Bearer ${token}`, `Bearer ${token}`, "Bearer another", null];
    expect(seen).toEqual({ "/api/services": sent, "/api/me": sent });
  });
});

describe.skipIf(!hasStranger)("a program of another user that listens in place of the server", () => {
  const token = "a-token-of-the-environment";

  test("gets no token that distcli finds by itself, and distcli says why", async () => {
    const { port, seen } = await startStranger();
    const ask = (env: Record<string, string>, ...more: string[]) =>
      runCli(status, ["status", "127.0.0.1", "--port", String(port), ...more], { env });
    const refused = await ask({ DISTSRV_ADMIN_TOKEN: token });
    expect(refused.stderr).toContain("The token of DISTSRV_ADMIN_TOKEN was not sent");
    expect(refused.stderr).toContain(`port ${port} is another user's (id 65534)`);
    const state = folder();
    writeFileSync(join(state, `admin-${port}.token`), token);
    await ask({ DISTSRV_STATE_DIR: state });
    // Who names a token says where it goes.
    await ask({ DISTSRV_ADMIN_TOKEN: token }, "--token", "one-that-is-for-it");
    await ask({ DISTSRV_ADMIN_TOKEN: token, DISTSRV_TOKEN: "one-that-is-for-it" });
    await until(() => seen().at(-1) === "Bearer one-that-is-for-it");
    expect(new Set(seen())).toEqual(new Set(["None", "Bearer one-that-is-for-it"]));
  });

  test("gets no token from distsrv reload, unless that is given for it", async () => {
    const { port, seen } = await startStranger();
    const file = join(folder(), "lab.yaml");
    writeFileSync(file, `admin: { port: ${port}, token: ${token} }\nservices: { echo: { port: 0 } }\n`);
    const reload = (env: Record<string, string>) =>
      run([...distsrv, "reload", file], { env: { DISTSRV_TOKEN: "", ...env } });
    const refused = await reload({});
    expect(refused.stderr).toContain("is a program of nobody, and would get the token");
    expect(refused.status).toBe(1);
    await reload({ DISTSRV_TOKEN: "one-that-is-for-it" });
    await until(() => seen().length > 0);
    expect(seen()).toEqual(["Bearer one-that-is-for-it"]);
  });
});

describe("distsrv health", () => {
  const health = (config: string) => run([...distsrv, "health", config]);

  test("is status 0 without a token while all services run, 1 when one does not, 1 after the stop", async () => {
    const { lab, token, state } = await labWithToken();
    const config = join(state, "lab.yaml");
    writeFileSync(
      config,
      `admin: { host: 0.0.0.0, port: ${lab.adminPort}, token: generate }\nservices: { echo: }`,
    );
    expect(await health(config)).toMatchObject({ status: 0, stderr: "" });
    const url = `http://127.0.0.1:${lab.adminPort}/api/services/echo/stop`;
    await fetch(url, { method: "POST", headers: { authorization: `Bearer ${token}` } });
    expect(await health(config)).toMatchObject({ status: 1, stderr: "Not healthy: echo is stopped\n" });
    await lab.stop();
    const { status, stderr } = await health(config);
    expect(status).toBe(1);
    expect(stderr).toStartWith(`Not healthy: no answer from http://127.0.0.1:${lab.adminPort}/readyz: `);
  });

  test("is status 2 where there is nobody to ask, and says why", async () => {
    const config = join(folder(), "lab.yaml");
    writeFileSync(config, "admin: false\nservices: { echo: }");
    const { status, stderr } = await health(config);
    expect(status).toBe(2);
    expect(stderr).toContain("admin is false; give it a port, such as 8088");
  });
});
