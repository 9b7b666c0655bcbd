/**
 * Light and dark by the system's choice, forced colours too, but for those that tell a status. All names begin with `wa-` and stand
 * under one class; what the page sets for its text or for every button stays out of it.
 */
export const style = `
.warm-agent-devtools { all: initial; color-scheme: light dark; --wa-ground: #fff; --wa-ink: #1c2126; --wa-faint: #5c6670; --wa-line: #d5dae0;
  --wa-warming: #c77700; --wa-warm: #d9480f; --wa-active: #0b7a4b; --wa-expired: #8a929b; --wa-error: #b3261e;
  position: fixed; z-index: 2147483000; right: 12px; bottom: 12px; display: flex; flex-direction: column-reverse; align-items: flex-end;
  gap: 8px; max-width: calc(100vw - 24px); font: 13px/1.4 system-ui, sans-serif; color: var(--wa-ink); }
@media (prefers-color-scheme: dark) { .warm-agent-devtools { --wa-ground: #1b1f24; --wa-ink: #e8ebee; --wa-faint: #a4aeb8;
  --wa-line: #3a424b; --wa-warming: #ffb454; --wa-warm: #ff7f50; --wa-active: #4cc38a; --wa-error: #ff8a80; } }
.warm-agent-devtools * { all: revert; }
.warm-agent-devtools .wa-panel { box-sizing: border-box; width: 340px; max-width: 100%; max-height: calc(100vh - 68px);
  overflow: auto; padding: 12px; border: 1px solid var(--wa-line);
  border-radius: 10px; background: var(--wa-ground); box-shadow: 0 6px 24px #0003; }
.warm-agent-devtools p { margin: 0 0 8px; }
.warm-agent-devtools [role=alert] { color: var(--wa-error); }
.warm-agent-devtools .wa-bar { display: flex; gap: 1px; height: 10px; margin-bottom: 10px; border-radius: 5px; overflow: hidden;
  background: var(--wa-line); }
.warm-agent-devtools .wa-bar i { flex: 1 1 2px; min-width: 2px; }
.warm-agent-devtools .wa-dot { display: inline-block; width: 10px; height: 10px; margin-right: 5px; border-radius: 50%; }
.warm-agent-devtools .wa-bar, .warm-agent-devtools i { forced-color-adjust: none; }
.warm-agent-devtools .wa-idle { background: transparent; box-shadow: inset 0 0 0 2px var(--wa-expired); }
.warm-agent-devtools .wa-warming { background: var(--wa-warming); }
.warm-agent-devtools .wa-warm { background: var(--wa-warm); }
.warm-agent-devtools .wa-active { background: var(--wa-active); }
.warm-agent-devtools .wa-expired { background: var(--wa-expired); }
.warm-agent-devtools .wa-error { background: var(--wa-error); }
.warm-agent-devtools dl { display: grid; grid-template-columns: repeat(4, 1fr); gap: 4px; margin: 0 0 10px; }
.warm-agent-devtools dt { color: var(--wa-faint); font-size: 11px; }
.warm-agent-devtools dd { margin: 0; font-variant-numeric: tabular-nums; }
.warm-agent-devtools .wa-buttons { display: flex; gap: 6px; margin-bottom: 10px; }
.warm-agent-devtools button { min-height: 32px; padding: 4px 10px; border: 1px solid var(--wa-line); border-radius: 6px;
  background: var(--wa-ground); color: inherit; font: inherit; cursor: pointer; }
.warm-agent-devtools .wa-buttons button { flex: 1; }
.warm-agent-devtools button[aria-pressed=true] { border-color: var(--wa-error); color: var(--wa-error); }
.warm-agent-devtools button:focus-visible, .warm-agent-devtools ol:focus-visible { outline: 2px solid var(--wa-warm); outline-offset: 2px; }
.warm-agent-devtools .wa-toggle { border-radius: 16px; }
.warm-agent-devtools ol { max-height: 180px; margin: 0; padding: 0; overflow: auto; list-style: none; }
.warm-agent-devtools li { padding: 2px 0; border-top: 1px solid var(--wa-line); overflow-wrap: anywhere; }
.warm-agent-devtools time { color: var(--wa-faint); font-variant-numeric: tabular-nums; }
`
