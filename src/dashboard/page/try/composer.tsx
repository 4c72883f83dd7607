import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { TryForm } from "../api/types.ts";
import { Icon } from "../components/icons.tsx";
import { MayNot } from "../components/may-not.tsx";
import { useTone } from "../state/lab.ts";
import { useMay } from "../state/me.ts";
import { texts } from "../text/language.ts";
import { tryTitle } from "../text/server-words.ts";
import { CodePanel } from "./code-panel.tsx";
import type { Expectation } from "./expectation.ts";
import { ExpectationFields } from "./expectation-fields.tsx";
import { FormFields } from "./fields.tsx";
import { HttpFields, RawFields } from "./free-fields.tsx";
import { firstRequest, kindsFor, type TryRequest } from "./request.ts";

const words = texts({
  en: {
    kinds: "Request",
    form: "Form",
    http: "HTTP",
    raw: "Bytes",
    send: "Send",
    busy: "Waiting …",
  },
  id: {
    kinds: "Request",
    form: "Formulir",
    http: "HTTP",
    raw: "Byte",
    send: "Kirim",
    busy: "Menunggu …",
  },
});

export interface Draft {
  readonly request: TryRequest;
  readonly expected: Expectation;
}

interface ComposerProps {
  readonly form: TryForm;
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  readonly onSend: () => void;
  readonly isBusy: boolean;
  readonly error: string | undefined;
  /** The user has chosen this service. Otherwise the form takes no focus, so that keyboard shortcuts keep working. */
  readonly isChosen: boolean;
}

/** A request to a service: by its form, as HTTP, or as bytes, with what is expected to come back. */
export function Composer({ form, draft, onChange, onSend, isBusy, error, isChosen }: ComposerProps) {
  const element = useRef<HTMLFormElement>(null);
  const tone = useTone();
  const mayOperate = useMay("operate");
  const { request, expected } = draft;
  const title = tryTitle(form);
  const change = (next: TryRequest) => onChange({ ...draft, request: next });
  useLayoutEffect(() => {
    if (isChosen)
      element.current?.querySelector<HTMLElement>("input, select")?.focus({ preventScroll: true });
  }, []);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onSend();
  };
  return (
    <form ref={element} class={`panel stack ${tone(form.service)}`} onSubmit={submit} aria-label={title}>
      <div class="composer-head">
        <h2>
          <span class="chip">{form.service}</span> {title}
        </h2>
        <Kinds form={form} request={request} onChange={change} />
      </div>
      {request.kind === "form" && (
        <FormFields
          fields={form.fields}
          values={request.values}
          onChange={(values) => change({ kind: "form", values })}
        />
      )}
      {request.kind === "http" && (
        <HttpFields http={request.http} onChange={(http) => change({ kind: "http", http })} />
      )}
      {request.kind === "raw" && <RawFields raw={request} onChange={change} />}
      <div class="row-fields send-row">
        <ExpectationFields expected={expected} onChange={(next) => onChange({ ...draft, expected: next })} />
        <button class="primary" type="submit" disabled={isBusy || !mayOperate}>
          <Icon name="send" size={16} /> {isBusy ? words.busy : words.send}
        </button>
      </div>
      <MayNot needed="operate" />
      {error !== undefined && (
        <p class="error" role="alert">
          {error}
        </p>
      )}
      <CodePanel form={form} request={request} />
    </form>
  );
}

interface KindsProps {
  readonly form: TryForm;
  readonly request: TryRequest;
  readonly onChange: (request: TryRequest) => void;
}

/** What was made up in one way stays while another one is looked at. */
function Kinds({ form, request, onChange }: KindsProps) {
  const [kept, setKept] = useState<Partial<Record<TryRequest["kind"], TryRequest>>>({});
  return (
    <fieldset class="segments" aria-label={words.kinds}>
      {kindsFor(form).map((kind) => (
        <button
          key={kind}
          type="button"
          aria-pressed={request.kind === kind}
          onClick={() => {
            setKept({ ...kept, [request.kind]: request });
            onChange(kept[kind] ?? firstRequest(form, kind));
          }}
        >
          {words[kind]}
        </button>
      ))}
    </fieldset>
  );
}
