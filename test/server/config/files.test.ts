import { expect, test } from "bun:test";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { registry } from "../../../src/registry.ts";
import { ConfigError } from "../../../src/server/config/diagnostic.ts";
import { readPlan } from "../../../src/server/config/read-file.ts";
import { Authority, openssl } from "../../support/certificates.ts";
import { testWith } from "../../support/needs.ts";
import { scratchFolder } from "../../support/scratch.ts";

function folder(): string {
  const path = scratchFolder("files");
  return path;
}

testWith(openssl)("a file's relative paths start at its own folder, wherever distsrv was started", () => {
  const home = folder();
  const { cert, key } = new Authority().issue();
  copyFileSync(cert, join(home, "server.crt"));
  copyFileSync(key, join(home, "server.key"));
  const tls = "{ cert: server.crt, key: ./server.key }";
  const file = join(home, "lab.yaml");
  writeFileSync(
    file,
    `log: { file: logs/lab.log }\nservices: { mqtt: { tls: ${tls}, listeners: [{ port: 8883, tls: ${tls} }] } }\n`,
  );
  const { settings, services } = readPlan({ file, environment: {} }, registry);
  const files = { cert: join(home, "server.crt"), key: join(home, "server.key") };
  expect(settings.log.file).toBe(join(home, "logs/lab.log"));
  expect(services[0]?.config).toMatchObject({ tls: files, listeners: [{ tls: files }] });
});

test("a file that is not there is named by its whole path", () => {
  const home = folder();
  const file = join(home, "lab.yaml");
  writeFileSync(file, "services: { mqtt: { tls: { cert: server.crt, key: /nowhere/server.key } } }\n");
  const read = () => readPlan({ file, environment: {} }, registry);
  expect(() => read()).toThrow(ConfigError);
  try {
    read();
  } catch (error) {
    const report = error instanceof ConfigError ? error.report() : "";
    expect(report).toContain(`Cannot use ${join(home, "server.crt")} as tls.cert: ENOENT`);
  }
});
