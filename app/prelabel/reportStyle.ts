/** How the report looks, on light and on dark screens. */
export const reportStyle = `
:root { color-scheme: light dark; --ground: #f7f8fa; --card: #fff; --ink: #16181d; --soft: #5b6472; --line: #dfe3e9; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14161a; --card: #1d2026; --ink: #eceff4; --soft: #9aa4b2; --line: #31363f; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
header, main { max-width: 1240px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 32px; }
h1 { margin: 0; font-size: 28px; letter-spacing: -0.02em; }
h2 { margin: 40px 0 8px; font-size: 19px; letter-spacing: -0.01em; }
p { margin: 4px 0 12px; color: var(--soft); overflow-wrap: anywhere; }
.figures { display: flex; flex-wrap: wrap; gap: 12px; margin: 20px 0 0; }
.figures div { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 10px 16px; min-width: 110px; }
.figures dd { margin: 0; font-size: 24px; font-weight: 650; font-variant-numeric: tabular-nums; }
.figures dt { color: var(--soft); font-size: 13px; }
.wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; margin-bottom: 12px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 8px 14px; text-align: right; vertical-align: middle; white-space: nowrap; }
thead th { color: var(--soft); font-weight: 500; font-size: 13px; }
tr + tr > *, thead + tbody > tr:first-child > * { border-top: 1px solid var(--line); }
tbody th, thead th:first-child { text-align: left; font-weight: 550; }
td:last-child, thead th:last-child { text-align: left; }
th i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 9px; }
td.bar { width: 22%; min-width: 90px; padding-left: 0; }
td.bar b { display: block; height: 8px; border-radius: 4px; min-width: 1px; }
.failed td, .settings td { white-space: normal; overflow-wrap: anywhere; }
.settings th, .failed th { font-weight: 450; color: var(--soft); }
.histogram { display: block; }
.axis { stroke: var(--line); }
.threshold { stroke: var(--ink); stroke-dasharray: 2 2; }
.none { color: var(--soft); }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: 14px; }
.sheet.small { grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)); }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 10px; overflow: hidden;
  break-inside: avoid; display: flex; flex-direction: column; }
figure > svg, figure > img { width: 100%; aspect-ratio: 4 / 3; object-fit: contain; background: var(--ground); display: block; }
figure svg rect { fill: none; stroke-width: 2px; vector-effect: non-scaling-stroke; }
figure svg rect.existing { stroke-dasharray: 5 4; }
figcaption { padding: 9px 12px 11px; }
figcaption div { display: flex; justify-content: space-between; gap: 8px; align-items: baseline; }
figcaption strong { font-weight: 550; font-size: 13px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
figcaption small { color: var(--soft); white-space: nowrap; }
figcaption p { margin: 6px 0 0; display: flex; flex-wrap: wrap; gap: 4px; font-size: 12px; line-height: 1.3; }
figcaption span { border-radius: 4px; padding: 2px 6px; }
figcaption span.existing { outline: 1px dashed currentColor; outline-offset: -1px; }
details { margin: 12px 0; }
summary { cursor: pointer; color: var(--soft); }
details ul { columns: 3 240px; font-size: 13px; padding-left: 18px; overflow-wrap: anywhere; }
main { padding-bottom: 60px; }
`;
