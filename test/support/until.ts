/** Resolves once `condition` holds; fails with its source when it does not within `limit` milliseconds. */
export async function until(condition: () => boolean | Promise<boolean>, limit = 5000): Promise<void> {
  const deadline = performance.now() + limit;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${limit} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
