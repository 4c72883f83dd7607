import { useState } from "preact/hooks";
import { postJson } from "../api/client.ts";
import type { TryForm, TryOutcome } from "../api/types.ts";
import { useAction } from "../state/requests.ts";
import { texts } from "../text/language.ts";
import { type Attempt, AttemptView } from "./attempt.tsx";
import { Composer, type Draft } from "./composer.tsx";
import { anyAnswer } from "./expectation.ts";
import { forget, readHistory, remember, withoutSecrets } from "./history.ts";
import { PastRequests } from "./past-requests.tsx";
import { apiRequest, defaultsOf, firstRequest } from "./request.ts";

const words = texts({
  en: {
    results: "What came back",
    hint: "Request and reply appear here as they went over the wire; the same conversation is on the Wire page.",
  },
  id: {
    results: "Yang kembali",
    hint: "Request dan reply tampil di sini seperti yang lewat di jaringan; percakapan yang sama ada di halaman Wire.",
  },
});

const maxAttempts = 20;

/** Requests to one service, what came back, and the earlier ones. */
export function Bench({ form, isChosen }: { form: TryForm; isChosen: boolean }) {
  const [draft, setDraft] = useState<Draft>(() => ({
    request: firstRequest(form, "form"),
    expected: anyAnswer,
  }));
  const [attempts, setAttempts] = useState<readonly Attempt[]>([]);
  const [history, setHistory] = useState(() => readHistory(localStorage));
  const action = useAction();
  const send = (sent: Draft) =>
    action.start(async () => {
      const { path, body } = apiRequest(form, sent.request);
      const outcome = await postJson<TryOutcome>(path, body);
      const time = Date.now();
      const { service } = form;
      setAttempts((before) =>
        [{ id: time, service, time, draft: sent, outcome }, ...before].slice(0, maxAttempts),
      );
      const request = withoutSecrets(form, sent.request);
      const { ok, ms } = outcome;
      setHistory(remember(localStorage, { id: time, service, time, ...sent, request, ok, ms }));
    });
  const again = (past: Draft) => {
    const complete = completed(form, past);
    setDraft(complete);
    send(complete);
  };
  return (
    <>
      <Composer
        form={form}
        draft={draft}
        onChange={setDraft}
        onSend={() => send(draft)}
        isBusy={action.isBusy}
        error={action.error}
        isChosen={isChosen}
      />
      <ol class="attempts" aria-label={words.results} aria-live="polite">
        {attempts.map((attempt) => (
          <li key={attempt.id}>
            <AttemptView attempt={attempt} onAgain={again} />
          </li>
        ))}
      </ol>
      {attempts.length === 0 && <p class="soft small hint">{words.hint}</p>}
      <PastRequests
        requests={history.filter(({ service }) => service === form.service)}
        onFill={(past) => setDraft(completed(form, past))}
        onAgain={again}
        onForget={() => setHistory(forget(localStorage, form.service))}
      />
    </>
  );
}

/** A remembered request has no secrets, and the form may have other fields by now. */
function completed({ fields }: TryForm, { request, expected }: Draft): Draft {
  if (request.kind !== "form") return { request, expected };
  const defaults = defaultsOf(fields);
  const known = Object.entries(request.values).filter(([name]) => name in defaults);
  return { request: { kind: "form", values: { ...defaults, ...Object.fromEntries(known) } }, expected };
}
