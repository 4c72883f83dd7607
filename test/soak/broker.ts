import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program } from "../support/program.ts";
import { until } from "../support/until.ts";

const source = [process.execPath, join(import.meta.dir, "../../src/distsrv.ts")];

/** The counters that distsrv logs on SIGUSR2. */
export type Counters = Readonly<Record<string, number>>;

/** distsrv with a broker, in a process of its own. */
export class SoakBroker {
  port = 0;
  /** The warnings and errors that it logged, and its output on standard error. */
  readonly complaints: string[] = [];
  readonly #program: Program;
  readonly #folder: string;
  #counters: Counters | undefined;

  private constructor(program: Program, folder: string) {
    this.#program = program;
    this.#folder = folder;
  }

  /** Starts the given executable, or distsrv from source, with these settings of the service. */
  static async start(binary: string | undefined, settings: object): Promise<SoakBroker> {
    const folder = mkdtempSync(join(tmpdir(), "distsrv-soak-"));
    const config = join(folder, "soak.json");
    // JSON is YAML.
    writeFileSync(
      config,
      JSON.stringify({ host: "127.0.0.1", services: { mqtt: { port: 0, ...settings } } }),
    );
    const command = binary === undefined ? source : [binary];
    const broker = new SoakBroker(new Program([...command, "--config", config], { input: "" }), folder);
    await until(() => broker.#read().port > 0, 15_000);
    return broker;
  }

  get isRunning(): boolean {
    return this.#program.isRunning;
  }

  async counters(): Promise<Counters> {
    this.#counters = undefined;
    this.#program.signal("SIGUSR2");
    await until(() => this.#read().#counters !== undefined);
    return this.#counters ?? {};
  }

  /** Resident memory of the process, in MB. */
  get memory(): number {
    const status = readFileSync(`/proc/${this.#program.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  }

  async stop(): Promise<void> {
    if (this.isRunning) this.#program.signal("SIGTERM");
    await this.#program.outcome().catch((error: unknown) => this.complaints.push(String(error)));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Reads the complete lines printed so far, and discards them: there are millions in the end. */
  #read(): this {
    const { stdout } = this.#program;
    const end = stdout.lastIndexOf("\n");
    this.#program.stdout = stdout.slice(end + 1);
    for (const line of stdout.slice(0, Math.max(0, end)).split("\n")) if (line !== "") this.#take(line);
    if (this.#program.stderr !== "") this.complaints.push(this.#program.stderr);
    this.#program.stderr = "";
    return this;
  }

  #take(line: string): void {
    const entry: { level: string; message: string; port?: number } & Counters = JSON.parse(line);
    if (entry.message === "Listening") this.port = entry.port ?? 0;
    else if (entry.message === "Counters") this.#counters = entry;
    else if (entry.level === "warning" || entry.level === "error") this.complaints.push(line);
  }
}
