import { onTestFinished } from "bun:test";
import { maxWait } from "./until.ts";

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Passes only PATH on from this process' environment. */
  readonly cleanEnvironment?: boolean;
  /** All of its input; absent: the input stays open for `say`. */
  readonly input?: string;
}

/** The result of a program. */
export interface Outcome {
  /** The exit status; after a signal 128 plus its number, as in a shell. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process, with its output so far. */
export class Program {
  stdout = "";
  stderr = "";
  /** The exit status, as in `Outcome`. */
  readonly exited: Promise<number>;
  readonly #command: readonly string[];
  readonly #process: Bun.Subprocess<"pipe", "pipe", "pipe">;
  readonly #waiting = new Set<() => void>();
  #ended = false;

  constructor(command: readonly string[], options: ProgramOptions = {}) {
    this.#command = command;
    this.#process = Bun.spawn([...command], {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...inherited(options), PYTHONUNBUFFERED: "1", PYTHONIOENCODING: "utf-8", ...options.env },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    if (options.input !== undefined) {
      this.#process.stdin.write(options.input);
      this.#process.stdin.end();
    }
    const output = this.#collect(this.#process.stdout, (text) => {
      this.stdout += text;
    });
    const errors = this.#collect(this.#process.stderr, (text) => {
      this.stderr += text;
    });
    this.exited = Promise.all([this.#process.exited, output, errors]).then(([status]) => {
      this.#ended = true;
      this.#wake();
      return status;
    });
  }

  get pid(): number {
    return this.#process.pid;
  }

  get isRunning(): boolean {
    return !this.#ended;
  }

  /** Writes a line to its standard input. */
  say(line: string): void {
    this.#process.stdin.write(`${line}\n`);
    this.#process.stdin.flush();
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  /** Resolves once stdout contains `text`. Fails with the whole output when the program exits or takes too long. */
  async prints(text: string, limit = maxWait): Promise<void> {
    await this.#within(limit, `print ${JSON.stringify(text)}`, async () => {
      while (!this.stdout.includes(text)) {
        if (this.#ended) throw new Error(this.#describe(`ended and never printed ${JSON.stringify(text)}`));
        await new Promise<void>((resolve) => this.#waiting.add(resolve));
      }
    });
  }

  /** Waits for the exit. Kills the program and fails after `limit` ms. */
  async outcome(limit = maxWait): Promise<Outcome> {
    const status = await this.#within(limit, "end", () => this.exited);
    return { status, stdout: this.stdout, stderr: this.stderr };
  }

  /** Kills it if it still runs. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.exited;
  }

  async #within<T>(limit: number, what: string, work: () => Promise<T>): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(this.#describe(`did not ${what} in ${limit} ms`))),
      limit,
    );
    try {
      return await Promise.race([work(), late]);
    } catch (error) {
      this.#process.kill("SIGKILL");
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #describe(what: string): string {
    const out = `stdout: ${tail(this.stdout)}\nstderr: ${tail(this.stderr)}`;
    return `${this.#command.join(" ")} ${what}\n${out}`;
  }

  async #collect(stream: ReadableStream<Uint8Array>, add: (text: string) => void): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      add(decoder.decode(chunk, { stream: true }));
      this.#wake();
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

function inherited({
  cleanEnvironment = false,
}: ProgramOptions): Readonly<Record<string, string | undefined>> {
  return cleanEnvironment ? { PATH: process.env.PATH } : process.env;
}

/** Runs a program until it exits. Kills it and fails after `limit` ms. */
export function run(
  command: readonly string[],
  options: ProgramOptions = {},
  limit?: number,
): Promise<Outcome> {
  return new Program(command, { input: "", ...options }).outcome(limit);
}

/** Runs a program that must succeed. @returns its output */
export async function output(
  command: readonly string[],
  options: ProgramOptions = {},
  limit?: number,
): Promise<string> {
  const { status, stdout, stderr } = await run(command, options, limit);
  if (status !== 0) {
    throw new Error(
      `${command.join(" ")} ended with ${status}\nstdout: ${tail(stdout)}\nstderr: ${tail(stderr)}`,
    );
  }
  return stdout;
}

/** Runs a program with these lines as its input. @returns its output */
export function typedInto(command: readonly string[], lines: readonly string[]): Promise<string> {
  return output(command, { input: lines.map((line) => `${line}\n`).join("") });
}

/**
 * A program that has got these lines, and waits for more until the test is over: mosquitto_pub, told that its input has
 * ended, waits for ever now and then.
 */
export function givenLines(command: readonly string[], lines: readonly string[]): Program {
  const program = new Program(command);
  onTestFinished(() => program.kill());
  program.say(lines.join("\n"));
  return program;
}

const tail = (text: string) => (text.length > 4000 ? `... ${text.slice(-4000)}` : text);
