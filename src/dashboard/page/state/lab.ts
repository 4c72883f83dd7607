import { getJson, tokenWanted } from "../api/client.ts";
import type { About, Problem, Service } from "../api/types.ts";
import { RateHistory } from "./rates.ts";
import { cell } from "./store.ts";

/** What the server has told last, shared by all pages. */
export const services = cell<readonly Service[] | undefined>(undefined);
export const problems = cell<readonly Problem[]>([]);
export const about = cell<About | undefined>(undefined);
/** Whether the server answers. */
export const link = cell<"connecting" | "up" | "down">("connecting");

const every = 1000;
const histories = new Map<string, RateHistory>();

export function historyOf(service: string): RateHistory {
  let history = histories.get(service);
  if (history === undefined) {
    history = new RateHistory();
    histories.set(service, history);
  }
  return history;
}

/** The services' names in the order of the configuration. */
export function serviceNames(): readonly string[] {
  return services.get()?.map(({ name }) => name) ?? [];
}

/** Asks once a second, as long as somebody looks at the page. */
export function watchLab(): void {
  const turn = async () => {
    if (!document.hidden && !tokenWanted.get()) await refresh();
    setTimeout(turn, every);
  };
  void turn();
  document.addEventListener("visibilitychange", () => void (document.hidden || refresh()));
  // A token that has just been given is tried at once.
  tokenWanted.listen(() => void (tokenWanted.get() || refresh()));
}

/** Reads everything again, e.g. after a service was told to stop. */
export async function refresh(): Promise<void> {
  const patience = AbortSignal.timeout(5000);
  try {
    const [list, complaints] = await Promise.all([
      getJson<Service[]>("/api/services", patience),
      getJson<Problem[]>("/api/problems", patience),
    ]);
    for (const { name, stats } of list) historyOf(name).add(Date.now(), stats);
    services.set(list);
    problems.set(complaints);
    link.set("up");
    about.set(await getJson<About>("/api/about", patience));
  } catch {
    if (!tokenWanted.get()) link.set("down");
  }
}
