import { join } from "node:path";
import type { Contender } from "./case.ts";
import { type Launched, launch } from "./launch.ts";
import type { Workshop } from "./workshop.ts";

const root = join(import.meta.dir, "../..");

/** How distsrv is started: from source unless the bench is given a binary. */
let command: readonly string[] = [process.execPath, join(root, "src/distsrv.ts")];

export function useBinary(path: string): void {
  command = [path];
}

/** The ports by service. */
export type Ports = ReadonlyMap<string, number>;

/** Starts distsrv with these arguments; it is ready when every service listens. */
export function launchDistsrv(args: readonly string[], timeout?: number): Promise<Launched<Ports>> {
  const ports = new Map<string, number>();
  const read = (line: string) => {
    const entry: unknown = JSON.parse(line);
    if (!isLogLine(entry)) throw new Error(`distsrv printed a line that is no log line: ${line}`);
    if (entry.message === "Listening" && entry.name !== undefined) ports.set(entry.name, entry.port ?? 0);
    return /logs counters and clients/.test(entry.message) ? ports : undefined;
  };
  return launch([...command, ...args], read, timeout);
}

/** Runs one of its commands to its end. @throws {Error} with what it printed, when it fails */
export async function runDistsrv(args: readonly string[]): Promise<void> {
  const child = Bun.spawn([...command, ...args], { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const complaints = await child.stderr.text();
  if ((await child.exited) !== 0) throw new Error(complaints.trim());
}

interface LogLine {
  readonly message: string;
  readonly name?: string;
  readonly port?: number;
}

function isLogLine(value: unknown): value is LogLine {
  return typeof value === "object" && value !== null && "message" in value;
}

export interface OursOptions {
  /** The service's own configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Messages logged a second, as `log.messages`; 0: no observer. */
  readonly loggedMessages?: number;
  readonly name?: string;
  /** Services that run beside it, with their configuration. */
  readonly beside?: Readonly<Record<string, object>>;
  /** Settings of the whole process. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Everything is captured to a file, as by `capture:`. */
  readonly isCaptured?: boolean;
}

/** distsrv with one service of this role. */
export function ours(
  role: string,
  {
    config = {},
    loggedMessages = 0,
    name = "distsrv",
    beside = {},
    settings = {},
    isCaptured = false,
  }: OursOptions = {},
): Contender {
  return {
    name,
    needs: [],
    async start(workshop) {
      const services = { ...beside, [role]: { ...config, port: 0 } };
      const file = await configFile(workshop, services, { ...settings, log: { messages: loggedMessages } });
      const capture = isCaptured ? ["--capture", join(await workshop.newFolder(), "lab.pcapng")] : [];
      const { value, pid, stop } = await launchDistsrv(["--config", file, ...capture]);
      return { port: value.get(role) ?? 0, ports: value, pid, stop };
    },
  };
}

/** JSON is YAML. */
function configFile(workshop: Workshop, services: object, settings: object): Promise<string> {
  const config = { host: "127.0.0.1", admin: false, ...settings, services };
  return workshop.file(JSON.stringify(config), ".yaml");
}
