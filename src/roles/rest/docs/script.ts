/** The page's script: sends a form's request and shows request and reply as on the wire. */
export const script = `
for (const form of document.forms) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { a, b } = Object.fromEntries(new FormData(form));
    const isPost = event.submitter?.value === "post";
    const query = new URLSearchParams({ a, b });
    const target = isPost ? form.dataset.name : form.dataset.name + "?" + query;
    const body = isPost ? JSON.stringify({ a, b }) : undefined;
    const output = form.nextElementSibling;
    show(output, [["request", (isPost ? "POST /" : "GET /") + target + (body ? "\\n" + body : "")]]);
    try {
      const headers = isPost ? { "content-type": "application/json" } : {};
      const reply = await fetch("/" + target, { method: isPost ? "POST" : "GET", headers, body });
      const text = await reply.text();
      show(output, [[reply.ok ? "ok" : "error", reply.status + " " + text]], true);
    } catch (error) {
      show(output, [["error", "no answer: " + error.message]], true);
    }
  });
}

function show(output, lines, keep = false) {
  if (!keep) output.replaceChildren();
  for (const [kind, text] of lines) {
    const line = document.createElement("div");
    line.className = kind;
    line.textContent = text;
    output.append(line);
  }
}
`;
