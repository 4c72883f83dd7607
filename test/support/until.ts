/** How long a test waits for anything that has to happen, in milliseconds: a busy machine takes its time. */
export const maxWait = 15_000;

/** Resolves once `condition` holds; fails with its source when it does not within `limit` milliseconds. */
export async function until(condition: () => boolean | Promise<boolean>, limit = maxWait): Promise<void> {
  const deadline = performance.now() + limit;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${limit} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
