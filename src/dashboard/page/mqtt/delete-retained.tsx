import { postJson } from "../api/client.ts";
import { Question } from "../components/question.tsx";
import { texts } from "../text/language.ts";
import { actionPath } from "./broker-api.ts";

const words = texts({
  en: {
    title: "Delete the retained message?",
    what: "New subscribers will get nothing here until somebody publishes with RETAIN again.",
    how: "It is deleted as MQTT does it: by an empty message, which those who listen now get.",
    remove: "Delete",
  },
  id: {
    title: "Hapus pesan retained?",
    what: "Subscriber baru tidak akan menerima apa pun di sini sampai ada yang publish lagi dengan RETAIN.",
    how: "Penghapusannya menurut MQTT: dengan pesan kosong, yang kini diterima semua subscriber.",
    remove: "Hapus",
  },
});

interface DeleteRetainedProps {
  readonly broker: string;
  readonly topic: string;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Asks before it deletes what a topic retains. */
export function DeleteRetained({ broker, topic, onClose, onDone }: DeleteRetainedProps) {
  const remove = async () => {
    await postJson(actionPath(broker, "clear-retained"), { topic });
    onDone();
  };
  return (
    <Question title={words.title} verb={words.remove} isDangerous onConfirm={remove} onClose={onClose}>
      <p>
        <code>{topic}</code>
      </p>
      <p>{words.what}</p>
      <p class="soft small">{words.how}</p>
    </Question>
  );
}
