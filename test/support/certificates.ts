import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Need } from "./needs.ts";

/** A certificate and its key, as files. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export const openssl: Need = {
  name: "openssl",
  install: "apt-get install openssl",
  isThere: () => Bun.which("openssl") !== null,
};

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** A certificate authority for localhost. Its files are deleted when the process exits. */
export class Authority {
  readonly folder = mkdtempSync(join(tmpdir(), "certificates-"));
  readonly cert = join(this.folder, "ca.crt");
  readonly #key = join(this.folder, "ca.key");
  #issued = 0;

  constructor() {
    process.once("exit", () => rmSync(this.folder, { recursive: true, force: true }));
    run(
      "req",
      "-x509",
      ...newKey,
      "-keyout",
      this.#key,
      "-out",
      this.cert,
      "-days",
      "2",
      "-subj",
      "/CN=test authority",
    );
  }

  get pem(): string {
    return readFileSync(this.cert, "utf8");
  }

  /** @param days of validity; 0: it has expired at once */
  issue(name = "localhost", days = 2): Pair {
    const base = join(this.folder, `${name}-${++this.#issued}`);
    const [key, request, cert] = [`${base}.key`, `${base}.csr`, `${base}.crt`];
    const names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
    run("req", ...newKey, "-keyout", key, "-out", request, "-subj", `/CN=${name}`, "-addext", names);
    const signed = ["-CA", this.cert, "-CAkey", this.#key, "-CAcreateserial", "-copy_extensions", "copy"];
    run("x509", "-req", "-in", request, ...signed, "-out", cert, "-days", String(days));
    return { cert, key };
  }
}

function run(...command: readonly string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(["openssl", ...command], { stdout: "ignore", stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`openssl ${command.join(" ")}: ${stderr}`);
}
