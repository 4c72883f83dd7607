import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { integer } from "../text/format.ts";
import { asciiChar, bytesOfBase64, hexPair } from "../text/hex.ts";
import { texts } from "../text/language.ts";

const words = texts({
  en: {
    label: (count: number) => `${count === 1 ? "One byte" : `${count} bytes`} in hexadecimal`,
    more: (count: string) => `… ${count} bytes more`,
  },
  id: {
    label: (count) => `${count} byte dalam heksadesimal`,
    more: (count) => `… ${count} byte lagi`,
  },
});

/** Bytes from `from` up to, and without, `to`. */
export interface ByteSpan {
  readonly from: number;
  readonly to: number;
}

interface HexViewProps {
  readonly base64: string;
  /** The length of the whole message, when `base64` is only its beginning. */
  readonly size?: number | undefined;
  readonly marked?: ByteSpan | undefined;
  /** The byte that is pointed at. */
  readonly onPoint?: (at: number | undefined) => void;
  /** The least width for sixteen bytes a line, in pixels. */
  readonly wide?: number;
}

/** Offsets, bytes in hexadecimal, and the same bytes as text. Sixteen a line; eight where that would be cut off. */
export function HexView({ base64, size, marked, onPoint, wide = 540 }: HexViewProps) {
  const bytes = useMemo(() => bytesOfBase64(base64), [base64]);
  const place = useRef<HTMLElement>(null);
  const perLine = usePerLine(place, wide);
  const rest = (size ?? bytes.length) - bytes.length;
  const starts = useMemo(
    () => Array.from({ length: Math.ceil(bytes.length / perLine) }, (_, line) => line * perLine),
    [bytes, perLine],
  );
  const point = (event: PointerEvent) => {
    const at = event.target instanceof HTMLElement ? event.target.dataset.at : undefined;
    onPoint?.(at === undefined ? undefined : Number(at));
  };
  return (
    <section
      ref={place}
      class={`hex hex-${perLine}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label={words.label(bytes.length)}
      onPointerOver={point}
      onPointerLeave={() => onPoint?.(undefined)}
    >
      {starts.map((start) => (
        <HexLine
          key={start}
          bytes={bytes}
          start={start}
          end={Math.min(start + perLine, bytes.length)}
          from={Math.max(start, marked?.from ?? 0)}
          to={Math.min(start + perLine, marked?.to ?? 0)}
        />
      ))}
      {rest > 0 && <div class="soft">{words.more(integer(rest))}</div>}
    </section>
  );
}

interface HexLineProps {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** What is marked of this line. */
  readonly from: number;
  readonly to: number;
}

/** Renders again only when what is marked of it changes: a message may have hundreds of lines. */
function HexLine({ bytes, start, end, from, to }: HexLineProps) {
  const [first, last] = from < to ? [from, to] : [0, 0];
  return useMemo(() => {
    const places = Array.from({ length: end - start }, (_, index) => start + index);
    const look = (at: number) => (at >= first && at < last ? "marked" : "");
    // The gap behind the last one belongs to nobody.
    const pair = (at: number) =>
      `${look(at)}${at === last - 1 ? " end" : ""}${at === start + 8 ? " half" : ""}`;
    return (
      <div>
        <span class="offset">{start.toString(16).padStart(4, "0")}</span>
        <span class="pairs">
          {places.map((at) => (
            <span key={at} data-at={at} class={pair(at)}>
              {`${hexPair(bytes[at] ?? 0)} `}
            </span>
          ))}
        </span>
        <span class="ascii">
          {places.map((at) => (
            <span key={at} data-at={at} class={look(at)}>
              {asciiChar(bytes[at] ?? 0)}
            </span>
          ))}
        </span>
      </div>
    );
  }, [bytes, start, end, first, last]);
}

function usePerLine(place: { readonly current: HTMLElement | null }, wide: number): 8 | 16 {
  const [perLine, setPerLine] = useState<8 | 16>(16);
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return;
    const measure = () => setPerLine(element.clientWidth < wide ? 8 : 16);
    measure();
    const resized = new ResizeObserver(measure);
    resized.observe(element);
    return () => resized.disconnect();
  }, [wide]);
  return perLine;
}
