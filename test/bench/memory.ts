import { readFileSync, writeFileSync } from "node:fs";

/** Resident memory in bytes, once it has not changed for a second, or after ten. */
export async function settledMemory(pid: number): Promise<number> {
  let last = residentMemory(pid);
  for (let second = 0; second < 10; second++) {
    await Bun.sleep(1000);
    const now = residentMemory(pid);
    if (Math.abs(now - last) < 500_000) return now;
    last = now;
  }
  return last;
}

export const residentMemory = (pid: number): number => statusBytes(pid, "VmRSS");

/** The most that was resident since `forgetPeak`. */
export const peakMemory = (pid: number): number => statusBytes(pid, "VmHWM");

export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

function statusBytes(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1024;
}
