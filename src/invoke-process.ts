import type { Cli } from "./cli/program/command.ts";
import type { Sink } from "./cli/terminal/io.ts";
import { onAbort } from "./core/deadline.ts";
import type { OwnProgram } from "./own-program.ts";

/**
 * Runs a command of distcli in a process of its own, as one types it: what it leaves open, such as a kept HTTP connection,
 * ends with it.
 */
export const invokeProcess =
  ({ command, ...name }: OwnProgram): Cli["invoke"] =>
  async (args, { stdout, stderr, env, signal }) => {
    const child = Bun.spawn([...command, ...args], {
      ...name,
      env: {
        ...env,
        COLUMNS: `${stdout.columns}`,
        ...(stdout.isTerminal && { CLICOLOR_FORCE: "1" }),
      },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const forget = onAbort(signal, () => child.kill("SIGINT"));
    try {
      await Promise.all([pass(child.stdout, stdout), pass(child.stderr, stderr)]);
      return await child.exited;
    } finally {
      forget();
    }
  };

async function pass(from: ReadableStream<Uint8Array>, to: Sink): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of from) to.write(decoder.decode(chunk, { stream: true }));
}
