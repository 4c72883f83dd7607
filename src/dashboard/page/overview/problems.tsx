import { Icon } from "../components/icons.tsx";
import { useTone } from "../parts/tone.ts";
import { problems } from "../state/lab.ts";
import { useCell } from "../state/store.ts";

/** What goes wrong just now, above everything else. */
export function Problems() {
  const list = useCell(problems);
  const tone = useTone();
  if (list.length === 0) return null;
  return (
    <section class="problems" aria-label="Problems">
      <Icon name="warning" size={20} />
      <ul>
        {list.map(({ service, text }) => (
          <li key={`${service} ${text}`}>
            <span class={`chip ${tone(service)}`}>{service}</span> {text}
          </li>
        ))}
      </ul>
    </section>
  );
}
