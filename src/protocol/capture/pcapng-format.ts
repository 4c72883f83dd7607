/** The blocks of a pcapng file, https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html */
export const BlockType = {
  Section: 0x0a0d0d0a,
  Interface: 1,
  /** Obsolete; old files have it. */
  Packet: 2,
  SimplePacket: 3,
  NameResolution: 4,
  InterfaceStatistics: 5,
  EnhancedPacket: 6,
} as const;

/** The codes of options: packets that the interface has lost (isb_ifdrop), and the system (isb_osdrop). */
export const StatisticsOption = { InterfaceDrops: 5, SystemDrops: 7 } as const;

export const byteOrderMagic = 0x1a2b3c4d;

/** Type, length, and the length again at the end. */
export const frameLength = 12;

/** Blocks that are read are held whole. Comments make some of them long. */
export const maxBlock = 1024 * 1024;
