import type { TargetedInputEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { postJson } from "../api/client.ts";
import type { TryField, TryForm, TryOutcome } from "../api/types.ts";
import { Icon } from "../components/icons.tsx";
import { useTone } from "../state/lab.ts";
import { useAction } from "../state/requests.ts";
import type { Attempt } from "./attempt.tsx";

type Values = Readonly<Record<string, string>>;

interface RequestFormProps {
  readonly form: TryForm;
  /** The user has chosen this service. Otherwise the form takes no focus, so that keyboard shortcuts keep working. */
  readonly isChosen: boolean;
  readonly onDone: (attempt: Attempt) => void;
}

export function RequestForm({ form, isChosen, onDone }: RequestFormProps) {
  const [values, setValues] = useState<Values>(() => defaultsOf(form.fields));
  const element = useRef<HTMLFormElement>(null);
  const action = useAction();
  const tone = useTone();
  useEffect(() => {
    if (isChosen)
      element.current?.querySelector<HTMLElement>("input, select")?.focus({ preventScroll: true });
  }, []);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    action.start(async () => {
      const path = `/api/try/${encodeURIComponent(form.service)}`;
      const outcome = await postJson<TryOutcome>(path, typedValues(form.fields, values));
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
        <button class="primary" type="submit" disabled={action.isBusy}>
          <Icon name="send" size={16} /> {action.isBusy ? "Waiting …" : "Send"}
        </button>
      </div>
      {action.error !== undefined && (
        <p class="error" role="alert">
          {action.error}
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
  // A text field, because integers may be larger than a browser's number field can hold.
  return <input type="text" inputMode={type === "number" ? "decimal" : "text"} {...common} />;
}

function defaultsOf(fields: readonly TryField[]): Values {
  return Object.fromEntries(fields.map(({ name, default: value = "" }) => [name, String(value)]));
}

/** Number fields are sent as numbers, unless that would lose digits. */
function typedValues(fields: readonly TryField[], values: Values): Record<string, string | number> {
  return Object.fromEntries(
    fields.map(({ name, type }) => {
      const text = values[name] ?? "";
      const number = Number(text);
      return [name, type === "number" && text !== "" && String(number) === text ? number : text];
    }),
  );
}
