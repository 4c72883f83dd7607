/** A program that runs beside the bench until it is stopped. */
export interface Launched<T> {
  readonly value: T;
  readonly pid: number;
  readonly stdin: { end(): void };
  stop(): Promise<void>;
}

const running = new Set<Bun.Subprocess>();

/** Ends everything that was launched: for an interrupted run. */
export function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/**
 * Starts a program and reads its output until `read` returns a value for a line; later lines are discarded.
 * @throws with the program's output, when it ends before that or takes longer than `timeout` milliseconds
 */
export async function launch<T>(
  command: readonly string[],
  read: (line: string) => T | undefined,
  timeout = 15_000,
): Promise<Launched<T>> {
  const child = Bun.spawn([...command], { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
  running.add(child);
  void child.exited.then(() => running.delete(child));
  const complaints = lastOf(child.stderr);
  const timer = setTimeout(() => child.kill("SIGKILL"), timeout);
  const value = await firstOf(child.stdout, read);
  clearTimeout(timer);
  if (value === undefined) {
    await child.exited;
    const reason = (await complaints).trim() || `it ended with ${child.signalCode ?? child.exitCode}`;
    throw new Error(`Cannot start ${command.slice(0, 3).join(" ")}: ${reason}`);
  }
  return { value, pid: child.pid, stdin: child.stdin, stop: () => stop(child) };
}

async function stop(child: Bun.Subprocess): Promise<void> {
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 3000);
  await child.exited;
  clearTimeout(timer);
}

/** Resolves with the first value that `read` gives, or with undefined at the end of the stream; reads on. */
function firstOf<T>(stream: ReadableStream<Uint8Array>, read: (line: string) => T | undefined) {
  const { promise, resolve } = Promise.withResolvers<T | undefined>();
  const search = async () => {
    const decoder = new TextDecoder();
    let text = "";
    let found = false;
    for await (const chunk of stream) {
      if (found) continue; // a full pipe would stop the program
      const lines = (text + decoder.decode(chunk, { stream: true })).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        const value = found ? undefined : read(line);
        if (value === undefined) continue;
        found = true;
        resolve(value);
      }
    }
    resolve(undefined);
  };
  void search();
  return promise;
}

/** The end of a stream's text, once it has ended. */
async function lastOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) text = (text + decoder.decode(chunk, { stream: true })).slice(-2000);
  return text;
}
