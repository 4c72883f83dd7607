import { readFileSync } from "node:fs";
import { type Figures, Lacking, type Load } from "./case.ts";
import { gcc, type Need } from "./machine.ts";

/** What every load generator prints; some print more figures. */
interface LoadReport {
  readonly operations: number;
  readonly seconds: number;
  readonly lost: number;
  readonly [name: string]: number;
}

/** A generator's exit status when the server lacks the measured feature: LACKS in `load/fail.h`. */
const lacks = 3;

export interface ProgramOptions {
  readonly needs?: readonly Need[];
  /** Seconds after the measurement when it counts as hanging and is killed. */
  readonly timeout?: number;
}

/** A load generator of the folder `load`: it loads a server, checks its replies, and prints one line of JSON. */
export function program(
  name: string,
  args: (
    port: number,
    seconds: number,
    file: (text: string) => Promise<string>,
  ) => Promise<readonly unknown[]>,
  { needs = [], timeout = 60 }: ProgramOptions = {},
): Load {
  return {
    needs: [gcc, ...needs],
    async measure({ port, pid }, seconds, workshop) {
      const path = await workshop.program(`load/${name}.c`);
      const parts = await args(port, seconds, (text) => workshop.file(text));
      const before = processorSeconds(pid);
      const text = await run([path, ...parts.map(String)], (seconds + timeout) * 1000);
      return figuresOf(JSON.parse(text) as LoadReport, processorSeconds(pid) - before);
    },
  };
}

/** @throws with the generator's message when the server did something wrong */
async function run(command: readonly string[], timeout: number): Promise<string> {
  const generator = Bun.spawn([...command], { stdout: "pipe", stderr: "pipe" });
  // Every generator ends by itself; one that hangs must not hang the bench.
  const timer = setTimeout(() => generator.kill("SIGKILL"), timeout);
  const output = Promise.all([new Response(generator.stdout).text(), new Response(generator.stderr).text()]);
  const status = await generator.exited;
  clearTimeout(timer);
  const [text, complaint] = await output;
  if (status === 0) return text;
  if (status === lacks) throw new Lacking(complaint.trim());
  throw new Error(complaint.trim() || `${command[0]} ended with ${generator.signalCode ?? status}`);
}

function figuresOf({ operations, seconds, ...figures }: LoadReport, processor: number): Figures {
  return { ...figures, perSecond: operations / seconds, cpu: (processor / operations) * 1e6 };
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
