import type { FunctionComponent } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { Icon } from "../../components/icons.tsx";
import { useStore } from "../../state/use-store.ts";
import { texts } from "../../text/language.ts";
import { CaptureFailed, CaptureReading } from "./capture-state.tsx";
import { CaptureView } from "./capture-view.tsx";
import { openCapture, opened } from "./opened-capture.ts";

const words = texts({
  en: {
    drop: "Drop the capture here",
    stays: "It is read in this browser and sent nowhere.",
  },
  id: {
    drop: "Lepaskan tangkapan di sini",
    stays: "Berkas dibaca di peramban ini dan tidak dikirim ke mana pun.",
  },
});

/** The live page, until a file is dropped on it or chosen. */
export function WithCapture({ live: Live }: { readonly live: FunctionComponent }) {
  const capture = useStore(opened);
  const isOver = useDrop(openCapture);
  return (
    <>
      {capture === undefined && <Live />}
      {capture?.is === "reading" && <CaptureReading capture={capture} />}
      {capture?.is === "failed" && <CaptureFailed capture={capture} />}
      {capture?.is === "open" && <CaptureView key={capture.file} capture={capture} />}
      {isOver && (
        <div class="drop-hint">
          <p>
            <Icon name="open" size={36} />
            <strong>{words.drop}</strong>
            <span>{words.stays}</span>
          </p>
        </div>
      )}
    </>
  );
}

const hasFile = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes("Files") === true;

/** Takes a file that is dropped anywhere on the page. @returns whether one hovers over it */
function useDrop(take: (file: File) => void): boolean {
  const [isOver, setOver] = useState(false);
  // A file that is dropped as soon as the page is seen counts.
  useLayoutEffect(() => {
    const stop = new AbortController();
    const on = (type: "dragover" | "dragleave" | "drop", act: (event: DragEvent) => void) =>
      addEventListener(type, act, { signal: stop.signal });
    on("dragover", (event) => {
      if (!hasFile(event)) return;
      // Without this the browser would leave the page for the file.
      event.preventDefault();
      setOver(true);
    });
    on("dragleave", ({ relatedTarget }) => relatedTarget === null && setOver(false));
    on("drop", (event) => {
      if (!hasFile(event)) return;
      event.preventDefault();
      setOver(false);
      const [file] = event.dataTransfer?.files ?? [];
      if (file !== undefined) take(file);
    });
    return () => stop.abort();
  }, []);
  return isOver;
}
