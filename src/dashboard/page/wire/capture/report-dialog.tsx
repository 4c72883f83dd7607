import { useState } from "preact/hooks";
import type { ReportCover } from "../../../capture/messages.ts";
import { Dialog } from "../../components/dialogs.tsx";
import { useAction } from "../../state/requests.ts";
import { inLocale, language, texts } from "../../text/language.ts";
import { shared } from "../../text/words.ts";
import { download } from "../save.ts";
import type { OpenedCapture } from "./opened-capture.ts";

const words = texts({
  en: {
    title: "Report",
    about:
      "A document with a sequence diagram, the packets, sums and an explanation of each service, and room for your own analysis. It is made in this browser, as distcli report makes it.",
    fields: {
      title: "Title",
      name: "Name",
      studentNumber: "Student number",
      course: "Course",
      date: "Date",
    },
    usualTitle: "Lab report",
    save: "Save the report",
  },
  id: {
    title: "Laporan",
    about:
      "Dokumen dengan diagram urutan, paket, jumlah, dan penjelasan tiap layanan, serta tempat untuk analisismu sendiri. Laporan dibuat di peramban ini, seperti oleh distcli report.",
    fields: { title: "Judul", name: "Nama", studentNumber: "NRP", course: "Mata kuliah", date: "Tanggal" },
    usualTitle: "Laporan praktikum",
    save: "Simpan laporan",
  },
});

const longDate = inLocale((locale) => new Intl.DateTimeFormat(locale, { dateStyle: "long" }));
const names = ["title", "name", "studentNumber", "course", "date"] as const;

interface ReportDialogProps {
  readonly capture: Extract<OpenedCapture, { is: "open" }>;
  readonly onClose: () => void;
}

/** What stands on the first page, and the button that makes the document. */
export function ReportDialog({ capture, onClose }: ReportDialogProps) {
  const [cover, setCover] = useState<ReportCover>(() => ({
    ...{ title: words.usualTitle, name: "", studentNumber: "", course: "" },
    date: longDate().format(Date.now()),
  }));
  const action = useAction();
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    action.start(async () => {
      const html = await capture.report(language.get(), cover);
      download(reportName(capture.file), new Blob([html], { type: "text/html" }));
      onClose();
    });
  };
  return (
    <Dialog title={words.title} class="capture-report" onClose={onClose}>
      <form class="stack" onSubmit={save}>
        <p class="soft">{words.about}</p>
        {names.map((name) => (
          <label key={name}>
            {words.fields[name]}
            <input
              name={name}
              value={cover[name]}
              onInput={({ currentTarget }) => setCover({ ...cover, [name]: currentTarget.value })}
            />
          </label>
        ))}
        {action.error !== undefined && <p class="error">{action.error}</p>}
        <div class="actions">
          <button class="primary" type="submit" disabled={action.isBusy}>
            {action.isBusy ? shared.busy : words.save}
          </button>
          <button type="button" onClick={onClose}>
            {shared.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** `lab.pcap.gz` -> `lab-report.html` */
const reportName = (file: string): string =>
  `${file.replace(/(\.(pcap|pcapng|cap|gz|zst))+$/i, "") || "capture"}-report.html`;
