export const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;

const maxNamed = 8;

/** `packet 4`, `packets 4, 6–7, 9`; of many the first and the last. One that holds several things is named once. */
export function packetList(all: readonly string[], one: string, many: string): string {
  const packets = [...new Set(all)];
  if (packets.length === 1) return `${one} ${packets[0]}`;
  if (packets.length <= maxNamed) return `${many} ${packets.join(", ")}`;
  return `${many} ${packets.slice(0, maxNamed - 2).join(", ")}, …, ${packets.at(-1)}`;
}
