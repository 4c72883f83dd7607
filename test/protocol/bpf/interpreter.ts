import { Code, type Instruction } from "../../../src/protocol/bpf/assembler.ts";
import { Ancillary, networkOffset } from "../../../src/protocol/bpf/port-filter.ts";

/** What the kernel knows of a packet. */
export interface KernelPacket {
  /** From the network layer's header on. */
  readonly network: Buffer;
  readonly protocol: number;
  readonly packetType?: number;
  readonly hardwareType?: number;
}

/** Runs a program as the kernel does. @returns how many bytes are kept; a load beyond the end rejects the packet */
export function runFilter(program: readonly Instruction[], packet: KernelPacket): number {
  let a = 0;
  let x = 0;
  let steps = 0;
  for (let at = 0; ; at++) {
    if (++steps > program.length) throw new Error("The program does not end");
    const instruction = program[at];
    if (instruction === undefined) throw new Error("The program runs beyond its end");
    const { code, ifTrue, ifFalse, constant } = instruction;
    const jump = (condition: boolean) => {
      at += condition ? ifTrue : ifFalse;
    };
    switch (code) {
      case Code.LoadByte:
      case Code.LoadHalf:
      case Code.LoadByteIndexed:
      case Code.LoadHalfIndexed: {
        const isIndexed = code === Code.LoadByteIndexed || code === Code.LoadHalfIndexed;
        const loaded = load(
          packet,
          (constant | 0) + (isIndexed ? x : 0),
          code === Code.LoadHalf || code === Code.LoadHalfIndexed,
        );
        if (loaded === undefined) return 0;
        a = loaded;
        break;
      }
      case Code.LoadIndex:
        x = constant;
        break;
      case Code.And:
        a &= constant;
        break;
      case Code.Add:
        a += constant;
        break;
      case Code.ShiftLeft:
        a <<= constant;
        break;
      case Code.AddIndex:
        a += x;
        break;
      case Code.ToIndex:
        x = a;
        break;
      case Code.Jump:
        at += constant;
        break;
      case Code.JumpIfEqual:
        jump(a === constant);
        break;
      case Code.JumpIfGreaterOrEqual:
        jump(a >= constant);
        break;
      case Code.JumpIfAnyBit:
        jump((a & constant) !== 0);
        break;
      case Code.Return:
        return constant;
      default:
        throw new Error(`Unknown code ${code}`);
    }
  }
}

function load(packet: KernelPacket, offset: number, isHalf: boolean): number | undefined {
  if (offset === Ancillary.Protocol) return packet.protocol;
  if (offset === Ancillary.PacketType) return packet.packetType ?? 0;
  if (offset === Ancillary.HardwareType) return packet.hardwareType ?? 1;
  const at = offset - networkOffset;
  if (at < 0 || at + (isHalf ? 2 : 1) > packet.network.length) return undefined;
  return isHalf ? packet.network.readUInt16BE(at) : packet.network[at];
}
