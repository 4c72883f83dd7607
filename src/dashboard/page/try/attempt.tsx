import { useState } from "preact/hooks";
import type { TryOutcome } from "../api/types.ts";
import { HexView } from "../components/hex-view.tsx";
import { clock } from "../text/format.ts";

export interface Attempt {
  readonly id: number;
  readonly service: string;
  readonly time: number;
  readonly outcome: TryOutcome;
}

/** Request and reply side by side, as text or in hexadecimal. */
export function AttemptView({ attempt }: { attempt: Attempt }) {
  const { ok, ms, request, reply, error } = attempt.outcome;
  const [isHex, setHex] = useState(false);
  return (
    <article class="panel attempt">
      <header>
        <span class={`verdict ${ok ? "good" : "bad"}`}>{ok ? "answered" : "failed"}</span>
        <span class="soft small">
          {clock(attempt.time)} · {ms < 10 ? ms.toFixed(2) : Math.round(ms)} ms
        </span>
        <button type="button" class="small" aria-pressed={isHex} onClick={() => setHex(!isHex)}>
          Hex
        </button>
      </header>
      <div class="exchange">
        <Side title="Request" shown={request} isHex={isHex} fallback="Nothing went out." />
        <Side
          title="Reply"
          shown={reply}
          isHex={isHex}
          fallback={error === undefined ? "None: this service does not answer." : "None."}
        />
      </div>
      {error !== undefined && <p class="error">{error}</p>}
    </article>
  );
}

interface SideProps {
  readonly title: string;
  readonly shown: TryOutcome["request"];
  readonly isHex: boolean;
  /** Shown when there is no message. */
  readonly fallback: string;
}

function Side({ title, shown, isHex, fallback }: SideProps) {
  return (
    <section class="side-text">
      <h3>{title}</h3>
      {shown === null && <p class="soft">{fallback}</p>}
      {shown !== null &&
        (isHex && shown.bytes !== undefined ? <HexView base64={shown.bytes} /> : <pre>{shown.text}</pre>)}
    </section>
  );
}
