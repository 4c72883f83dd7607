/** How long past its deadline a service may take before nobody waits for it any more. */
const patienceMs = 500;

/** @throws {Error} when `stop` is not done a moment after the deadline */
export async function inTime(stop: Promise<void>, deadline: AbortSignal): Promise<void> {
  let timer: Timer | undefined;
  const late = new Promise<void>((_, reject) => {
    const give = () => {
      timer = setTimeout(() => reject(new Error("it does not stop in time")), patienceMs);
    };
    if (deadline.aborted) give();
    else deadline.addEventListener("abort", give, { once: true });
  });
  late.catch(() => {});
  try {
    await Promise.race([stop, late]);
  } finally {
    clearTimeout(timer);
  }
}
