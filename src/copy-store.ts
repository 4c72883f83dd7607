import type { OwnProgram } from "./own-program.ts";

/**
 * What `distsrv store export` prints of a directory. A process of its own reads it: a large store would hold up all
 * services, and take as much memory again.
 */
export async function* copyStore(
  { command, ...name }: OwnProgram,
  directory: string,
): AsyncGenerator<Uint8Array> {
  const child = Bun.spawn([...command, "store", "export", directory], {
    ...name,
    // The secrets of this process are none of its business.
    env: { PATH: process.env.PATH ?? "", TZ: process.env.TZ },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  try {
    yield* child.stdout;
    const [status, reason] = await Promise.all([child.exited, child.stderr.text()]);
    if (status !== 0) throw new Error(reason.trim() || `it ended with status ${status}`);
  } finally {
    // Whoever stops reading ends it.
    child.kill();
  }
}
