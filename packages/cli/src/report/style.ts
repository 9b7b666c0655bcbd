/** The report's style sheet: one column, two palettes, and a page that can be printed. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1d2330; --quiet: #5b6475; --line: #dde1e8; --box: #f5f7fa;
  --cold: #3b6fd4; --naive: #8a8f9c; --joined: #8455c2; --warm: #e07b1f; --pool: #c2408a; --steady: #2e9569;
  --stage-late: #b9bfca; --stage-client: #7aa7e8; --stage-join: #8455c2; --stage-platform: #3b6fd4;
  --stage-initialise: #2aa5b8; --stage-handler: #e07b1f; --stage-stream: #f2c089;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171d; --ink: #e8ebf0; --quiet: #a0a8b6; --line: #313743; --box: #1d222b;
    --cold: #7aa7f5; --naive: #9aa1af; --joined: #b892ea; --warm: #f59a45; --pool: #ea7fbd; --steady: #56c794;
    --stage-late: #5a6270; --stage-client: #9cc2f5; --stage-join: #b892ea; --stage-platform: #6a98ea;
    --stage-initialise: #56c3d3; --stage-handler: #f59a45; --stage-stream: #a8743c;
  }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 928px; margin: 0 auto; padding: 32px 24px 64px }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .25em; text-wrap: balance }
h2 { font-size: 1.15rem; margin: 2.5em 0 .25em }
p, ul { margin: .4em 0; max-width: 46em }
ul { padding-left: 1.2em }
.quiet, figcaption, dt { color: var(--quiet); font-size: .9rem }
.note { border-left: 4px solid var(--warm); background: var(--box); padding: .5em 1em; margin: 1em 0 }
figure { margin: 1em 0 0; overflow: hidden }
svg { display: block; max-width: 100%; height: auto; color: var(--ink) }
svg text { font-family: system-ui, sans-serif }
.narrow { display: none }
.legend { display: flex; flex-wrap: wrap; gap: .3em 1.1em; margin: .8em 0; padding: 0; list-style: none; font-size: .9rem }
.legend li { padding-left: 1.25em }
.legend li::before { content: ''; display: inline-block; width: .8em; height: .8em; margin: 0 .45em 0 -1.25em; border-radius: 2px; background: var(--of) }
.scroll { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; min-width: 100% }
th, td { padding: .4em .7em; text-align: right; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap }
th { font-weight: 600; color: var(--quiet) }
th:first-child, td:first-child { text-align: left; padding-left: 0 }
.words td, .words th { text-align: left }
.words td:last-child { white-space: normal; overflow-wrap: break-word }
.times th { white-space: normal }
small { display: block; color: var(--quiet); font-size: .78rem }
dl { display: grid; grid-template-columns: minmax(8em, max-content) 1fr; gap: .3em 1.5em; margin: .8em 0 }
dd { margin: 0; overflow-wrap: anywhere }
pre { background: var(--box); padding: .8em 1em; border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem }
@media (max-width: 640px) {
  main { padding: 20px 16px 48px }
  h1 { font-size: 1.4rem }
  .wide { display: none }
  .narrow { display: block }
  dl { grid-template-columns: 1fr; gap: 0 }
  dd { margin-bottom: .6em }
  table { font-size: .8rem }
  th, td { padding: .4em .35em }
  .words td { white-space: normal }
  .times th, .times td { padding: .4em .2em }
  .times :is(th, td):first-child { padding-left: 0 }
  .times :is(th, td):last-child { padding-right: 0 }
  .times small { white-space: normal; font-size: .68rem }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #fff; --ink: #000; --quiet: #444; --line: #ccc; --box: #f5f5f5;
    --cold: #3b6fd4; --naive: #8a8f9c; --joined: #8455c2; --warm: #e07b1f; --pool: #c2408a; --steady: #2e9569;
    --stage-late: #b9bfca; --stage-client: #7aa7e8; --stage-join: #8455c2; --stage-platform: #3b6fd4;
    --stage-initialise: #2aa5b8; --stage-handler: #e07b1f; --stage-stream: #f2c089;
  }
  @page { margin: 14mm }
  body { font-size: 11pt; print-color-adjust: exact; -webkit-print-color-adjust: exact }
  main { padding: 0; max-width: none }
  figure, table, dl, pre, .note { break-inside: avoid }
  h2 { margin-top: 1.5em }
  h2, h2 + p, h2 + p + .legend { break-after: avoid }
  .wide { display: block }
  .narrow { display: none }
  .scroll { overflow: visible }
}
`
