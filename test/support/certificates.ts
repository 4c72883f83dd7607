import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Need } from "./needs.ts";
import { scratchFolder } from "./scratch.ts";

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

/** What a certificate has besides the usual. */
interface Wish {
  /** As openssl takes it: `/O=Lab/CN=ani`. */
  readonly subject: string;
  /** Its subjectAltName; empty: none. */
  readonly names: string;
  /** How its key is made. */
  readonly key: readonly string[];
}

/** An RSA key, which old cipher suites need. */
export const rsaKey = ["-newkey", "rsa:2048", "-nodes"];

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** A certificate authority for localhost. Its files are deleted when the tests are over. */
export class Authority {
  readonly folder = scratchFolder("certificates");
  readonly cert = join(this.folder, "ca.crt");
  readonly #key = join(this.folder, "ca.key");
  #issued = 0;

  constructor(name = "test authority") {
    run(
      "req",
      "-x509",
      ...newKey,
      "-keyout",
      this.#key,
      "-out",
      this.cert,
      "-days",
      "60",
      "-subj",
      `/CN=${name}`,
    );
  }

  get pem(): string {
    return readFileSync(this.cert, "utf8");
  }

  /** @param days of validity; 0: it has expired at once */
  issue(name = "localhost", days = 60, own: Partial<Wish> = {}): Pair {
    const base = join(this.folder, `${name}-${++this.#issued}`);
    const [key, request, cert] = [`${base}.key`, `${base}.csr`, `${base}.crt`];
    const { subject = `/CN=${name}`, names = "DNS:localhost,IP:127.0.0.1", key: kind = newKey } = own;
    const extension = names === "" ? [] : ["-addext", `subjectAltName=${names}`];
    run("req", "-utf8", ...kind, "-keyout", key, "-out", request, "-subj", subject, ...extension);
    const signed = ["-CA", this.cert, "-CAkey", this.#key, "-CAcreateserial", "-copy_extensions", "copy"];
    run("x509", "-req", "-in", request, ...signed, "-out", cert, "-days", String(days));
    return { cert, key };
  }

  /** A revocation list with these certificates in it. @param more options, such as `-crl_nextupdate` */
  revoke(pairs: readonly Pair[], ...more: string[]): string {
    const base = join(this.folder, `crl-${++this.#issued}`);
    const [config, list] = [`${base}.cnf`, `${base}.pem`];
    writeFileSync(`${base}.txt`, "");
    writeFileSync(`${base}.number`, "01");
    writeFileSync(
      config,
      `[ca]\ndefault_ca=own\n[own]\ndatabase=${base}.txt\ncrlnumber=${base}.number\ndefault_md=sha256\ndefault_crl_days=30\n`,
    );
    const own = ["ca", "-config", config, "-keyfile", this.#key, "-cert", this.cert];
    for (const { cert } of pairs) run(...own, "-revoke", cert);
    run(...own, "-gencrl", ...more, "-out", list);
    return list;
  }
}

function run(...command: readonly string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(["openssl", ...command], { stdout: "ignore", stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`openssl ${command.join(" ")}: ${stderr}`);
}
