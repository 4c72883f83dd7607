/**
 * Takes a port exclusively and lets it go again. Threads that share their port do so first: sharing alone would let a
 * second copy of the program take the same port without a word.
 * @returns the real port
 * @throws what the operating system says when somebody else has it
 */
export function claimPort(host: string, port: number): number {
  const probe = Bun.listen({ hostname: host, port, socket: { data() {} } });
  const claimed = probe.port;
  probe.stop(true);
  return claimed;
}
