import { useState } from "preact/hooks";
import { postJson } from "../api/client.ts";
import type { Reloaded } from "../api/types.ts";
import { Dialog } from "../components/dialogs.tsx";
import { Icon } from "../components/icons.tsx";
import { about, refresh } from "../state/lab.ts";
import { useMay } from "../state/me.ts";
import { useAction } from "../state/requests.ts";
import { useStore } from "../state/use-store.ts";
import { texts } from "../text/language.ts";
import { shared } from "../text/words.ts";
import { changesOf } from "./reload-changes.ts";

const words = texts({
  en: {
    reload: "Reload",
    hint: (file: string) => `Go over to what ${file} says now`,
    question: (file: string) => `Reload ${file}?`,
    consequence:
      "A file with mistakes changes nothing. Services whose settings changed go over to them live where they can; only those that cannot are restarted.",
    done: (file: string) => `${file} is read`,
    nothing: "Nothing has changed.",
  },
  id: {
    reload: "Muat ulang",
    hint: (file) => `Beralih ke isi ${file} yang sekarang`,
    question: (file) => `Muat ulang ${file}?`,
    consequence:
      "Berkas yang salah tidak mengubah apa pun. Layanan yang pengaturannya berubah beralih tanpa berhenti bila bisa; hanya yang tidak bisa yang dimulai ulang.",
    done: (file) => `${file} sudah dibaca`,
    nothing: "Tidak ada yang berubah.",
  },
});

/** Has the server read its file again, and says what has become of each service. */
export function Reload() {
  const [isOpen, setOpen] = useState(false);
  const file = useStore(about)?.config;
  const mayReload = useMay("admin");
  // The lab inside the program cannot change.
  if (!file || file.endsWith("(built in)") || !mayReload) return null;
  return (
    <>
      <button type="button" class="quiet" title={words.hint(file)} onClick={() => setOpen(true)}>
        <Icon name="restart" size={16} /> {words.reload}
      </button>
      {isOpen && <ReloadDialog file={file} onClose={() => setOpen(false)} />}
    </>
  );
}

function ReloadDialog({ file, onClose }: { file: string; onClose: () => void }) {
  const [result, setResult] = useState<Reloaded>();
  const action = useAction();
  const reload = () =>
    action.start(async () => {
      setResult(await postJson<Reloaded>("/api/reload"));
      await refresh();
    });
  if (result !== undefined)
    return (
      <Dialog title={words.done(file)} onClose={onClose}>
        <Changes result={result} />
        <div class="actions">
          <button type="button" class="primary" onClick={onClose}>
            {shared.close}
          </button>
        </div>
      </Dialog>
    );
  return (
    <Dialog title={words.question(file)} onClose={onClose}>
      <p>{words.consequence}</p>
      {action.error !== undefined && (
        // The report of a file has lines.
        <pre class="error report" role="alert">
          {action.error}
        </pre>
      )}
      <div class="actions">
        <button type="button" onClick={onClose}>
          {shared.cancel}
        </button>
        <button type="button" class="primary" disabled={action.isBusy} onClick={reload}>
          {action.isBusy ? shared.busy : words.reload}
        </button>
      </div>
    </Dialog>
  );
}

function Changes({ result }: { result: Reloaded }) {
  const changes = changesOf(result);
  if (changes.length === 0) return <p role="status">{words.nothing}</p>;
  return (
    <ul class="changes" role="status">
      {changes.map(({ text, isBad }) => (
        <li key={text} class={isBad ? "error" : ""}>
          {text}
        </li>
      ))}
    </ul>
  );
}
