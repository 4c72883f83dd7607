import { useState } from "preact/hooks";
import { postJson } from "../api/client.ts";
import { Icon } from "../components/icons.tsx";
import { useAction } from "../state/requests.ts";
import { describeResult } from "./broker-api.ts";

interface PublishProps {
  readonly broker: string;
  readonly topic: string;
  readonly onTopic: (topic: string) => void;
}

/** A form that publishes a message, as any client could. */
export function Publish({ broker, topic, onTopic }: PublishProps) {
  const [payload, setPayload] = useState("");
  const [qos, setQos] = useState(0);
  const [retain, setRetain] = useState(false);
  const [note, setNote] = useState("");
  const action = useAction();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setNote("");
    action.start(async () => {
      const path = `/api/services/${encodeURIComponent(broker)}/actions/publish`;
      const { result } = await postJson<{ result: unknown }>(path, { topic, payload, qos, retain });
      setNote(describeResult(topic, result));
    });
  };
  return (
    <form class="panel stack" aria-label="Publish" onSubmit={submit}>
      <h2>Publish</h2>
      <label>
        Topic
        <input required value={topic} onInput={(event) => onTopic(event.currentTarget.value)} />
      </label>
      <label>
        Message
        <textarea rows={2} value={payload} onInput={(event) => setPayload(event.currentTarget.value)} />
      </label>
      <div class="row-fields">
        <label class="inline">
          QoS
          <select value={qos} onChange={(event) => setQos(Number(event.currentTarget.value))}>
            <option value={0}>0</option>
            <option value={1}>1</option>
            <option value={2}>2</option>
          </select>
        </label>
        <label class="inline">
          <input
            type="checkbox"
            checked={retain}
            onChange={(event) => setRetain(event.currentTarget.checked)}
          />
          Retain
        </label>
        <button class="primary" type="submit" disabled={action.isBusy}>
          <Icon name="send" size={16} /> Publish
        </button>
      </div>
      <p role="status" class={action.error === undefined ? "soft small" : "error small"}>
        {action.error ?? note}
      </p>
    </form>
  );
}
