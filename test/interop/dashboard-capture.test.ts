import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { report } from "../../src/cli/commands/report.ts";
import { checkXml } from "../cli/report/check-xml.ts";
import { runCli } from "../cli/support/run-cli.ts";
import { testDashboard, wireRow } from "../support/dashboard-browser.ts";
import { startLab } from "../support/lab.ts";
import { pcap, TcpTalk } from "../support/packets.ts";
import { RawClient } from "../support/raw-client.ts";
import { scratchFolder } from "../support/scratch.ts";
import { until } from "../support/until.ts";

const lab = await startLab(`
admin: { port: 0 }
log: { messages: 0 }
services:
  echo: { port: 0 }
`);
const testCapture = testDashboard(() => lab);
const at = "#/wire";
const labFile = join(import.meta.dir, "../captures/lab.pcap");
const captured = readFileSync(labFile);

interface CaptureFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

const file = (name: string, buffer: Buffer): CaptureFile => ({
  name,
  mimeType: "application/octet-stream",
  buffer,
});

const choose = (page: Page, chosen: CaptureFile) => page.locator("input[type=file]").setInputFiles(chosen);

/** As if somebody had dragged it there from a file manager. */
async function drop(page: Page, { name, buffer }: CaptureFile): Promise<void> {
  const dataTransfer = await page.evaluateHandle(`{
    const transfer = new DataTransfer();
    const bytes = Uint8Array.from(atob("${buffer.toString("base64")}"), (character) => character.charCodeAt(0));
    transfer.items.add(new File([bytes], ${JSON.stringify(name)}));
    transfer;
  }`);
  await page.locator("main").dispatchEvent("dragover", { dataTransfer });
  await page.locator(".drop-hint").waitFor();
  await page.locator("main").dispatchEvent("drop", { dataTransfer });
  await page.locator(".drop-hint").waitFor({ state: "detached" });
}

const syn = () => ({ name: /to mqtt: #1 SYN seq 0/ });
const tcp = (page: Page) => page.getByRole("button", { name: "TCP", exact: true });

testCapture(
  "a dropped capture is a sequence diagram, and TCP's own arrows come and go",
  { at },
  async (page) => {
    const sent: string[] = [];
    page.on("request", (request) => request.method() !== "GET" && sent.push(request.url()));
    await drop(page, file("lab.pcap", captured));
    await wireRow(page, "pelanggan to mqtt: #4 CONNECT pelanggan MQTT 5.0, clean, keep alive 60 s").waitFor();
    await wireRow(page, "mqtt to pelanggan: #6 CONNACK success").waitFor();
    await page.getByText("12 of 18 conversations drawn").waitFor();
    expect(await page.getByRole("option", syn()).count()).toBe(0);
    await tcp(page).click();
    await page.getByRole("option", syn()).waitFor();
    await wireRow(page, /mqtt to pelanggan: #2 SYN, ACK seq 0 ack 1 win 65483/).waitFor();
    await wireRow(page, /pelanggan to mqtt: #4 PSH, ACK seq 1 ack 1 win 65536 27 B/).waitFor();
    await page.waitForURL(/#\/wire\?tcp=shown$/);
    // Another visit remembers it.
    await page.keyboard.press("1");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.keyboard.press("2");
    await page.getByRole("option", syn()).waitFor();
    await tcp(page).click();
    await page.getByRole("option", syn()).waitFor({ state: "detached" });
    expect(sent).toEqual([]);
  },
);

testCapture("a chosen capture may be packed by gzip", { at }, async (page) => {
  await choose(page, file("lab.pcap.gz", Buffer.from(Bun.gzipSync(captured))));
  await wireRow(page, /pelanggan to mqtt: #4 CONNECT/).waitFor();
});

testCapture("the list chooses what is drawn", { at }, async (page) => {
  await choose(page, file("lab.pcap", captured));
  const list = page.locator(".capture-list");
  await list.getByText("5 · echo").waitFor();
  expect(await list.locator("li").first().textContent()).toMatch(
    /^1 · mqtt127\.0\.0\.1:49442 → 127\.0\.0\.1:1883TCP, MQTT · 18 packets · 1\.34 kB · closed/,
  );
  await list.getByRole("button", { name: "Only conversation 5" }).click();
  await page.getByText("1 of 18 conversations drawn").waitFor();
  await wireRow(page, /#4 CONNECT/).waitFor({ state: "detached" });
  const drawn = page.locator(".wire-head .service-name");
  await until(async () => (await drawn.allTextContents()).join() === "echo");
  await list.getByRole("checkbox", { name: /^9 · udp/ }).check();
  await page.getByText("2 of 18 conversations drawn").waitFor();
  await page.locator(".wire-head .service-name", { hasText: "udp" }).waitFor();
  await page.getByRole("searchbox", { name: "Search in conversations" }).fill("soap");
  await list.getByText("12 · soap").waitFor();
  await until(async () => (await list.locator("li").count()) < 4);
  await page.getByRole("button", { name: "None" }).click();
  await page.getByText("Nothing is drawn").waitFor();
});

testCapture(
  "what is odd leads to its packet, also in a conversation that is not drawn",
  { at },
  async (page) => {
    await choose(page, file("lab.pcap", captured));
    const odd = page.locator(".capture-findings");
    await odd.getByText("The server refused the connection to port 4999 with RST.").first().waitFor();
    await odd.getByRole("button", { name: "packet 202" }).click();
    const row = page.locator(".row-back-chosen");
    await row.waitFor();
    expect(await row.getAttribute("aria-label")).toMatch(
      /^127\.0\.0\.1:\d+ and tcp\/4999: #202 refuses the connection$/,
    );
    await page.getByText("13 of 18 conversations drawn").waitFor();
    await odd.getByRole("button", { name: "packet 118" }).click();
    await page.locator('.row-back-chosen[aria-label*="#118 "]').waitFor();
  },
);

testCapture("Enter shows what the capture has of a message", { at }, async (page) => {
  await choose(page, file("lab.pcap", captured));
  await wireRow(page, /mqtt to pelanggan: #6 CONNACK/).click();
  const details = page.getByRole("complementary", { name: "The chosen message" });
  await details.getByText("As the capture shows it").waitFor();
  await details.locator("summary", { hasText: "Connection" }).click();
  await details.locator(".facts > div", { hasText: "answerspacket 4" }).waitFor();
  const facts = await details.locator(".facts > div").allTextContents();
  expect(facts).toEqual(
    expect.arrayContaining(["packet6", "TCP's ACKin packet 7", "answerspacket 4", "reasonsuccess"]),
  );
  // The bytes, and what each of them is, as of a live message.
  await wireRow(page, /mqtt to pelanggan: #11 PUBLISH/).click();
  await details.locator(".byte-field", { hasText: "Suhu: 29°C" }).waitFor();
  const fields = await details.locator(".byte-field").allTextContents();
  expect(fields).toEqual(expect.arrayContaining(["topicsister/temp", "payloadSuhu: 29°C"]));
  expect((await details.locator(".ascii").allTextContents()).join("")).toContain("sister/temp");
  await page.keyboard.press("Escape");
  await details.waitFor({ state: "detached" });
});

testCapture(
  "Esc, or the button, leads back to the live traffic, whose filter is as it was",
  { at: "#/wire?text=halo" },
  async (page) => {
    const search = page.getByRole("searchbox", { name: "Search in messages" });
    expect(await search.inputValue()).toBe("halo");
    await drop(page, file("lab.pcap", captured));
    await wireRow(page, /#4 CONNECT/).waitFor();
    await until(async () => (await search.inputValue()) === "");
    await page.keyboard.press("Escape");
    await page.getByText("live", { exact: true }).waitFor();
    await until(async () => (await search.inputValue()) === "halo");
    const echo = await RawClient.connect(lab.port("echo"));
    echo.write("halo langsung");
    await wireRow(page, /to echo: halo langsung$/).waitFor();
    echo.end();
    await echo.closed;
    await drop(page, file("lab.pcap", captured));
    await page.getByRole("button", { name: "Back to live traffic" }).click();
    await wireRow(page, /to echo: halo langsung$/).waitFor();
  },
);

testCapture("what is no capture, or a damaged one, is said in a sentence", { at }, async (page) => {
  const alert = page.getByRole("alert");
  await choose(page, file("<img src=x onerror=alert(1)>.txt", Buffer.from("<b>halo</b>")));
  await alert.getByText("This is no capture: it begins with 3c623e68.").waitFor();
  await alert.getByText("Cannot show <img src=x onerror=alert(1)>.txt").waitFor();
  await choose(page, file("empty.pcap", Buffer.alloc(0)));
  await alert.getByText("The file is empty.").waitFor();
  await page.keyboard.press("l");
  await alert.getByText("Berkas ini kosong.").waitFor();
  await page.keyboard.press("l");
  await choose(page, file("lab.pcap.zst", Buffer.from(Bun.zstdCompressSync(captured))));
  await page.getByText(/This browser cannot unpack zstd\.|12 of 18 conversations drawn/).waitFor();
  await choose(page, file("cut.pcap", captured.subarray(0, 1000)));
  await alert
    .getByText(/^The capture is damaged at byte 9\d\d\. What is shown are the 10 packets before that\.$/)
    .waitFor();
  await wireRow(page, /#4 CONNECT/).waitFor();
  await page.keyboard.press("l");
  await alert.getByText(/^Tangkapan rusak pada byte 9\d\d\./).waitFor();
  await page.keyboard.press("Escape");
  await alert.waitFor({ state: "detached" });
});

testCapture(
  "that the reader cannot be loaded is said, too",
  { at, mayComplain: /Failed to load resource/ },
  async (page) => {
    await page.route("**/assets/capture.js", (route) => route.fulfill({ status: 404, body: "" }));
    await choose(page, file("lab.pcap", captured));
    await page.getByRole("alert").getByText("What reads captures could not be loaded").waitFor();
    await page.unroute("**/assets/capture.js");
    await choose(page, file("lab.pcap", captured));
    await wireRow(page, /#4 CONNECT/).waitFor();
  },
);

testCapture("what a peer sent is text, wherever it is shown", { at }, async (page) => {
  const markup = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
  const talk = new TcpTalk({ serverPort: 2222 }).handshake().send("client", markup).close();
  await choose(page, file(`${markup.slice(0, 20)}.pcap`, pcap(talk.packets)));
  await page.getByRole("option", { name: markup.slice(0, 18) }).click();
  await page.getByRole("complementary", { name: "The chosen message" }).waitFor();
  expect(await page.locator("main img, main script").count()).toBe(0);
  expect(await page.title()).toBe("Wire · distsrv");
});

testCapture("the report is the one that distcli writes", { at }, async (page) => {
  await choose(page, file("lab.pcap", captured));
  await page.getByRole("button", { name: "Report" }).click();
  const dialog = page.getByRole("dialog", { name: "Report" });
  await dialog.getByLabel("Name", { exact: true }).fill("Ani <b>Wijaya</b>");
  await dialog.getByLabel("Student number").fill("5025");
  await dialog.getByLabel("Course").fill("Sistem Terdistribusi");
  await dialog.getByLabel("Date").fill("28 November 2026");
  const download = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Save the report" }).click();
  const saved = await download;
  expect(saved.suggestedFilename()).toBe("lab-report.html");
  const html = readFileSync(await saved.path(), "utf8");
  await dialog.waitFor({ state: "detached" });
  expect(html).toContain("<dd>Ani &lt;b&gt;Wijaya&lt;/b&gt;</dd>");
  const cover = [
    "--name",
    "Ani <b>Wijaya</b>",
    "--student-number",
    "5025",
    "--course",
    "Sistem Terdistribusi",
  ];
  expect(await reportOfDistcli([...cover, "--date", "28 November 2026"])).toBe(html);
  // A page is no XML, but what is in it closes whatever it opens.
  checkXml(html.slice(html.indexOf("<main>"), html.indexOf("</main>") + 7).replaceAll("&nbsp;", "&#160;"));
});

testCapture("the report speaks the page's language", { at }, async (page) => {
  await choose(page, file("lab.pcap", captured));
  await wireRow(page, /#4 CONNECT/).waitFor();
  await page.keyboard.press("l");
  await page.getByRole("button", { name: "Laporan" }).click();
  const dialog = page.getByRole("dialog", { name: "Laporan" });
  await dialog.getByLabel("Tanggal").fill("28 November 2026");
  const download = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Simpan laporan" }).click();
  const html = readFileSync(await (await download).path(), "utf8");
  expect(html).toContain('<html lang="id">');
  expect(await reportOfDistcli(["--lang", "id", "--date", "28 November 2026"])).toBe(html);
});

async function reportOfDistcli(options: readonly string[]): Promise<string> {
  const path = join(scratchFolder("report"), "report.html");
  const { exit, stderr } = await runCli(report, ["report", labFile, ...options, "-o", path]);
  expect([exit, stderr]).toEqual([0, ""]);
  return readFileSync(path, "utf8");
}
