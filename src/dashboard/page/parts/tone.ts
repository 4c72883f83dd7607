import { services } from "../state/lab.ts";
import { useCell } from "../state/store.ts";
import { toneIn } from "../wire/palette.ts";

/** The class that gives an element the colour of a service. */
export function useTone(): (service: string) => string {
  const names = useCell(services)?.map(({ name }) => name) ?? [];
  return (service) => `tone-${toneIn(names, service)}`;
}
