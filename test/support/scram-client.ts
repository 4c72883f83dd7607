import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

const hmac = (key: Uint8Array, text: string) => createHmac("sha256", key).update(text).digest();

/** The client's side of one SCRAM-SHA-256 exchange (RFC 5802, section 3). */
export class ScramClient {
  readonly first: Buffer;
  readonly #bare: string;
  readonly #password: string;
  #salted: Uint8Array = new Uint8Array();
  #signed = "";

  constructor(username: string, password: string, nonce = randomBytes(12).toString("base64")) {
    this.#password = password;
    this.#bare = `n=${username},r=${nonce}`;
    this.first = Buffer.from(`n,,${this.#bare}`);
  }

  /** Answers the server's `r=nonce,s=salt,i=iterations`. */
  answer(challenge: Uint8Array): Buffer {
    const asked = Buffer.from(challenge).toString();
    const [, nonce = "", salt = "", iterations = ""] = /^r=(.+),s=(.+),i=(\d+)$/.exec(asked) ?? [];
    this.#salted = pbkdf2Sync(this.#password, Buffer.from(salt, "base64"), Number(iterations), 32, "sha256");
    const withoutProof = `c=biws,r=${nonce}`;
    this.#signed = `${this.#bare},${asked},${withoutProof}`;
    const clientKey = hmac(this.#salted, "Client Key");
    const signature = hmac(createHash("sha256").update(clientKey).digest(), this.#signed);
    const proof = clientKey.map((byte, i) => byte ^ (signature[i] ?? 0));
    return Buffer.from(`${withoutProof},p=${Buffer.from(proof).toString("base64")}`);
  }

  /** Whether the server's final message proves that it knows the password, too. */
  trusts(verdict: Uint8Array | undefined): boolean {
    const signature = hmac(hmac(this.#salted, "Server Key"), this.#signed).toString("base64");
    return Buffer.from(verdict ?? []).toString() === `v=${signature}`;
  }
}
