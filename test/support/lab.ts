import { afterAll, setDefaultTimeout } from "bun:test";
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { distsrv } from "./own-programs.ts";
import { Program, type ProgramOptions } from "./program.ts";
import { scratchFolder } from "./scratch.ts";
import { maxTestTime, until } from "./until.ts";

/** One line of the server's log. */
export interface LogLine {
  readonly level: string;
  readonly service: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface ServerOptions extends ProgramOptions {
  /** The command to run; absent: that of `own-programs.ts`. */
  readonly program?: readonly string[];
  /** When to clean up: `afterAll` for a lab of a whole file (the default), or `onTestFinished`. */
  readonly cleanUp?: (stop: () => Promise<void>) => void;
}

/** A server in a process of its own. */
export class Lab {
  readonly program: Program;
  /** The admin service's port; 0 when there is none. */
  adminPort = 0;
  readonly #ports = new Map<string, number>();
  readonly #log: LogLine[] = [];
  #read = 0;

  constructor(program: Program) {
    this.program = program;
  }

  /** The real port of a service. */
  port(service: string): number {
    const port = this.#ports.get(service);
    if (port === undefined)
      throw new Error(`the lab has no service "${service}": it has ${[...this.#ports.keys()]}`);
    return port;
  }

  get services(): readonly string[] {
    return [...this.#ports.keys()];
  }

  /** All lines so far. */
  get log(): readonly LogLine[] {
    const end = this.program.stdout.lastIndexOf("\n");
    if (end < this.#read) return this.#log;
    for (const line of this.program.stdout.slice(this.#read, end).split("\n")) {
      if (line !== "") this.#log.push(JSON.parse(line) as LogLine);
    }
    this.#read = end + 1;
    return this.#log;
  }

  /** Resolves once `times` log lines of the service contain `text`. */
  async untilLogged(service: string, text: string, times = 1): Promise<void> {
    const found = () => this.log.filter((line) => line.service === service && line.message.includes(text));
    await until(() => found().length >= times);
  }

  /** Warnings, errors, and the output to stderr. A healthy server has none of them. */
  complaints(): string[] {
    const severe = this.log.filter(({ level }) => level === "warning" || level === "error");
    const lines = severe.map(({ level, service, message }) => `${level} ${service}: ${message}`);
    return this.program.stderr === "" ? lines : [...lines, this.program.stderr];
  }

  /** The resident memory of the process in bytes. */
  rss(): number {
    const status = readFileSync(`/proc/${this.program.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  }

  /** How many file descriptors the process has open. */
  descriptors(): number {
    return readdirSync(`/proc/${this.program.pid}/fd`).length;
  }

  /** What its descriptors are; of TCP connections the kernel's line: addresses, state, queues and timers. */
  openFiles(): string[] {
    const { pid } = this.program;
    const lines = ["tcp", "tcp6"].flatMap((name) =>
      readFileSync(`/proc/${pid}/net/${name}`, "utf8").split("\n"),
    );
    return readdirSync(`/proc/${pid}/fd`).map((fd) => {
      const file = linkTarget(`/proc/${pid}/fd/${fd}`);
      const inode = /^socket:\[(\d+)\]$/.exec(file)?.[1];
      const line = lines.find((text) => inode !== undefined && text.split(/\s+/)[10] === inode);
      return `${fd} ${file} ${line ?? ""}`;
    });
  }

  async ready(): Promise<this> {
    await this.program.prints("logs counters and clients");
    for (const { message, name, port } of this.log) {
      // The first address is that of the service's own port; further listeners follow.
      if (message === "Listening" && !this.#ports.has(String(name)))
        this.#ports.set(String(name), Number(port));
      const [, adminPort] = /^Dashboard: https?:\/\/\S+:(\d+)$/.exec(message) ?? [];
      if (adminPort !== undefined) this.adminPort = Number(adminPort);
    }
    return this;
  }

  /** Asks it to stop. @returns the exit status */
  async stop(): Promise<number> {
    this.program.signal("SIGTERM");
    const { status } = await this.program.outcome();
    return status;
  }
}

/** Starts distsrv with these arguments and waits until all its services listen. */
export function startServer(args: readonly string[], options: ServerOptions = {}): Promise<Lab> {
  const { program = distsrv, cleanUp = afterAll, ...rest } = options;
  // Starting several processes takes longer than the default timeout.
  setDefaultTimeout(maxTestTime);
  const lab = new Lab(new Program([...program, ...args], { input: "", ...rest }));
  cleanUp(() => lab.program.kill());
  return lab.ready();
}

/**
 * Starts distsrv with this configuration. Give services `port: 0`, and get the real ports from the lab. Call it at the
 * top of a file, whose tests then share the lab.
 */
export function startLab(
  yaml: string,
  options: ServerOptions & { readonly args?: readonly string[] } = {},
): Promise<Lab> {
  const { args = [], ...rest } = options;
  // Deleted after the lab is killed, which may keep its data beside the file.
  const config = join(scratchFolder("lab"), "lab.yaml");
  writeFileSync(config, yaml);
  // Labs run in parallel, so only one that configures a port for the admin service has one.
  const admin = /^admin:/m.test(yaml) ? [] : ["--set", "admin=false"];
  return startServer(["--config", config, ...admin, ...args], rest);
}

/** What was there a moment ago may be gone. */
function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "closed meanwhile";
  }
}
