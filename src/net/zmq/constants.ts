// The constants of zmq.h.

export const socketTypes = {
  pair: 0,
  pub: 1,
  sub: 2,
  req: 3,
  rep: 4,
  dealer: 5,
  router: 6,
  pull: 7,
  push: 8,
  xpub: 9,
} as const;

export type SocketType = keyof typeof socketTypes;

/** Options whose value is a C int. */
export const intOptions = {
  fd: 14,
  linger: 17,
  sndhwm: 23,
  rcvhwm: 24,
  immediate: 39,
  ipv6: 42,
} as const;

export type IntOption = keyof typeof intOptions;

/** Options whose value is bytes or a string. */
export const textOptions = { subscribe: 6, lastEndpoint: 32, zapDomain: 55 } as const;

/** The one option whose value is 64 bits wide. */
export const maxMessageSizeOption = 22;

export const contextOptions = { ioThreads: 1, maxSockets: 2 } as const;

export const flags = { dontWait: 1, sendMore: 2 } as const;

export const pollEvents = { nothing: 0, readable: 1, writable: 2 } as const;

export const monitorEvents = {
  connected: 0x0001,
  connectRetried: 0x0004,
  disconnected: 0x0200,
  handshakeFailedNoDetail: 0x0800,
  handshakeSucceeded: 0x1000,
  handshakeFailedProtocol: 0x2000,
  handshakeFailedAuth: 0x4000,
} as const;
