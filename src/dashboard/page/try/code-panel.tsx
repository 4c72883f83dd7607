import { useState } from "preact/hooks";
import type { TryForm } from "../api/types.ts";
import { texts } from "../text/language.ts";
import { shared } from "../text/words.ts";
import { codeFor } from "./code/code.ts";
import type { TryRequest } from "./request.ts";

const words = texts({
  en: {
    title: "As code",
    language: "Language",
    copied: "Copied",
    failed: "Select and copy it by hand",
    none: "No code says just this.",
  },
  id: {
    title: "Sebagai kode",
    language: "Bahasa pemrograman",
    copied: "Tersalin",
    failed: "Pilih lalu salin sendiri",
    none: "Tidak ada kode yang menyatakan persis ini.",
  },
});

/** The request as a command or a program to be pasted elsewhere. */
export function CodePanel({ form, request }: { form: TryForm; request: TryRequest }) {
  const [chosen, setChosen] = useState("");
  const all = codeFor(form, request);
  const code = all.find(({ language }) => language === chosen) ?? all[0];
  return (
    <details class="code-panel">
      <summary>{words.title}</summary>
      {code === undefined ? (
        <p class="soft small">{words.none}</p>
      ) : (
        <>
          <div class="section-head">
            <fieldset class="segments" aria-label={words.language}>
              {all.map(({ language }) => (
                <button
                  key={language}
                  type="button"
                  aria-pressed={language === code.language}
                  onClick={() => setChosen(language)}
                >
                  {language}
                </button>
              ))}
            </fieldset>
            <CopyButton text={code.text} />
          </div>
          <pre class="code">{code.text}</pre>
        </>
      )}
    </details>
  );
}

function CopyButton({ text }: { text: string }) {
  const [state, setState] = useState<"copy" | "copied" | "failed">("copy");
  const copy = () => {
    const done = (next: typeof state) => {
      setState(next);
      setTimeout(() => setState("copy"), 2000);
    };
    // Browsers keep the clipboard from pages that come by plain HTTP from another machine.
    const written = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error("no clipboard"));
    written.then(() => done("copied")).catch(() => done("failed"));
  };
  return (
    <button type="button" class="quiet" onClick={copy}>
      <span role="status">{state === "copy" ? shared.copy : words[state]}</span>
    </button>
  );
}
