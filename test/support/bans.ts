import { isInRange, parseIp, parseRange } from "../../src/core/address-range.ts";
import type { Ban, Bans } from "../../src/core/guards.ts";

/** Bans of these addresses; `add` bans another one, as an operator does. */
export function testBans(...addresses: readonly string[]): Bans & { add(address: string): void } {
  const listeners = new Set<(ban: Ban) => void>();
  const bans = addresses.map(banOf);
  const holds = (ban: Ban, host: string) => {
    const [range, ip] = [parseRange(ban.address), parseIp(host)];
    return range !== undefined && ip !== undefined && isInRange(range, ip);
  };
  return {
    get isEmpty() {
      return bans.length === 0;
    },
    find: (host) => bans.find((ban) => holds(ban, host)),
    onBan(call) {
      listeners.add(call);
      return () => listeners.delete(call);
    },
    add(address) {
      const ban = banOf(address);
      bans.push(ban);
      for (const call of listeners) call(ban);
    },
  };
}

const banOf = (address: string): Ban => ({
  address,
  reason: "test",
  by: "operator",
  since: 0,
  until: null,
  disconnects: true,
});
