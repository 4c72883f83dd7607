/** The page's style sheet, without external resources, because a lab may have no internet access. */
export const style = `
:root { color-scheme: light dark; --ink: #1c2330; --soft: #5b6575; --paper: #f6f7f9; --card: #fff;
  --line: #d8dde5; --accent: #0b5cad; --good: #12693a; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #9aa4b5; --paper: #12161d; --card: #1b212b;
  --line: #313a49; --accent: #7db7f5; --good: #7ed6a0; --bad: #ff9a90; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
header, main, footer { max-width: 56rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; margin: 1rem 0 0; }
h2 { font-size: 1.15rem; margin: 0; }
p { margin: .4rem 0; }
.soft, footer { color: var(--soft); }
code, output, input { font-family: ui-monospace, monospace; font-size: .95em; }
a { color: var(--accent); }
nav { display: flex; flex-wrap: wrap; gap: .4rem 1rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; margin: 1rem 0; }
form { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end; margin-top: .6rem; }
label { display: grid; gap: .15rem; font-size: .85rem; color: var(--soft); flex: 1 1 8rem; }
input { padding: .45rem .6rem; border: 1px solid var(--line); border-radius: .35rem; background: var(--paper);
  color: var(--ink); width: 100%; }
.buttons { white-space: nowrap; }
button { padding: .5rem .9rem; border: 1px solid var(--accent); border-radius: .35rem; background: var(--card);
  color: var(--accent); font: inherit; cursor: pointer; }
button:hover { background: var(--accent); color: var(--card); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
output { display: block; margin-top: .6rem; white-space: pre-wrap; overflow-wrap: anywhere; }
output .request { color: var(--soft); }
output .ok { color: var(--good); }
output .error { color: var(--bad); }
`;
