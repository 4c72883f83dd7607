import { useMemo, useState } from "preact/hooks";
import { LineChart } from "../components/line-chart.tsx";
import { fiveDigits } from "../text/format.ts";
import { texts } from "../text/language.ts";
import type { TopicValue } from "./broker-api.ts";
import { type Decoded, fieldsOf, numberOf, numericFields } from "./payload.ts";

const words = texts({
  en: {
    title: "Chart",
    field: "Field",
    value: "value",
    label: (topic: string, field: string) => `${field} of ${topic} over time`,
  },
  id: {
    title: "Grafik",
    field: "Field",
    value: "nilai",
    label: (topic, field) => `${field} dari ${topic} menurut waktu`,
  },
});

interface TopicChartProps {
  readonly topic: string;
  readonly values: readonly TopicValue[];
  /** The payloads of `values`. */
  readonly payloads: readonly Decoded[];
}

/** The numbers of a topic over time, or those of a field of its JSON. Nothing where there are none. */
export function TopicChart({ topic, values, payloads }: TopicChartProps) {
  const [chosen, setChosen] = useState<string>();
  const fields = useMemo(() => numericFields(payloads), [payloads]);
  const field = chosen !== undefined && fields.includes(chosen) ? chosen : fields[0];
  const times = useMemo(() => values.map(({ time }) => time / 1000), [values]);
  const lines = useMemo(
    () => [{ label: field || words.value, values: numbersAt(payloads, field) }],
    [payloads, field, words.value],
  );
  if (field === undefined || values.length < 2) return null;
  return (
    <section class="topic-chart">
      <div class="section-head">
        <h3>{words.title}</h3>
        {fields.length > 1 && (
          <label class="inline">
            {words.field}
            <select value={field} onChange={(event) => setChosen(event.currentTarget.value)}>
              {fields.map((each) => (
                <option key={each} value={each}>
                  {each || words.value}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      <LineChart
        hasAxes
        label={words.label(topic, field || words.value)}
        times={times}
        lines={lines}
        format={fiveDigits}
      />
    </section>
  );
}

function numbersAt(payloads: readonly Decoded[], field: string | undefined): (number | null)[] {
  return payloads.map((payload) =>
    field === undefined ? null : (numberOf(fieldsOf(payload).get(field)) ?? null),
  );
}
