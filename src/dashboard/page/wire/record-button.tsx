import { Icon } from "../components/icons.tsx";
import { me, useMay } from "../state/me.ts";
import { recorder } from "../state/recording.ts";
import { useStore } from "../state/use-store.ts";
import { texts } from "../text/language.ts";

const words = texts({
  en: {
    record: "Record",
    stop: "Stop",
    all: "all services",
    hint: (what: string) => `Record the packets of ${what}, for Wireshark or distcli (r)`,
    stopHint: "Stop the recording and save it (r)",
    mayNot: (role: string) => `Recording takes the role admin, and yours is ${role}.`,
  },
  id: {
    record: "Rekam",
    stop: "Hentikan",
    all: "semua layanan",
    hint: (what) => `Rekam paket ${what}, untuk Wireshark atau distcli (r)`,
    stopHint: "Hentikan rekaman dan simpan (r)",
    mayNot: (role) => `Merekam memerlukan peran admin, dan peran Anda ${role}.`,
  },
});

/** `mqtt, echo`, or `all services`. */
export const recordedWords = (services: readonly string[] | undefined): string =>
  services === undefined ? words.all : services.join(", ");

const reasonId = "may-not-record";

interface RecordButtonProps {
  /** What it would record; undefined: all services. */
  readonly services: readonly string[] | undefined;
  readonly onPress: () => void;
}

/** Starts a recording, or stops the one that runs. */
export function RecordButton({ services, onPress }: RecordButtonProps) {
  const isRunning = useStore(recorder.state).kind === "running";
  const mayRecord = useMay("admin");
  const hint = isRunning ? words.stopHint : words.hint(recordedWords(services));
  return (
    <button
      type="button"
      class={isRunning ? "stop-recording" : ""}
      // One that runs can be stopped by whoever sees it.
      disabled={!mayRecord && !isRunning}
      aria-describedby={mayRecord ? undefined : reasonId}
      title={hint}
      onClick={onPress}
    >
      <Icon name={isRunning ? "stop" : "record"} />
      <span class="wide-only">{isRunning ? words.stop : words.record}</span>
    </button>
  );
}

/** Why the button is disabled, if it is. */
export function MayNotRecord() {
  const mayRecord = useMay("admin");
  const role = useStore(me)?.role;
  if (mayRecord || role === undefined) return null;
  return <span id={reasonId}>{words.mayNot(role)}</span>;
}
