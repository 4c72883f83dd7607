import { useLayoutEffect, useState } from "preact/hooks";
import { postJson } from "../api/client.ts";
import { Icon } from "../components/icons.tsx";
import { MayNot } from "../components/may-not.tsx";
import { useMay } from "../state/me.ts";
import { useAction } from "../state/requests.ts";
import { texts } from "../text/language.ts";
import { describeResult } from "./publish-result.ts";

const words = texts({
  en: {
    title: "Publish",
    topic: "Topic",
    message: "Message",
    send: "Publish",
  },
  id: {
    title: "Publish",
    topic: "Topic",
    message: "Pesan",
    send: "Publish",
  },
});

interface PublishProps {
  readonly broker: string;
  /** The topic that is looked at on the page: it is filled in. */
  readonly picked: string;
}

/** A form that publishes a message, as any client could. */
export function Publish({ broker, picked }: PublishProps) {
  const [topic, setTopic] = useState(picked || "sister/temp");
  const [payload, setPayload] = useState("");
  const [qos, setQos] = useState(0);
  const [retain, setRetain] = useState(false);
  const [note, setNote] = useState("");
  const action = useAction();
  const mayOperate = useMay("operate");
  useLayoutEffect(() => {
    if (picked !== "") setTopic(picked);
  }, [picked]);
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
    <form class="panel stack" aria-label={words.title} onSubmit={submit}>
      <h2>{words.title}</h2>
      <label>
        {words.topic}
        <input required value={topic} onInput={(event) => setTopic(event.currentTarget.value)} />
      </label>
      <label>
        {words.message}
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
        <button class="primary" type="submit" disabled={action.isBusy || !mayOperate}>
          <Icon name="send" size={16} /> {words.send}
        </button>
      </div>
      <MayNot needed="operate" />
      <p role="status" class={action.error === undefined ? "soft small" : "error small"}>
        {action.error ?? note}
      </p>
    </form>
  );
}
