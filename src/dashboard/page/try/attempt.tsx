import { useMemo, useState } from "preact/hooks";
import type { TryOutcome } from "../api/types.ts";
import { HexView } from "../components/hex-view.tsx";
import { JsonView } from "../components/json-view.tsx";
import { clock, milliseconds } from "../text/format.ts";
import { texts } from "../text/language.ts";
import type { Draft } from "./composer.tsx";
import { type Verdict, verdictOf } from "./expectation.ts";
import { partsOf, setOut } from "./reply.ts";

const words = texts({
  en: {
    answered: "answered",
    failed: "failed",
    sent: "sent",
    met: "as expected",
    missed: { equal: "another answer", contains: "not in the answer", within: "too late" },
    time: (text: string) => `${text} ms`,
    request: "Request",
    reply: "Reply",
    nothingOut: "Nothing went out.",
    nothingBack: "None: nothing came back.",
    none: "None.",
    shapes: "Show as",
    setOut: "Set out",
    text: "Text",
    hex: "Hex",
    again: "Send again",
  },
  id: {
    answered: "dijawab",
    failed: "gagal",
    sent: "terkirim",
    met: "sesuai harapan",
    missed: { equal: "jawabannya lain", contains: "tidak ada dalam jawaban", within: "terlambat" },
    time: (text) => `${text} ms`,
    request: "Request",
    reply: "Reply",
    nothingOut: "Tidak ada yang terkirim.",
    nothingBack: "Tidak ada: tidak ada yang kembali.",
    none: "Tidak ada.",
    shapes: "Tampilkan sebagai",
    setOut: "Rapi",
    text: "Teks",
    hex: "Hex",
    again: "Kirim lagi",
  },
});

export interface Attempt {
  readonly id: number;
  readonly service: string;
  readonly time: number;
  readonly draft: Draft;
  readonly outcome: TryOutcome;
}

type Shape = "setOut" | "text" | "hex";

/** Request and reply side by side, set out, as text or in hexadecimal. */
export function AttemptView({ attempt, onAgain }: { attempt: Attempt; onAgain: (draft: Draft) => void }) {
  const { draft, outcome, time } = attempt;
  const { ms, request, reply, error } = outcome;
  const [chosen, setChosen] = useState<Shape>();
  const canSetOut = useMemo(
    () => [request, reply].some((side) => side !== null && setOut(partsOf(side.text).body) !== undefined),
    [request, reply],
  );
  const shape = chosen ?? (canSetOut ? "setOut" : "text");
  const shapes: readonly Shape[] = canSetOut ? ["setOut", "text", "hex"] : ["text", "hex"];
  return (
    <article class="panel attempt">
      <header>
        <Marks outcome={outcome} verdict={verdictOf(draft.expected, outcome)} />
        <span class="soft small">
          {clock(time)} · {words.time(milliseconds(ms))}
        </span>
        <span class="attempt-tools">
          <fieldset class="segments" aria-label={words.shapes}>
            {shapes.map((each) => (
              <button key={each} type="button" aria-pressed={each === shape} onClick={() => setChosen(each)}>
                {words[each]}
              </button>
            ))}
          </fieldset>
          <button type="button" class="quiet" onClick={() => onAgain(draft)}>
            {words.again}
          </button>
        </span>
      </header>
      <div class="exchange">
        <Side title={words.request} shown={request} shape={shape} fallback={words.nothingOut} />
        <Side
          title={words.reply}
          shown={reply}
          shape={shape}
          fallback={error === undefined ? words.nothingBack : words.none}
        />
      </div>
      {error !== undefined && <p class="error">{error}</p>}
    </article>
  );
}

function Marks({ outcome, verdict }: { outcome: TryOutcome; verdict: Verdict | undefined }) {
  const { ok, reply } = outcome;
  return (
    <>
      <span class={`verdict ${ok ? "good" : "bad"}`}>
        {!ok ? words.failed : reply === null ? words.sent : words.answered}
      </span>
      {verdict !== undefined && (
        <span class={`mark ${verdict.isMet ? "mark-good" : "mark-bad"}`}>
          {verdict.isMet
            ? `✓ ${words.met}`
            : `✗ ${verdict.missed.map((each) => words.missed[each]).join(", ")}`}
        </span>
      )}
    </>
  );
}

interface SideProps {
  readonly title: string;
  readonly shown: TryOutcome["request"];
  readonly shape: Shape;
  /** Shown when there is no message. */
  readonly fallback: string;
}

function Side({ title, shown, shape, fallback }: SideProps) {
  return (
    <section class="side-text">
      <h3>{title}</h3>
      {shown === null ? <p class="soft">{fallback}</p> : <Message shown={shown} shape={shape} />}
    </section>
  );
}

function Message({ shown, shape }: { shown: NonNullable<TryOutcome["request"]>; shape: Shape }) {
  const { text, bytes } = shown;
  if (shape === "hex" && bytes !== undefined) return <HexView base64={bytes} />;
  const { head, body } = partsOf(text);
  const out = shape === "setOut" ? setOut(requestBody(text) ?? body) : undefined;
  if (out === undefined) return <pre>{text}</pre>;
  const start = requestHead(text) ?? head;
  return (
    <>
      {start !== undefined && <pre class="head">{start}</pre>}
      {out.kind === "json" ? <JsonView value={out.value} /> : <pre>{out.text}</pre>}
    </>
  );
}

/** Of an HTTP request, what stands before and after the empty line. */
const isRequest = (text: string): boolean => /^\S+ \S+ HTTP\/1\.[01]\r\n/.test(text);
const requestHead = (text: string) => (isRequest(text) ? text.split("\r\n\r\n", 1)[0] : undefined);
const requestBody = (text: string) =>
  isRequest(text) ? text.slice(text.indexOf("\r\n\r\n") + 4) : undefined;
