import { formatIp, fromIpv6, type IpAddress, parseIp } from "../../core/address-range.ts";
import { openLibc } from "../libc.ts";

const functions = {
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
} as const;

type System = NonNullable<ReturnType<typeof openLibc<typeof functions>>>;

const isMac = process.platform === "darwin";

// From the headers of Linux and macOS: bits/socket.h, sys/socket.h.
const family = { ipv4: 2, ipv6: isMac ? 30 : 10 };
const datagrams = isMac ? 2 : 2 | 0o2000000;

/** A port is needed to connect; nothing is sent to it. */
const anyPort = 9;

/** Peers that are known at once. */
const maxPeers = 1024;

/** Milliseconds after which the routes are asked again: a laptop changes its network. */
const maxAge = 60_000;

/**
 * Under which address of this machine its peers meet a socket that is bound to all of them: the one that the kernel gives to
 * what is sent to a peer, by its route. A peer that has asked at another address of a machine with several gets its reply
 * from this one, too.
 */
export class RouteAddresses {
  readonly #known = new Map<string, string | undefined>();
  readonly #now: () => number;
  #since = Number.NEGATIVE_INFINITY;
  #system: System | undefined;
  #isOpened = false;

  /** @param now milliseconds that only go forward; another clock in tests */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get size(): number {
    return this.#known.size;
  }

  /** @returns undefined where there is no route, or no way to ask: on Windows, and for an address that needs a zone */
  to(peer: string): string | undefined {
    const now = this.#now();
    if (now - this.#since >= maxAge || this.#known.size >= maxPeers) {
      this.#known.clear();
      this.#since = now;
    }
    if (!this.#known.has(peer)) this.#known.set(peer, this.#ask(peer));
    return this.#known.get(peer);
  }

  #ask(peer: string): string | undefined {
    const address = parseIp(peer);
    if (!this.#isOpened) {
      this.#isOpened = true;
      this.#system = process.platform === "win32" ? undefined : openLibc(functions);
    }
    return address && this.#system && routeAddress(this.#system, address);
  }
}

/** A datagram socket that is connected has sent nothing, and has the address that it would send from. */
function routeAddress(system: System, peer: IpAddress): string | undefined {
  const fd = system.socket(peer.bits === 32 ? family.ipv4 : family.ipv6, datagrams, 0);
  if (fd < 0) return undefined;
  try {
    const target = socketAddress(peer);
    if (system.connect(fd, target, target.length) !== 0) return undefined;
    const own = new Uint8Array(target.length);
    if (system.getsockname(fd, own, Uint32Array.of(own.length)) !== 0) return undefined;
    return formatIp(addressIn(own));
  } finally {
    system.close(fd);
  }
}

/** sockaddr_in, or sockaddr_in6: family, port, and the address at its end, of IPv6 with the zone behind it. */
function socketAddress({ bits, value }: IpAddress): Uint8Array {
  const bytes = new Uint8Array(bits === 32 ? 16 : 28);
  const view = new DataView(bytes.buffer);
  const number = bits === 32 ? family.ipv4 : family.ipv6;
  if (isMac) bytes.set([bytes.length, number]);
  else view.setUint16(0, number, true);
  view.setUint16(2, anyPort);
  const at = bits === 32 ? 4 : 8;
  for (let byte = bits / 8 - 1, left = value; byte >= 0; byte--, left >>= 8n)
    bytes[at + byte] = Number(left & 0xffn);
  return bytes;
}

function addressIn(bytes: Uint8Array): IpAddress {
  const isIpv4 = bytes.length === 16;
  const address = isIpv4 ? bytes.subarray(4, 8) : bytes.subarray(8, 24);
  const value = address.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return isIpv4 ? { bits: 32, value } : fromIpv6(value);
}
