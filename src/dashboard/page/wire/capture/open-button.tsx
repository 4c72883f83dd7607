import { useRef } from "preact/hooks";
import { Icon } from "../../components/icons.tsx";
import { useKeys } from "../../state/keys.ts";
import { texts } from "../../text/language.ts";
import { openCapture } from "./opened-capture.ts";

const words = texts({
  en: {
    open: "Open a capture",
    hint: "Open a capture: pcap, pcapng, also packed by gzip. It stays in this browser (o)",
  },
  id: {
    open: "Buka tangkapan",
    hint: "Buka tangkapan: pcap, pcapng, juga yang dipadatkan dengan gzip. Berkas tetap di peramban ini (o)",
  },
});

/** Chooses a file; one may also be dropped on the page. */
export function OpenButton() {
  const input = useRef<HTMLInputElement>(null);
  const choose = () => input.current?.click();
  useKeys({ o: choose });
  return (
    <>
      <button type="button" onClick={choose} aria-label={words.open} title={words.hint}>
        <Icon name="open" />
      </button>
      <input
        ref={input}
        type="file"
        hidden
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          // The same file can be chosen again.
          currentTarget.value = "";
          if (file !== undefined) openCapture(file);
        }}
      />
    </>
  );
}
