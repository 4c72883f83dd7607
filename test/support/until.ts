/** How long a test waits for anything that has to happen, in milliseconds: a busy machine takes its time. */
export const maxWait = 20_000;

/** How long a whole test may take that starts processes or a browser: several such waits, each for a part of it. */
export const maxTestTime = 3 * maxWait;

/** Resolves once `condition` holds; fails with its source when it does not within `limit` milliseconds. */
export async function until(condition: () => boolean | Promise<boolean>, limit = maxWait): Promise<void> {
  const deadline = performance.now() + limit;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${limit} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
