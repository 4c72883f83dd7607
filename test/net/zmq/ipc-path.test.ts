import { expect, onTestFinished, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartError } from "../../../src/core/errors.ts";
import { ZmqClient } from "../../../src/net/zmq/client.ts";
import { zmqRep } from "../../../src/roles/zmq/index.ts";
import { rejects } from "../../support/rejects.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { startRole } from "../../support/start-role.ts";
import { until } from "../../support/until.ts";

function folder(): string {
  const path = scratchFolder("ipc");
  return path;
}

async function refusal(path: string): Promise<StartError> {
  const error = await startRole(zmqRep, { bind: [`ipc://${path}`] }).catch((thrown: unknown) => thrown);
  if (error instanceof StartError) return error;
  throw new Error(`expected a StartError, and got ${error}`);
}

async function request(endpoint: string): Promise<ZmqClient> {
  const client = await ZmqClient.open("req", { endpoint, bind: false });
  onTestFinished(() => client.close(0));
  return client;
}

async function ask(client: ZmqClient): Promise<string> {
  await client.send([new TextEncoder().encode("Hello")]);
  return Buffer.concat(await client.receive()).toString();
}

test("a file is left as it is, and named", async () => {
  const path = join(folder(), "thesis.txt");
  writeFileSync(path, "precious");
  const error = await refusal(path);
  expect(error.message).toContain(`${path} is a file and no socket`);
  expect(error.message).toMatch(/services\.[\w-]+\.bind/);
  expect(readFileSync(path, "utf8")).toBe("precious");
  await rejects(ZmqClient.open("pull", { endpoint: `ipc://${path}`, bind: true }), "no socket");
});

test("a socket that lives is not stolen", async () => {
  const path = join(folder(), "lab.sock");
  await startRole(zmqRep, { bind: [`ipc://${path}`] });
  expect((await refusal(path)).code).toBe("port-in-use");
  expect(await ask(await request(`ipc://${path}`))).toBe("World");
});

test("a socket that a dead program has left is replaced", async () => {
  const path = join(folder(), "lab.sock");
  const script = `import socket; socket.socket(socket.AF_UNIX).bind(${JSON.stringify(path)})`;
  expect(Bun.spawnSync(["python3", "-c", script]).exitCode).toBe(0);
  expect(existsSync(path)).toBe(true);
  await startRole(zmqRep, { bind: [`ipc://${path}`] });
  expect(await ask(await request(`ipc://${path}`))).toBe("World");
});

test("a folder that is not there is named", async () => {
  const missing = join(folder(), "missing");
  const error = await refusal(join(missing, "lab.sock"));
  expect(error.code).toBe("bad-address");
  expect(error.message).toContain(`the folder ${missing} does not exist`);
});

test("maxConnections holds for ipc, too", async () => {
  const endpoint = `ipc://${join(folder(), "lab.sock")}`;
  const config = { bind: [endpoint], maxConnections: 1 };
  const { service } = await startRole(zmqRep, config, { expectLog: ["warning"] });
  expect(await ask(await request(endpoint))).toBe("World");
  await request(endpoint);
  await until(() => (service.stats().connections_refused_total ?? 0) > 0);
});
