/** How all pages look, by light and by dark. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --back: light-dark(#fbfbf9, #14171a);
  --sheet: light-dark(#ffffff, #1c2024);
  --line: light-dark(#dcdcd4, #343a40);
  --text: light-dark(#1d2327, #e6e8ea);
  --faint: light-dark(#5b646b, #a3adb5);
  --accent: light-dark(#0b5fa5, #7ab8f5);
  --good: light-dark(#1b6e3c, #6fcf97);
  --bad: light-dark(#a8201a, #ff8a80);
  --busy: light-dark(#0b5fa5, #7ab8f5);
  --wait: light-dark(#7a5200, #f0c060);
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; gap: .5rem 2rem; align-items: center; padding: .75rem 1.5rem;
  background: var(--sheet); border-bottom: 1px solid var(--line); }
.brand { display: inline-flex; gap: .5rem; align-items: center; font-weight: 650; color: var(--text); text-decoration: none; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
nav a { color: var(--faint); text-decoration: none; padding: .25rem 0; border-bottom: 2px solid transparent; }
nav a:hover { color: var(--text); }
nav a[aria-current] { color: var(--text); border-bottom-color: var(--accent); }
nav .outside::after { content: ' ↗'; }
main { max-width: 82rem; margin: 0 auto; padding: 1.5rem; }
footer { max-width: 82rem; margin: 0 auto; padding: 1rem 1.5rem 2rem; color: var(--faint); font-size: .85rem; }
h1 { font-size: 1.45rem; margin: 0 0 1rem; overflow-wrap: anywhere; }
h1.mono { font-family: var(--mono); font-size: 1.2rem; }
h2 { font-size: 1.05rem; margin: 2rem 0 .6rem; }
a { color: var(--accent); }
code, .mono { font-family: var(--mono); font-size: .9em; overflow-wrap: anywhere; }
table code, table .mono { overflow-wrap: break-word; }
pre { font: .85rem/1.5 var(--mono); background: var(--sheet); border: 1px solid var(--line); border-radius: 6px;
  padding: .9rem; overflow: auto; max-height: 32rem; }
.scroll { overflow-x: auto; background: var(--sheet); border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .45rem .8rem; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child > * { border-bottom: 0; }
th { font-weight: 400; }
table time { white-space: nowrap; }
thead th { font-size: .8rem; font-weight: 600; color: var(--faint); white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
tbody tr:hover { background: color-mix(in srgb, var(--accent) 6%, transparent); }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .35rem 1.25rem; margin: 0;
  background: var(--sheet); border: 1px solid var(--line); border-radius: 8px; padding: .9rem 1.1rem; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
.state { white-space: nowrap; font-weight: 550; }
.state::before { content: '●'; margin-right: .35rem; }
.state-completed, .state-published, .state-loaded, .state-sealed, .state-active, .state-intact, .state-ok { color: var(--good); }
.state-completed::before, .state-published::before, .state-loaded::before, .state-sealed::before, .state-active::before,
.state-intact::before, .state-ok::before { content: '✓'; }
.state-failed, .state-timed-out, .state-terminated, .state-missing, .state-damaged, .state-unreadable, .state-wrong, .state-forgotten { color: var(--bad); }
.state-failed::before, .state-timed-out::before, .state-terminated::before, .state-missing::before,
.state-damaged::before, .state-unreadable::before, .state-wrong::before,
.state-forgotten::before { content: '✕'; }
.state-running { color: var(--busy); }
.state-running::before { content: '▸'; }
.state-paused, .state-waiting, .state-due, .state-unfinished, .state-cancelled { color: var(--wait); }
.state-paused::before { content: '❙❙'; }
.state-waiting::before, .state-due::before { content: '○'; }
.strip { display: flex; flex-wrap: wrap; gap: 3px; padding: 0; margin: 0 0 .8rem; list-style: none; }
.strip a, .strip span { display: block; width: 1.05rem; height: 1.35rem; border-radius: 3px; text-align: center;
  font-size: .7rem; line-height: 1.35rem; text-decoration: none; border: 1px solid var(--line); color: var(--faint); }
.strip .published, .strip .loaded { background: color-mix(in srgb, var(--good) 22%, var(--sheet)); border-color: var(--good); color: var(--good); }
.strip .failed, .strip .missing { background: color-mix(in srgb, var(--bad) 22%, var(--sheet)); border-color: var(--bad); color: var(--bad); }
.strip .running { background: color-mix(in srgb, var(--busy) 22%, var(--sheet)); border-color: var(--busy); color: var(--busy); }
.strip .due { border-style: dashed; border-color: var(--wait); color: var(--wait); }
td .strip { margin: 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); gap: .8rem; }
.card { background: var(--sheet); border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem; }
.card b { display: block; font-size: 1.4rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.card span { color: var(--faint); }
progress { width: 100%; height: .7rem; accent-color: var(--accent); }
.notice { background: color-mix(in srgb, var(--wait) 12%, var(--sheet)); border: 1px solid var(--wait);
  border-radius: 8px; padding: .7rem 1rem; }
.alert { background: color-mix(in srgb, var(--bad) 10%, var(--sheet)); border: 1px solid var(--bad);
  border-radius: 8px; padding: .7rem 1rem; }
.nothing { color: var(--faint); }
details { margin: .8rem 0; }
summary { cursor: pointer; color: var(--faint); padding: .2rem 0; width: max-content; }
.lines { white-space: pre-line; }
.actions, form.filter { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end; margin: 1rem 0; }
form.filter label { display: grid; gap: .2rem; color: var(--faint); font-size: .85rem; }
input, select, button { font: inherit; color: var(--text); background: var(--sheet); border: 1px solid var(--line);
  border-radius: 6px; padding: .35rem .7rem; }
button { cursor: pointer; }
button:hover { border-color: var(--accent); }
button.danger { color: var(--bad); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: .5rem; background: var(--sheet); padding: .4rem .8rem; z-index: 1; }
@media (max-width: 40rem) { main { padding: 1rem; } dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } }
@media (prefers-reduced-motion: no-preference) { .state-running::before { animation: beat 1.6s infinite; display: inline-block; } }
@keyframes beat { 50% { opacity: .3; } }
`
