import { onTestFinished } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Binaries } from "./binaries.ts";
import { freePort } from "./free-port.ts";
import { Program } from "./program.ts";
import { RawClient } from "./raw-client.ts";
import { until } from "./until.ts";

export interface HiddenLabSettings {
  /** The value of `log:`. */
  readonly log?: string;
  /** A service beside `echo`; absent: `time`. */
  readonly services?: string;
}

/** The binary of the server, started by a shell, with its output wherever the shell's command sends it. */
export class HiddenLab {
  readonly program: Program;
  readonly admin: number;
  readonly echo: number;

  private constructor(program: Program, admin: number, echo: number) {
    this.program = program;
    this.admin = admin;
    this.echo = echo;
  }

  /**
   * Resolves when the admin service answers.
   * @param shell runs `$LAB`, e.g. `exec $LAB > /dev/full`
   */
  static async start(files: Binaries, shell: string, settings: HiddenLabSettings = {}): Promise<HiddenLab> {
    const [admin, echo] = [freePort(), freePort()];
    const config = join(files.scratch, `${crypto.randomUUID()}.yaml`);
    const { log = "{}", services = "time: { port: 0 }" } = settings;
    const yaml = `admin: { port: ${admin} }\nlog: ${log}\nservices:\n  echo: { port: ${echo} }\n  ${services}\n`;
    writeFileSync(config, yaml);
    const env = { LAB: `${files.distsrv} --config ${config}` };
    const program = new Program(["sh", "-c", shell], { input: "", cleanEnvironment: true, env });
    onTestFinished(() => program.kill());
    const lab = new HiddenLab(program, admin, echo);
    await until(async () => (await lab.ask("/readyz").catch(() => undefined))?.ok === true);
    return lab;
  }

  ask(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.admin}${path}`);
  }

  async problems(): Promise<string[]> {
    const all = (await (await this.ask("/api/problems")).json()) as { service: string; text: string }[];
    return all.map(({ service, text }) => `${service}: ${text}`);
  }

  /** The value of a metric, `name` with its labels. */
  async metric(name: string): Promise<number> {
    const lines = (await (await this.ask("/metrics")).text()).split("\n");
    return Number(lines.find((line) => line.startsWith(`${name} `))?.split(" ")[1]);
  }

  /** Exchanges `count` messages with echo, of which each makes half a kilobyte of log. */
  async talk(count: number): Promise<void> {
    const client = await RawClient.connect(this.echo);
    const message = "x".repeat(150);
    for (let i = 0; i < count; i++) {
      client.write(message);
      await client.bytes("Echo: ".length + message.length);
    }
    client.end();
  }

  /** Asks it to stop. @returns the exit status */
  async stop(): Promise<number> {
    this.program.signal("SIGTERM");
    return (await this.program.outcome()).status;
  }
}
