import { useState } from "preact/hooks";
import type { TryForm } from "../api/types.ts";
import { Empty } from "../components/empty.tsx";
import { useTone } from "../state/lab.ts";
import { usePoll } from "../state/requests.ts";
import { route } from "../state/route.ts";
import { useStore } from "../state/store.ts";
import { type Attempt, AttemptView } from "./attempt.tsx";
import { RequestForm } from "./form.tsx";

/** The forms change only with the configuration. */
const pollMs = 10_000;
const maxAttempts = 20;

/** Forms that let the server send one real request to a service, and the results. */
export function TryPage() {
  const { rest } = useStore(route);
  const { data: forms, error } = usePoll<TryForm[]>("/api/try", pollMs);
  const [attempts, setAttempts] = useState<readonly Attempt[]>([]);
  const tone = useTone();
  if (forms === undefined) return <p class={error === undefined ? "soft" : "error"}>{error}</p>;
  const form = forms.find(({ service }) => service === rest) ?? forms[0];
  if (form === undefined) return <Empty icon="try" title="There is nothing to try" />;
  const shown = attempts.filter(({ service }) => service === form.service);
  return (
    <div class="try columns">
      <nav class="service-list" aria-label="Services">
        {forms.map(({ service }) => (
          <a
            key={service}
            class={tone(service)}
            href={`#/try/${encodeURIComponent(service)}`}
            aria-current={service === form.service ? "true" : undefined}
          >
            {service}
          </a>
        ))}
      </nav>
      <div class="grow">
        {rest !== "" && rest !== form.service && <p class="soft">There is no form for “{rest}”.</p>}
        <RequestForm
          key={form.service}
          form={form}
          isChosen={rest !== ""}
          onDone={(attempt) => setAttempts([attempt, ...attempts].slice(0, maxAttempts))}
        />
        <ol class="attempts" aria-label="What came back" aria-live="polite">
          {shown.map((attempt) => (
            <li key={attempt.id}>
              <AttemptView attempt={attempt} />
            </li>
          ))}
        </ol>
        {shown.length === 0 && (
          <p class="soft small">
            Request and reply appear here as they went over the wire; the same conversation is on the{" "}
            <a href="#/wire">Wire</a>.
          </p>
        )}
      </div>
    </div>
  );
}
