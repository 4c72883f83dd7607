import type { AuthConfig } from "../../../../src/roles/mqtt/auth/config.ts";
import type { AuthContext } from "../../../../src/roles/mqtt/auth/context.ts";
import { mqttConfig } from "../../../../src/roles/mqtt/config.ts";
import { type Credentials, openListener } from "../../../../src/roles/mqtt/ports/access.ts";

/** What a service is asked. */
export interface Asked {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: Record<string, unknown>;
}

type Answer = (asked: Asked, options: RequestInit) => Response | Promise<Response>;

export const json = (value: unknown, status = 200): Response =>
  new Response(JSON.stringify(value), { status });

/** A service that answers as the test says, a clock that it holds, and a log. */
export class FakeService implements AuthContext {
  readonly asked: Asked[] = [];
  readonly lines: string[] = [];
  time = Date.UTC(2026, 0, 1);
  answer: Answer;

  constructor(answer: Answer = () => json({ allow: true })) {
    this.answer = answer;
  }

  readonly log = {
    debug: (line: string) => this.lines.push(`debug ${line}`),
    info: (line: string) => this.lines.push(`info ${line}`),
    warning: (line: string) => this.lines.push(`warning ${line}`),
    error: (line: string) => this.lines.push(`error ${line}`),
  };

  readonly now = (): number => this.time;

  readonly fetch = async (url: string, options: RequestInit): Promise<Response> => {
    const headers = Object.fromEntries(new Headers(options.headers));
    const asked = { url, headers, body: JSON.parse(String(options.body ?? "{}")) };
    this.asked.push(asked);
    return await this.answer(asked, options);
  };
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export const credentials = (more: Partial<Credentials> = {}): Credentials => ({
  clientId: "c",
  username: "ani",
  password: bytes("rahasia"),
  remote: "192.0.2.7:4711",
  version: 5,
  arrival: { isSecure: false },
  listener: openListener,
  isGone: () => false,
  ...more,
});

/** With all defaults. @throws {Error} when the settings are wrong */
export function authConfig(settings: object): AuthConfig {
  const { auth } = mqttConfig.parse({ auth: settings });
  if (auth === undefined) throw new Error("there is no auth in the configuration");
  return auth;
}

/** What is wrong with the settings: `path: message`. */
export const mistakesIn = (settings: object): string[] | undefined =>
  mqttConfig.safeParse(settings).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
