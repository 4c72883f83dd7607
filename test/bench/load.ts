import { readFileSync } from "node:fs";
import type { Figures, Load, RunningServer } from "./case.ts";
import type { Workshop } from "./workshop.ts";

/** What a load generator prints. */
interface LoadReport {
  readonly operations: number;
  readonly seconds: number;
  readonly lost: number;
  readonly p50: number;
  readonly p99: number;
}

/**
 * Puts a server to work for so many seconds.
 * @throws with the generator's own words when the server did something wrong
 */
export async function runLoad(
  load: Load,
  server: Pick<RunningServer, "port" | "pid">,
  seconds: number,
  workshop: Workshop,
): Promise<Figures> {
  const program = await workshop.program(`load/${load.program}.c`);
  const parts = await load.arguments(server.port, seconds, workshop);
  const before = processorSeconds(server.pid);
  const generator = Bun.spawn([program, ...parts], { stdout: "pipe", stderr: "pipe" });
  // Every generator ends by itself; one that hangs must not hang the bench.
  const timer = setTimeout(() => generator.kill("SIGKILL"), (seconds + 60) * 1000);
  const said = Promise.all([generator.stdout.text(), generator.stderr.text()]);
  const status = await generator.exited;
  clearTimeout(timer);
  const [text, complaint] = await said;
  if (status !== 0) {
    throw new Error(complaint.trim() || `${load.program} ended with ${generator.signalCode ?? status}`);
  }
  const { operations, seconds: took, lost, p50, p99 } = JSON.parse(text) as LoadReport;
  const cpu = ((processorSeconds(server.pid) - before) / operations) * 1e6;
  return { perSecond: operations / took, p50, p99, cpu, lost };
}

/** Processor time of all threads of a process so far; 0 where there is no /proc. */
function processorSeconds(pid: number | undefined): number {
  if (pid === undefined) return 0;
  try {
    // The fields after the command's closing parenthesis; user and system time are in hundredths of a second.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}
