/**
 * A colour for each service, told apart by people who see colours differently, each with a contrast of at least
 * 4.5 on white. The page's sheet has the same for light and dark (`--tone-0` and up).
 */
export const tones = [
  "#0b62c4",
  "#a84c00",
  "#0b7358",
  "#a3319b",
  "#6b4fd3",
  "#b3261e",
  "#5c6510",
  "#00707f",
  "#84492a",
  "#bd1656",
  "#38702f",
  "#806000",
  "#3f4aa8",
  "#525c70",
] as const;

/** By the order of the configuration, so that a service keeps its colour from page to page and run to run. */
export function toneIn(services: readonly string[], service: string): number {
  const index = services.indexOf(service);
  return (index === -1 ? tones.length - 1 : index) % tones.length;
}
