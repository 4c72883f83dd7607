import { html, raw } from "hono/html";
import type { Operation, Operations } from "../../../core/operation.ts";
import { script } from "./script.ts";
import { style } from "./style.ts";

/** The page's Content-Security-Policy: inline styles and scripts, and requests to its own service. */
export const docsPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Every operation with a form to try it. Names and expressions come from the configuration, and are escaped. */
export async function docsPage(service: string, operations: Operations): Promise<string> {
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${service}: calculator over REST</title>
<style>${raw(style)}</style>
</head>
<body>
<header>
<h1>${service}: calculator over REST</h1>
<p class="soft">Ask with <code>GET /NAME?a=..&amp;b=..</code> or <code>POST /NAME</code> and <code>{"a": .., "b": ..}</code>.
The answer is <code>{"result": ..}</code>, or <code>{"error": ".."}</code> with a status that says whose fault it was.
Integers are exact at any size; a decimal is always written with its point.</p>
<nav aria-label="Operations">${operations.all.map(({ name }) => html`<a href="#${name}">${name}</a>`)}</nav>
</header>
<main>${operations.all.map(section)}</main>
<footer><a href="/openapi.json">OpenAPI 3.1 document</a></footer>
<script>${raw(script)}</script>
</body>
</html>
`;
  return String(page);
}

function section({ name, aliases, expression }: Operation) {
  const also =
    aliases.length === 0
      ? ""
      : html` <span class="soft">also ${aliases.map((alias) => `/${alias}`).join(", ")}</span>`;
  return html`
<section id="${name}" aria-labelledby="${name}-title">
<h2 id="${name}-title">/${name}${also}</h2>
<p><code>${expression}</code></p>
<form action="/${name}" method="get" data-name="${name}">
<label>a <input name="a" value="5" autocomplete="off" required></label>
<label>b <input name="b" value="9" autocomplete="off" required></label>
<span class="buttons"><button value="get">GET</button> <button value="post">POST</button></span>
</form>
<output aria-live="polite"></output>
</section>`;
}
