import { pickleInt } from "../../protocol/pickle.ts";
import { compileTemplate } from "../../protocol/text/template.ts";
import { clockText } from "./clock-text.ts";

export const workFields = ["workload", "count", "time"];

/** One workload as the bytes of a message. */
export type WorkEncoder = (workload: number, count: number) => Uint8Array;

export interface WorkEncoding {
  readonly encoding: "pickle" | "json" | "text";
  readonly message: string;
  readonly zone: string;
}

const encoder = new TextEncoder();

export function workEncoder({ encoding, message, zone }: WorkEncoding): WorkEncoder {
  switch (encoding) {
    case "pickle":
      return madeOnce(pickleInt);
    case "json":
      return madeOnce((workload) => encoder.encode(JSON.stringify(workload)));
    case "text": {
      const template = compileTemplate(message, workFields);
      const time = clockText(zone);
      return (workload, count) => encoder.encode(template.render({ workload, count, time: time() }));
    }
  }
}

/** Messages of small workloads are made once: with no pause between them, making them is most of the work. */
function madeOnce(make: (workload: number) => Uint8Array): WorkEncoder {
  const made: Uint8Array[] = [];
  return (workload) => {
    if (workload > 1000) return make(workload);
    made[workload] ??= make(workload);
    return made[workload];
  };
}
