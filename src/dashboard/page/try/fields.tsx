import type { TargetedInputEvent } from "preact";
import type { TryField } from "../api/types.ts";
import { fieldLabel, optionLabel } from "../text/server-words.ts";
import type { Values } from "./request.ts";

interface FormFieldsProps {
  readonly fields: readonly TryField[];
  readonly values: Values;
  readonly onChange: (values: Values) => void;
}

/** The fields of a service's own form. */
export function FormFields({ fields, values, onChange }: FormFieldsProps) {
  return (
    <div class="row-fields">
      {fields.map((field) => (
        <label key={field.name} class="grow" htmlFor={`try-${field.name}`}>
          {fieldLabel(field)}
          <Field
            field={field}
            value={values[field.name] ?? ""}
            onChange={(value) => onChange({ ...values, [field.name]: value })}
          />
        </label>
      ))}
    </div>
  );
}

interface FieldProps {
  readonly field: TryField;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Field({ field, value, onChange }: FieldProps) {
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
              {optionLabel(label)}
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
