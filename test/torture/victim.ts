import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program } from "../support/program.ts";
import { until } from "../support/until.ts";

const source = [process.execPath, join(import.meta.dir, "../../src/distsrv.ts")];

/** A durable broker in a process of its own, which is killed and started again on the same files. */
export class Victim {
  /** What it logged as a warning or an error. */
  readonly complaints: string[] = [];
  readonly folder: string;
  readonly port: number;
  readonly #command: readonly string[];
  #program: Program | undefined;

  constructor(binary: string | undefined, port: number, segmentSize: string) {
    this.port = port;
    this.folder = mkdtempSync(join(tmpdir(), "distsrv-torture-"));
    const config = join(this.folder, "broker.json");
    const persistence = { directory: "data", segmentSize };
    const mqtt = { port, persistence, sysInterval: 0, maxInflight: 6 };
    // JSON is YAML.
    writeFileSync(config, JSON.stringify({ host: "127.0.0.1", admin: false, services: { mqtt } }));
    this.#command = [...(binary === undefined ? source : [binary]), "--config", config];
  }

  async start(): Promise<void> {
    const program = new Program(this.#command, { input: "" });
    this.#program = program;
    await until(() => program.stdout.includes('"Listening"') || !program.isRunning, 20_000);
    if (!program.isRunning) throw new Error(`distsrv did not start: ${program.stdout}${program.stderr}`);
  }

  async kill(): Promise<void> {
    const program = this.#program;
    if (program === undefined) return;
    if (!program.isRunning) this.complaints.push(`it ended by itself: ${program.stderr}`);
    program.signal("SIGKILL");
    await program.exited;
    this.#read(program);
  }

  #read({ stdout, stderr }: Program): void {
    for (const line of stdout.split("\n")) {
      if (line.includes('"level":"warning"') || line.includes('"level":"error"')) this.complaints.push(line);
    }
    if (stderr !== "") this.complaints.push(stderr);
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
