import { pickleInt } from "../../protocol/pickle.ts";
import { compileTemplate } from "../../protocol/text/template.ts";
import { clockText, workFields } from "./message.ts";

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
      return cached(pickleInt);
    case "json":
      return cached((workload) => encoder.encode(JSON.stringify(workload)));
    case "text": {
      const template = compileTemplate(message, workFields);
      const time = clockText(zone);
      return (workload, count) => encoder.encode(template.render({ workload, count, time: time() }));
    }
  }
}

/** Caches the messages of small workloads: with no pause configured, encoding them is most of the work. */
function cached(encode: (workload: number) => Uint8Array): WorkEncoder {
  const messages: Uint8Array[] = [];
  return (workload) => {
    if (workload > 1000) return encode(workload);
    messages[workload] ??= encode(workload);
    return messages[workload];
  };
}
