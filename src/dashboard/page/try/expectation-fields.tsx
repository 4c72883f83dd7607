import { texts } from "../text/language.ts";
import type { Expectation } from "./expectation.ts";

const words = texts({
  en: {
    answer: "Expected answer",
    any: "anything",
    equal: "equals",
    contains: "contains",
    text: "Expected text",
    within: "Within (ms)",
    anyTime: "any time",
  },
  id: {
    answer: "Jawaban yang diharapkan",
    any: "apa saja",
    equal: "sama dengan",
    contains: "memuat",
    text: "Teks yang diharapkan",
    within: "Dalam (ms)",
    anyTime: "kapan saja",
  },
});

interface ExpectationFieldsProps {
  readonly expected: Expectation;
  readonly onChange: (expected: Expectation) => void;
}

/** What the answer should be, and how soon it should come. */
export function ExpectationFields({ expected, onChange }: ExpectationFieldsProps) {
  const { kind, text, within } = expected;
  return (
    <div class="row-fields expected">
      <label>
        {words.answer}
        <select
          value={kind}
          onChange={(event) =>
            onChange({ ...expected, kind: event.currentTarget.value as Expectation["kind"] })
          }
        >
          {(["any", "equal", "contains"] as const).map((each) => (
            <option key={each} value={each}>
              {words[each]}
            </option>
          ))}
        </select>
      </label>
      {kind !== "any" && (
        <label class="grow">
          {words.text}
          <input
            class="mono"
            value={text}
            onInput={(event) => onChange({ ...expected, text: event.currentTarget.value })}
          />
        </label>
      )}
      <label class="within">
        {words.within}
        <input
          inputMode="numeric"
          pattern="[0-9]*"
          placeholder={words.anyTime}
          value={within}
          onInput={(event) => onChange({ ...expected, within: event.currentTarget.value })}
        />
      </label>
    </div>
  );
}
