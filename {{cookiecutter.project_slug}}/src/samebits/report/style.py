"""The style sheet of the report: light, dark, phone and paper."""

STYLE = """\
:root {
  --paper: #fdfdfc; --ink: #1c2126; --soft: #58626d; --rule: #d8dde2; --card: #f3f4f5;
  --one: #1d5cc0; --two: #b4480a; --right: 29 92 192; --wrong: 214 96 28;
  --alarm: #b3131e;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #15181b; --ink: #e6e8ea; --soft: #a3acb6; --rule: #363d44; --card: #1e2226;
    --one: #84b4ff; --two: #ffa860; --right: 72 130 226; --wrong: 226 112 44;
    --alarm: #c4323c;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 62rem;
  color: var(--ink); background: var(--paper);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
h1 { margin: 0 0 1rem; font-size: 1.25rem; font-weight: 500; line-height: 1.2; }
h1 strong { margin: 0 .1em; font-size: clamp(2.5rem, 9vw, 4rem); font-weight: 700; line-height: 1;
  letter-spacing: -.03em; }
h2 { margin: 3.25rem 0 .75rem; padding-top: .9rem; border-top: 1px solid var(--rule);
  font-size: 1.3rem; line-height: 1.25; }
h3 { margin: 0; font-size: 1rem; }
p { margin: 0 0 1rem; max-width: 42rem; }
small { color: var(--soft); font-size: .85em; font-weight: 400; }
code { font: .875em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
td code { user-select: all; overflow-wrap: anywhere; }
.kicker { margin: 0 0 .5rem; color: var(--soft); font-size: .875rem; }
.notice { max-width: none; padding: .6rem .9rem; border-left: 4px solid var(--two);
  background: var(--card); }
.alarm, .missed { border-left: 4px solid var(--alarm); }
.missed { padding-left: .8rem; }
.level { margin: 0; color: var(--soft); font-size: .875rem; overflow-wrap: anywhere; }

.answers { margin: 0 0 1.25rem; }
.answers > div { display: grid; grid-template-columns: 9.5rem 1fr; gap: 0 1.25rem;
  padding: .55rem 0; border-top: 1px solid var(--rule); }
.answers dt { font-weight: 600; }
.answers dd { margin: 0; min-width: 0; }
.answers p { margin: 0; max-width: 44rem; }
.answers p b, .strip li { white-space: nowrap; }
.strip { display: flex; flex-wrap: wrap; gap: .1rem 0; margin: 0 0 .25rem; padding: 0;
  list-style: none; }
.strip li:not(:last-child)::after { content: "→"; margin: 0 .5rem; color: var(--soft); }
.strip .named { color: var(--two); }
.command { display: block; width: fit-content; max-width: 100%; margin: .25rem 0 0;
  padding: .25rem .6rem; border-radius: .25rem; background: var(--card); user-select: all;
  overflow-wrap: anywhere; }
.ideas { margin: .75rem 0 0; padding-left: 1.4rem; }
.ideas li { margin: 0 0 1rem; max-width: 46rem; }
.ideas small { display: block; }
.banner { max-width: none; padding: 1rem 1.25rem; border-radius: .4rem;
  color: #fff; background: var(--alarm); }
.banner strong { display: block; font-size: clamp(1.7rem, 6vw, 2.6rem); line-height: 1.15;
  text-transform: uppercase; overflow-wrap: break-word; }

.scroll { max-width: 100%; overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid var(--one); outline-offset: 2px; }
table { border-collapse: collapse; }
caption { padding: 0 0 .5rem; color: var(--soft); font-size: .875rem; text-align: left;
  max-width: calc(100vw - 2.5rem); }
th, td { padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--rule);
  vertical-align: top; text-align: right; }
th { font-weight: 600; }
th:first-child { text-align: left; }
thead th { color: var(--soft); font-size: .875rem; vertical-align: bottom; }
tbody th { min-width: 7rem; font-weight: 400; }
tbody th small, td small { display: block; }
.scroll + .scroll, .scroll + p, .scroll + h3, .scroll + ol { margin-top: 1.75rem; }
td { white-space: nowrap; }
.marked th, .marked td { font-weight: 700; }
.words th, .words td { text-align: left; white-space: normal; }

.bars td:nth-child(2) { width: 11rem; min-width: 7rem; vertical-align: middle; }
.bars th:nth-child(2) { width: 11rem; }
.bar { display: block; position: relative; height: .8rem; border-left: 1px solid var(--soft); }
.bar::before, .bar::after { content: ""; position: absolute; left: 0; }
.bar::before { top: 0; bottom: 0; width: var(--at); background: var(--one); opacity: .45; }
.bar::after { top: .15rem; bottom: .15rem; left: var(--low); right: calc(100% - var(--high));
  border: solid var(--ink); border-width: 0 2px;
  background: linear-gradient(var(--ink), var(--ink)) center / 100% 2px no-repeat; }
.exact::after { display: none; }
.below::after { border-left-width: 0; }

.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr));
  gap: 2rem; }
figure { margin: 0; }
.legend { display: flex; flex-wrap: wrap; gap: 0 1.25rem; margin: .15rem 0 .5rem; padding: 0;
  list-style: none; font-size: .875rem; color: var(--soft); }
.legend li::before { content: ""; display: inline-block; width: 1.4em; margin-right: .45em;
  vertical-align: .25em; border-top: 3px solid; }
.legend .one::before { border-top-style: dashed; }
.legend .one b, .legend .one::before { color: var(--one); }
.legend .two b, .legend .two::before { color: var(--two); }
svg { display: block; width: 100%; max-width: 34rem; height: auto; }
svg text { fill: var(--soft); font-size: 13px; }
svg .grid { stroke: var(--rule); }
svg .axis { stroke: var(--soft); }
svg .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
svg .line.one { stroke: var(--one); stroke-dasharray: 6 3; }
svg .line.two { stroke: var(--two); }
svg .whisker { stroke: var(--two); stroke-width: 2; opacity: .6; }
svg.square { max-width: 24rem; }
svg circle.one, svg text.one { fill: var(--one); }
svg circle.two, svg text.two { fill: var(--two); }
svg .label { font-weight: 600; }

.matrix { font-size: .875rem; }
.matrix th, .matrix td { padding: .3rem; border: 1px solid var(--paper); text-align: center;
  vertical-align: middle; }
.matrix td { min-width: 2.5rem; background: var(--card); }
.matrix thead th { font-size: inherit; }
.matrix tbody th { min-width: 0; font-weight: 600; }
.matrix th:first-child { position: sticky; left: 0; padding-right: .7rem; text-align: right;
  white-space: nowrap; background: var(--paper); }
.matrix thead th:first-child { font-size: .75rem; font-weight: 400; line-height: 1.3; }
.matrix caption { position: absolute; width: 1px; height: 1px; padding: 0; overflow: hidden;
  clip-path: inset(50%); }
.matrix th span { display: inline-block; white-space: nowrap; vertical-align: bottom; }
.matrix.long thead span { writing-mode: vertical-rl; transform: rotate(180deg); }
.matrix .right { background: rgb(var(--right) / var(--shade)); }
.matrix .wrong { background: rgb(var(--wrong) / var(--shade)); font-weight: 700; }

.mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr));
  gap: 1.5rem 1.25rem; margin: 0; padding: 0; list-style: none; }
.mistakes img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain;
  background: var(--card); border-radius: .25rem; }
.mistakes li:has(.wide) { grid-column: span 2; }
.mistakes .wide { aspect-ratio: auto; }
.mistakes .tiny { image-rendering: pixelated; }
.mistakes figcaption { margin-top: .4rem; font-size: .9rem; line-height: 1.4;
  overflow-wrap: anywhere; }
.mistakes figcaption > * { display: block; }
.mistakes .wrong b { color: var(--two); }
.mistakes .tags { color: var(--one); font-weight: 600; }
.mistakes .row { display: flex; gap: .25rem; }
.mistakes .row img { flex: 1; min-width: 0; }
.findings { margin: .75rem 0 2rem; }
.findings small { display: block; }

.params { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr));
  gap: 1.5rem 2.5rem; margin-top: 2rem; }
.params table { width: 100%; }
.params caption { color: var(--ink); font-size: 1rem; font-weight: 600; }

@media (max-width: 34rem) {
  body { padding: 1rem 1rem 3rem; }
  .kicker { margin: 0 0 .3rem; }
  .strip li:not(:last-child)::after { margin: 0 .3rem; }
  h2 { margin-top: 2.5rem; }
  th, td { padding-right: .6rem; }
  .mistakes { grid-template-columns: repeat(2, 1fr); }
  h1 { margin-bottom: .6rem; font-size: 1.1rem; }
  .notice { padding: .4rem .7rem; }
  .answers { font-size: .92rem; line-height: 1.4; }
  .metrics tbody th { min-width: 9.5rem; }
  .bars tbody th { min-width: 5.5rem; }
  .answers > div { grid-template-columns: 1fr; padding: .4rem 0; }
  .bars td:nth-child(2), .bars th:nth-child(2) { width: 6rem; min-width: 5rem; }
  .matrix td { min-width: 1.45rem; padding: .3rem .1rem; }
  .bars.narrow td:nth-child(2), .bars.narrow th:nth-child(2) { width: 4rem; min-width: 3.5rem; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  .scroll { overflow: visible; }
  .charts { grid-template-columns: 1fr 1fr; }
  .matrix { font-size: 7pt; }
  .matrix td { min-width: 0; padding: .2rem; }
  figure, tr, .mistakes li { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  .banner, .matrix td { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
