import { randomBytes } from "node:crypto";
import { extname } from "node:path";
import { isMap, isScalar, isSeq, parseDocument, type Scalar, type YAMLMap, type YAMLSeq } from "yaml";
import { hashOf, writeHash } from "../../protocol/mqtt/password-hash.ts";
import { saslPrep } from "../../protocol/scram/sasl-prep.ts";
import { UsageError } from "../program/errors.ts";
import { makeVerifier } from "./make-verifier.ts";

/** A file of a broker's users. */
export interface UserFile {
  /** What the file keeps of a password. */
  secretOf(password: string, iterations: number): Promise<string>;
  has(user: string): boolean;
  /** The text of the file with the user's new password; all else stays as it was. */
  set(user: string, secret: string): string;
  /** The text of the file without the user. */
  without(user: string): string;
}

/**
 * By its name a list in YAML or JSON, else a password_file of Mosquitto.
 * @param text "" for a new file
 * @throws {UsageError} when the text is neither
 */
export const userFileOf = (path: string, text: string): UserFile =>
  [".yaml", ".yml", ".json"].includes(extname(path)) ? new YamlUsers(path, text) : new PasswordFile(text);

/** `name:hash` on each line, as mosquitto_passwd(1) writes it. */
class PasswordFile implements UserFile {
  readonly #lines: string[];

  constructor(text: string) {
    this.#lines = text.split("\n");
    if (this.#lines.at(-1) === "") this.#lines.pop();
  }

  async secretOf(password: string, iterations: number): Promise<string> {
    const salt = randomBytes(12);
    return writeHash({ iterations, salt, hash: await hashOf(password, { iterations, salt }) });
  }

  has(user: string): boolean {
    return this.#at(user) >= 0;
  }

  set(user: string, secret: string): string {
    if (user.includes(":") || user.startsWith("#"))
      throw new UsageError(
        `A name in a password_file has no ":" in it and does not begin with "#"; ${user} does`,
      );
    const at = this.#at(user);
    this.#lines.splice(at < 0 ? this.#lines.length : at, at < 0 ? 0 : 1, `${user}:${secret}`);
    return this.#text();
  }

  without(user: string): string {
    this.#lines.splice(this.#at(user), 1);
    return this.#text();
  }

  #at(user: string): number {
    return this.#lines.findIndex((line) => line.startsWith(`${user}:`));
  }

  #text(): string {
    return this.#lines.map((line) => `${line}\n`).join("");
  }
}

/** Text over several lines, which ends with the line. */
const isBlock = ({ type }: Scalar): boolean => type === "BLOCK_LITERAL" || type === "BLOCK_FOLDED";

/** `- { name: ani, password: ... }`, by itself or under `users:`. */
class YamlUsers implements UserFile {
  readonly #source: string;
  readonly #document;
  readonly #list: YAMLSeq;
  readonly #isJson: boolean;

  constructor(path: string, text: string) {
    this.#source = text;
    this.#isJson = extname(path) === ".json";
    this.#document = parseDocument(text, { prettyErrors: true });
    const [mistake] = this.#document.errors;
    if (mistake !== undefined) throw new UsageError(`${path} is not YAML: ${mistake.message}`);
    const { contents } = this.#document;
    if (contents === null) {
      this.#list = this.#document.createNode([]) as YAMLSeq;
      this.#document.contents = this.#list as never;
      return;
    }
    const list: unknown = isMap(contents) ? contents.get("users") : contents;
    if (!isSeq(list)) throw new UsageError(`${path} must be a list of users, or a map with one under users:`);
    this.#list = list;
  }

  secretOf(password: string, iterations: number): Promise<string> {
    return makeVerifier(password, iterations);
  }

  has(user: string): boolean {
    return this.#at(user) >= 0;
  }

  set(user: string, secret: string): string {
    const old = this.#list.items[this.#at(user)];
    const password = isMap(old) ? old.get("password", true) : undefined;
    if (isScalar(password) && password.range && !isBlock(password)) {
      // Of a file that people write, nothing else is touched, not even a space.
      const [start, end] = password.range;
      return `${this.#source.slice(0, start)}${this.#quoted(secret)}${this.#source.slice(end)}`;
    }
    if (isMap(old)) old.set("password", secret);
    else {
      const made = this.#document.createNode({ name: user, password: secret }) as YAMLMap;
      made.flow = true;
      this.#list.add(made);
    }
    return this.#text();
  }

  without(user: string): string {
    this.#list.delete(this.#at(user));
    return this.#text();
  }

  #quoted(secret: string): string {
    return this.#isJson ? JSON.stringify(secret) : secret;
  }

  #at(user: string): number {
    const name = saslPrep(user);
    return this.#list.items.findIndex((item) => isMap(item) && saslPrep(String(item.get("name"))) === name);
  }

  #text(): string {
    if (this.#isJson) return `${JSON.stringify(this.#document.toJS(), undefined, 2)}\n`;
    return this.#document.toString({ lineWidth: 0 });
  }
}
