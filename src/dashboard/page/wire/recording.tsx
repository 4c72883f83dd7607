import { useEffect, useState } from "preact/hooks";
import { Icon } from "../components/icons.tsx";
import { Question } from "../components/question.tsx";
import type { EndedRecording } from "../state/recorder.ts";
import { recorder } from "../state/recording.ts";
import { useStore } from "../state/use-store.ts";
import { texts } from "../text/language.ts";
import { shared } from "../text/words.ts";
import { recordedWords } from "./record-button.tsx";
import { endedWords, progressWords } from "./recording-words.ts";

const words = texts({
  en: {
    label: "Recording",
    recording: (what: string) => `Recording ${what}`,
    save: "Save",
    saveAgain: "Save again",
    discard: "Discard",
    question: "Discard the recording?",
    lost: (name: string) => `${name} is not saved, and cannot be had again.`,
    next: "What to do with it:",
    explain: "says in words what happened",
    report: "makes a document of it",
    wireshark: "or open it in Wireshark",
    madeUp: "The headers of IP and TCP are made up, and passwords are asterisks.",
  },
  id: {
    label: "Rekaman",
    recording: (what) => `Merekam ${what}`,
    save: "Simpan",
    saveAgain: "Simpan lagi",
    discard: "Buang",
    question: "Buang rekaman ini?",
    lost: (name) => `${name} belum disimpan, dan tidak dapat diperoleh lagi.`,
    next: "Yang dapat dilakukan dengannya:",
    explain: "menjelaskan apa yang terjadi",
    report: "membuat dokumen darinya",
    wireshark: "atau buka di Wireshark",
    madeUp: "Header IP dan TCP dibuat-buat, dan kata sandi menjadi tanda bintang.",
  },
});

/** The recording that runs, or the one that has ended until it is closed. */
export function Recording() {
  const state = useStore(recorder.state);
  return (
    <section class={`recording recording-${state.kind}`} aria-label={words.label}>
      {/* It stays, because only what changes in it is read out; what counts on each second stands beside it. */}
      <p role="status">
        {state.kind === "running" && (
          <span class="live live-recording">{words.recording(recordedWords(state.services))}</span>
        )}
        {state.kind === "ended" && endedWords(state)}
      </p>
      {state.kind === "running" && <Progress />}
      {state.kind === "ended" && <Ended recording={state} />}
    </section>
  );
}

function Progress() {
  useEverySecond();
  const { progress } = recorder;
  return progress === undefined ? null : <p class="soft">{progressWords(progress)}</p>;
}

function useEverySecond(): void {
  const [, rerender] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => rerender((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
}

function Ended({ recording: { file, isSaved } }: { recording: EndedRecording }) {
  const [asks, setAsks] = useState(false);
  const isLost = file !== undefined && !isSaved;
  return (
    <>
      <div class="recording-actions">
        {file !== undefined && (
          <button type="button" class={isSaved ? "" : "primary"} onClick={() => recorder.save()}>
            <Icon name="save" size={16} /> {isSaved ? words.saveAgain : words.save}
          </button>
        )}
        <button type="button" onClick={() => (isLost ? setAsks(true) : forget())}>
          {isLost ? words.discard : shared.close}
        </button>
      </div>
      {file !== undefined && isSaved && <NextSteps name={file.name} />}
      {asks && file !== undefined && (
        <Question
          title={words.question}
          verb={words.discard}
          isDangerous
          onConfirm={async () => forget()}
          onClose={() => setAsks(false)}
        >
          <p>{words.lost(file.name)}</p>
        </Question>
      )}
    </>
  );
}

function forget(): void {
  recorder.forget();
  // The button that had the focus is gone.
  document.getElementById("main")?.focus({ preventScroll: true });
}

/** What can be done with the file. */
function NextSteps({ name }: { name: string }) {
  return (
    <div class="recording-next">
      <p>{words.next}</p>
      <ul>
        <li>
          <code>distcli explain {name}</code> {words.explain}
        </li>
        <li>
          <code>distcli report {name} -o report.html</code> {words.report}
        </li>
        <li>{words.wireshark}</li>
      </ul>
      <p class="soft">{words.madeUp}</p>
    </div>
  );
}
