import { randomBytes } from "node:crypto";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import { readClientFirst, ScramError } from "../../../protocol/scram/messages.ts";
import { type Challenge, challenge, conclude } from "../../../protocol/scram/server.ts";
import type { AuthenticationMethod, Exchange, Step } from "../ports/authentication.ts";
import type { Users } from "./users.ts";

/** SCRAM-SHA-256, RFC 7677: client and server prove to each other that they know the password without sending it. */
export const scramSha256 = (users: Users): AuthenticationMethod => ({
  name: "SCRAM-SHA-256",
  begin: () => new ScramExchange(users),
});

const refused: Step = { kind: "refused", reason: Reason.NotAuthorized };

class ScramExchange implements Exchange {
  readonly #users: Users;
  #asked: Challenge | undefined;

  constructor(users: Users) {
    this.#users = users;
  }

  get username(): string | undefined {
    return this.#asked?.first.username;
  }

  async next(data: Uint8Array = new Uint8Array()): Promise<Step> {
    try {
      return this.#asked === undefined ? await this.#ask(data) : conclusion(this.#asked, data);
    } catch (error) {
      // The client does not learn why, nor whether it was the password.
      if (error instanceof ScramError) return refused;
      throw error;
    }
  }

  async #ask(data: Uint8Array): Promise<Step> {
    const first = readClientFirst(data);
    const verifier = await this.#users.verifierOf(first.username);
    this.#asked = challenge(first, verifier, randomBytes(18).toString("base64"));
    return { kind: "continue", data: Buffer.from(this.#asked.message) };
  }
}

function conclusion(asked: Challenge, data: Uint8Array): Step {
  const signature = conclude(asked, data);
  if (signature === undefined) return refused;
  return { kind: "accepted", username: asked.first.username, data: Buffer.from(signature) };
}
