type Stats = Readonly<Record<string, number>>;

/** The counters to use, best first; those in one list are added up. */
const received = [
  ["messages_received_total"],
  ["datagrams_received_total"],
  ["requests_total"],
  ["messages_total"],
];
const sent = [
  ["messages_sent_total"],
  ["datagrams_sent_total"],
  ["responses_2xx_total", "responses_3xx_total", "responses_4xx_total", "responses_5xx_total"],
  ["replies_total"],
];

/**
 * Messages received and sent, under the same two names for every service that counts them. A message is a chunk, a
 * datagram or a request, depending on the protocol.
 */
export function messageCounts(stats: Stats): Record<string, number> {
  const [messagesIn, messagesOut] = [firstOf(stats, received), firstOf(stats, sent)];
  return {
    ...(messagesIn !== undefined && { messages_received_total: messagesIn }),
    ...(messagesOut !== undefined && { messages_sent_total: messagesOut }),
  };
}

function firstOf(stats: Stats, sources: readonly (readonly string[])[]): number | undefined {
  const names = sources.find((source) => source.some((name) => stats[name] !== undefined));
  return names?.reduce((sum, name) => sum + (stats[name] ?? 0), 0);
}
