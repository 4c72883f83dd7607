import { getJson, tokenRequired } from "../api/client.ts";
import type { About, Problem, Service } from "../api/types.ts";
import { toneIn } from "../wire/palette.ts";
import { forgetMe, refreshMe } from "./me.ts";
import { RateHistory } from "./rates.ts";
import { store } from "./store.ts";
import { useStore } from "./use-store.ts";

/** The server's last answers, shared by all pages. */
export const services = store<readonly Service[] | undefined>(undefined);
export const problems = store<readonly Problem[]>([]);
export const about = store<About | undefined>(undefined);
/** Whether the server answers. */
export const link = store<"connecting" | "up" | "down">("connecting");

const pollMs = 1000;
const requestTimeoutMs = 5000;
const histories = new Map<string, RateHistory>();

export function historyOf(service: string): RateHistory {
  let history = histories.get(service);
  if (history === undefined) {
    history = new RateHistory();
    histories.set(service, history);
  }
  return history;
}

/** The CSS class that gives an element the colour of a service. */
export function useTone(): (service: string) => string {
  const names = useStore(services)?.map(({ name }) => name) ?? [];
  return (service) => `tone-${toneIn(names, service)}`;
}

/** Polls the server once a second while the page is visible. */
export function pollLab(): void {
  const poll = async () => {
    if (!document.hidden && !tokenRequired.get()) await refresh();
    setTimeout(poll, pollMs);
  };
  void poll();
  document.addEventListener("visibilitychange", () => void (document.hidden || refresh()));
  // A token that the user has just entered is tried at once.
  tokenRequired.subscribe(() => {
    if (tokenRequired.get()) return;
    forgetMe();
    void refresh();
  });
}

/** Reads everything again, e.g. after a service was stopped. */
export async function refresh(): Promise<void> {
  const timeout = AbortSignal.timeout(requestTimeoutMs);
  try {
    const [list, found] = await Promise.all([
      getJson<Service[]>("/api/services", timeout),
      getJson<Problem[]>("/api/problems", timeout),
    ]);
    for (const { name, stats } of list) historyOf(name).add(Date.now(), stats);
    services.set(list);
    problems.set(found);
    link.set("up");
    about.set(await getJson<About>("/api/about", timeout));
    await refreshMe(timeout);
  } catch {
    if (!tokenRequired.get()) link.set("down");
  }
}
