import type { TargetedInputEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { postJson } from "../api/client.ts";
import type { TryField, TryForm, TryOutcome } from "../api/types.ts";
import { Icon } from "../components/icons.tsx";
import { useTone } from "../parts/tone.ts";
import { useRun } from "../state/requests.ts";
import type { Attempt } from "./attempt.tsx";

type Values = Readonly<Record<string, string>>;

interface RequestFormProps {
  readonly form: TryForm;
  /** Whether somebody has asked for this one: who only looks at the page keeps the keys that lead elsewhere. */
  readonly isChosen: boolean;
  readonly onDone: (attempt: Attempt) => void;
}

export function RequestForm({ form, isChosen, onDone }: RequestFormProps) {
  const [values, setValues] = useState<Values>(() => defaultsOf(form.fields));
  const element = useRef<HTMLFormElement>(null);
  const run = useRun();
  const tone = useTone();
  // Who chose the service wants to fill its form in.
  useEffect(() => {
    if (isChosen)
      element.current?.querySelector<HTMLElement>("input, select")?.focus({ preventScroll: true });
  }, []);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    run.start(async () => {
      const path = `/api/try/${encodeURIComponent(form.service)}`;
      const outcome = await postJson<TryOutcome>(path, typed(form.fields, values));
      onDone({ id: Date.now(), service: form.service, time: Date.now(), outcome });
    });
  };
  return (
    <form ref={element} class={`panel stack ${tone(form.service)}`} onSubmit={submit} aria-label={form.title}>
      <h2>
        <span class="chip">{form.service}</span> {form.title}
      </h2>
      <div class="row-fields">
        {form.fields.map((field) => (
          <label key={field.name} class="grow" htmlFor={`try-${field.name}`}>
            {field.label}
            <Field
              field={field}
              value={values[field.name] ?? ""}
              onChange={(value) => setValues({ ...values, [field.name]: value })}
            />
          </label>
        ))}
        <button class="primary" type="submit" disabled={run.isBusy}>
          <Icon name="send" size={16} /> {run.isBusy ? "Waiting …" : "Send"}
        </button>
      </div>
      {run.error !== undefined && (
        <p class="error" role="alert">
          {run.error}
        </p>
      )}
    </form>
  );
}

function Field({
  field,
  value,
  onChange,
}: {
  field: TryField;
  value: string;
  onChange: (value: string) => void;
}) {
  const { name, type, required, options = [] } = field;
  if (type === "select")
    return (
      <select
        id={`try-${name}`}
        name={name}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {options.map((option) => {
          const { value, label } = typeof option === "string" ? { value: option, label: option } : option;
          return (
            <option key={value} value={value}>
              {label}
            </option>
          );
        })}
      </select>
    );
  const common = {
    id: `try-${name}`,
    name,
    required: required ?? false,
    value,
    onInput: (event: TargetedInputEvent<HTMLInputElement>) => onChange(event.currentTarget.value),
  };
  if (type === "password") return <input type="password" autocomplete="off" {...common} />;
  // A number is typed as text: integers here may be of any size, and a browser's number field knows no such thing.
  return <input type="text" inputMode={type === "number" ? "decimal" : "text"} {...common} />;
}

function defaultsOf(fields: readonly TryField[]): Values {
  return Object.fromEntries(fields.map(({ name, default: value = "" }) => [name, String(value)]));
}

/** Numbers go out as numbers where that loses nothing. */
function typed(fields: readonly TryField[], values: Values): Record<string, string | number> {
  return Object.fromEntries(
    fields.map(({ name, type }) => {
      const text = values[name] ?? "";
      const number = Number(text);
      return [name, type === "number" && text !== "" && String(number) === text ? number : text];
    }),
  );
}
