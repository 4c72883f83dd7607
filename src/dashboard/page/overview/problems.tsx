import { Icon } from "../parts/icons.tsx";
import { useTone } from "../parts/tone.ts";
import { useCell } from "../state/cell.ts";
import { problems } from "../state/lab.ts";

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
