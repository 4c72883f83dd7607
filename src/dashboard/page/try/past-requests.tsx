import { dateTime } from "../text/format.ts";
import { texts } from "../text/language.ts";
import type { Draft } from "./composer.tsx";
import type { PastRequest } from "./history.ts";
import { summaryOf } from "./request.ts";

const words = texts({
  en: {
    title: "Earlier requests",
    note: "Kept in this browser.",
    fill: "Edit",
    again: "Send again",
    forget: "Forget them",
    kinds: { form: "Form", http: "HTTP", raw: "Bytes" },
    ok: "answered",
    failed: "failed",
    fillLabel: (summary: string) => `Edit ${summary}`,
    againLabel: (summary: string) => `Send again ${summary}`,
  },
  id: {
    title: "Request sebelumnya",
    note: "Disimpan di peramban ini.",
    fill: "Sunting",
    again: "Kirim lagi",
    forget: "Lupakan",
    kinds: { form: "Formulir", http: "HTTP", raw: "Byte" },
    ok: "dijawab",
    failed: "gagal",
    fillLabel: (summary) => `Sunting ${summary}`,
    againLabel: (summary) => `Kirim lagi ${summary}`,
  },
});

interface PastRequestsProps {
  readonly requests: readonly PastRequest[];
  readonly onFill: (draft: Draft) => void;
  readonly onAgain: (draft: Draft) => void;
  readonly onForget: () => void;
}

/** The requests to one service that this browser remembers. */
export function PastRequests({ requests, onFill, onAgain, onForget }: PastRequestsProps) {
  if (requests.length === 0) return null;
  return (
    <section class="panel past" aria-label={words.title}>
      <div class="section-head">
        <h2>{words.title}</h2>
        <span class="soft small">{words.note}</span>
        <button type="button" class="quiet" onClick={onForget}>
          {words.forget}
        </button>
      </div>
      <ul>
        {requests.map((past) => {
          const summary = summaryOf(past.request);
          return (
            <li key={past.id}>
              <span
                class={`dot ${past.ok ? "dot-on" : "dot-bad"}`}
                role="img"
                aria-label={past.ok ? words.ok : words.failed}
              />
              <span class="soft small kind">{words.kinds[past.request.kind]}</span>
              <code class="what">{summary}</code>
              <time class="soft small">{dateTime(past.time)}</time>
              <span class="past-tools">
                <button
                  type="button"
                  class="quiet"
                  aria-label={words.fillLabel(summary)}
                  onClick={() => onFill(past)}
                >
                  {words.fill}
                </button>
                <button
                  type="button"
                  class="quiet"
                  aria-label={words.againLabel(summary)}
                  onClick={() => onAgain(past)}
                >
                  {words.again}
                </button>
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
