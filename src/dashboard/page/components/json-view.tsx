/** Levels that are open at first. */
const openLevels = 2;

/** JSON set out, its objects and lists to be folded. */
export function JsonView({ value }: { value: unknown }) {
  return (
    <div class="json">
      <JsonNode value={value} level={0} />
    </div>
  );
}

interface NodeProps {
  readonly name?: string;
  readonly value: unknown;
  readonly level: number;
}

function JsonNode({ name, value, level }: NodeProps) {
  if (typeof value !== "object" || value === null)
    return (
      <div>
        <Name name={name} />
        <span class={`json-${value === null ? "null" : typeof value}`}>{JSON.stringify(value)}</span>
      </div>
    );
  const entries = Object.entries(value);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (entries.length === 0)
    return (
      <div>
        <Name name={name} />
        {open}
        {close}
      </div>
    );
  return (
    <details open={level < openLevels}>
      <summary>
        <Name name={name} />
        {open}
        <span class="json-rest soft">
          {" "}
          … {entries.length} {close}
        </span>
      </summary>
      <div class="json-inside">
        {entries.map(([key, child]) => (
          <JsonNode key={key} name={Array.isArray(value) ? "" : key} value={child} level={level + 1} />
        ))}
      </div>
      <div class="json-end">{close}</div>
    </details>
  );
}

function Name({ name = "" }: { name?: string | undefined }) {
  return name === "" ? null : <span class="json-name">{name}: </span>;
}
