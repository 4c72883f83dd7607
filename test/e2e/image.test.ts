import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { labPorts } from "../../src/core/ports.ts";
import { dockerfile, exposed, stagesOf, textsOf } from "../support/dockerfile.ts";
import { ImageWorkshop, imageObstacle } from "../support/image-workshop.ts";
import { isolatedNetwork } from "../support/isolated-network.ts";
import { output, Program, run } from "../support/program.ts";
import { until } from "../support/until.ts";

/** Whether namespaces are permitted is the machine's affair, so that this is skipped with CI set, too. */
const obstacle = process.env.DISTSRV_E2E === "1" ? imageObstacle() : "is part of npm run e2e";
const title = `the image${obstacle === undefined ? "" : ` [${obstacle}]`}`;

/** The most it may take on a disk. */
const maxBytes = 260_000_000;
/** The server's address in the lab of three machines. */
const mesin1 = "172.16.16.101";
const nonroot = 65532;
/** Downloads Debian's base, and builds both programs. */
const patience = 240_000;

const client = [process.execPath, fileURLToPath(new URL("../../src/distcli.ts", import.meta.url))];

const inspection = z.object({
  Docker: z.object({
    config: z.object({
      User: z.string(),
      ExposedPorts: z.record(z.string(), z.unknown()),
      Env: z.array(z.string()),
      Entrypoint: z.array(z.string()),
      Cmd: z.array(z.string()),
      Healthcheck: z.object({ Test: z.array(z.string()) }),
      Volumes: z.record(z.string(), z.unknown()),
      Labels: z.record(z.string(), z.string()),
      StopSignal: z.string(),
    }),
  }),
});

const network = obstacle === undefined ? isolatedNetwork() : [];

describe.skipIf(obstacle !== undefined)(title, () => {
  setDefaultTimeout(patience);
  let workshop: ImageWorkshop;
  let container = "";
  let lab: Program;

  /** A program inside the container, as `docker exec` starts it. */
  const inside = (...words: readonly string[]) =>
    workshop.command("run", "--isolation", "chroot", container, "--", ...words);

  beforeAll(async () => {
    workshop = new ImageWorkshop();
    await workshop.build("distsrv");
    container = (await workshop.buildah("from", "--pull-never", "distsrv")).trim();
    if (network.length > 0) await output([...network, "ip", "address", "add", `${mesin1}/24`, "dev", "lo"]);
    const { Entrypoint, Cmd } = await config();
    lab = new Program([...network, ...inside(...Entrypoint, ...Cmd)], { input: "" });
    await lab.prints("logs counters and clients", 30_000);
    await until(() => lab.stderr.includes("Token: "));
  }, patience);

  afterAll(async () => {
    await lab?.kill();
    await workshop?.remove();
  }, 60_000);

  async function config() {
    const text = await workshop.buildah("inspect", "--type", "image", "distsrv");
    return inspection.parse(JSON.parse(text)).Docker.config;
  }

  /** The container's files, as they are on this machine. */
  async function files(): Promise<string> {
    return (await workshop.buildah("mount", container)).trim();
  }

  const token = () => /^Token: (\S+) /m.exec(lab.stderr)?.[1] ?? "";
  const host = () => (network.length > 0 ? mesin1 : "127.0.0.1");

  test("says what it needs: user, ports, volume, signal, health check, without a shell", async () => {
    const { User, ExposedPorts, Volumes, StopSignal, Healthcheck, Labels, Env } = await config();
    expect(User).toBe(`${nonroot}:${nonroot}`);
    expect(Object.keys(ExposedPorts).sort()).toEqual(exposed(stagesOf(dockerfile).at(-1)!).sort());
    expect(Object.keys(Volumes)).toEqual(["/var/lib/distsrv"]);
    expect(StopSignal).toMatch(/^(SIGTERM|15)$/);
    expect(Healthcheck.Test[0]).toBe("CMD");
    expect(Env).toContain("DISTSRV_STATE_DIR=/var/lib/distsrv");
    expect(Labels["org.opencontainers.image.title"]).toBe("distsrv");
  });

  test("is small, because it holds the runtime once, and has no shell", async () => {
    const root = await files();
    const size = Number((await output(["du", "-s", "--bytes", "--one-file-system", root])).split("\t")[0]);
    expect(size).toBeLessThan(maxBytes);
    expect(readlinkSync(join(root, "usr/local/bin/distcli"))).toBe("distsrv");
    expect(existsSync(join(root, "bin/sh"))).toBe(false);
    expect(statSync(join(root, "usr/local/bin/distsrv")).mode & 0o777).toBe(0o755);
    console.log(`The image holds ${(size / 1e6).toFixed(0)} MB`);
  });

  test("has the bill of materials of what is inside", async () => {
    const path = join(await files(), "usr/share/doc/distsrv/sbom.cdx.json");
    expect(await Bun.file(path).json()).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.5" });
  });

  test("runs without root, and every service works from outside", async () => {
    const pid = (await about()).pid;
    expect(statSync(`/proc/${pid}`).uid).toBe(nonroot);
    const doctor = await run([...network, ...client, "doctor", host(), "--token", token()], {}, 60_000);
    expect(doctor).toMatchObject({ status: 0 });
    for (const service of Object.keys(labPorts)) expect(doctor.stdout).toContain(service);
  });

  test("answers with its dashboard on every address, and with data only by the token", async () => {
    const ask = (path: string, ...options: string[]) =>
      output([
        ...network,
        "curl",
        "-s",
        "-o",
        "/dev/null",
        "-w",
        "%{http_code}",
        ...options,
        `http://${host()}:8088${path}`,
      ]);
    expect(await ask("/")).toBe("200");
    expect(await ask("/api/services")).toBe("401");
    expect(await ask("/api/services", "-H", `Authorization: Bearer ${token()}`)).toBe("200");
  });

  test("is healthy by its own health check, and distcli inside finds the token", async () => {
    const { Healthcheck } = await config();
    const [, ...check] = Healthcheck.Test;
    expect(await run([...network, ...inside(...check)], {}, 30_000)).toMatchObject({ status: 0 });
    const status = await run([...network, ...inside("distcli", "status")], {}, 30_000);
    expect(status).toMatchObject({ status: 0, stderr: expect.stringContaining("All 14 services run") });
  });

  test("drains and stops by SIGTERM, after which the health check fails", async () => {
    process.kill((await about()).pid, "SIGTERM");
    expect(await lab.outcome(30_000)).toMatchObject({ status: 0 });
    expect(lab.stdout).toContain("SIGTERM: unfinished replies have 5 s");
    expect(lab.stdout).toContain('"message":"Stopped"');
    const [check = ""] = textsOf(stagesOf(dockerfile).at(-1)!, "HEALTHCHECK");
    const command = z.array(z.string()).parse(JSON.parse(check.slice(check.indexOf("["))));
    const { status, stderr } = await run([...network, ...inside(...command)], {}, 30_000);
    expect(status).not.toBe(0);
    expect(stderr).toContain("Not healthy: no answer from http://127.0.0.1:8088/readyz");
  });

  async function about(): Promise<{ pid: number }> {
    const url = "http://127.0.0.1:8088/api/about";
    const text = await output([...network, "curl", "-s", "-H", `Authorization: Bearer ${token()}`, url]);
    return z.object({ pid: z.int() }).parse(JSON.parse(text));
  }
});
