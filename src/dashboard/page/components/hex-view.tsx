import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { bytesOfBase64, hexLines } from "../text/hex.ts";

/** A hex dump. `size` is the length of the whole message, when `base64` is only its beginning. */
export function HexView({ base64, size }: { base64: string; size?: number }) {
  const bytes = useMemo(() => bytesOfBase64(base64), [base64]);
  const place = useRef<HTMLElement>(null);
  const [perLine, setPerLine] = useState(16);
  // Eight bytes a line where there is little room, so that the text column stays visible.
  useLayoutEffect(() => setPerLine((place.current?.clientWidth ?? 0) < 540 ? 8 : 16), []);
  const lines = useMemo(() => hexLines(bytes, perLine), [bytes, perLine]);
  const rest = (size ?? bytes.length) - bytes.length;
  return (
    <section
      ref={place}
      class={`hex hex-${perLine}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label={`${bytes.length} bytes in hexadecimal`}
    >
      {lines.map(({ offset, hex, ascii }) => (
        <div key={offset}>
          <span class="offset">{offset}</span>
          <span class="pairs">{hex}</span>
          <span class="ascii">{ascii}</span>
        </div>
      ))}
      {rest > 0 && <div class="soft">… {rest.toLocaleString("en")} bytes more</div>}
    </section>
  );
}
