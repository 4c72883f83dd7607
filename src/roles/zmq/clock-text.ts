import { asctimeFormat, compileClock } from "../../protocol/text/clock.ts";

/** The time of the call as C's asctime prints it, worked out once a second. */
export function clockText(zone: string): () => string {
  const print = compileClock(asctimeFormat, zone);
  let second = Number.NaN;
  let text = "";
  return () => {
    const now = Date.now();
    const current = Math.floor(now / 1000);
    if (current !== second) {
      second = current;
      text = print(new Date(now));
    }
    return text;
  };
}
