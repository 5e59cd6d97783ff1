#pragma once

// The style and the script of a report.

#include <string_view>

namespace crawl {

/// The end of the head of a page, and the beginning of its body.
inline constexpr std::string_view page_style = R"(<style>
:root { --ink: #1b2430; --faint: #667283; --line: #d9dee5; --paper: #fff; --card: #f5f7f9; --blue: #2a62b8;
  --up: #2f8f5b; --refused: #d2a02a; --broken: #b0468f; --down: #c4533f; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9ef; --faint: #9aa6b5; --line: #36404d; --paper: #14191f;
  --card: #1d242c; --blue: #7aa8ec; --up: #55b987; --refused: #dfb854; --broken: #cf7ab6; --down: #e07d6b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 24px 16px 48px; }
h1 { font-size: 26px; margin: 0; line-height: 1.25; } h2 { font-size: 19px; margin: 0; }
section { margin-top: 36px; } .about { color: var(--faint); margin: 2px 0 12px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 10px; margin-top: 20px; }
.tile { background: var(--card); border-radius: 8px; padding: 12px 14px; }
.tile b { display: block; font-size: 22px; line-height: 1.3; } .tile span { color: var(--faint); font-size: 13px; }
.bars { display: grid; grid-template-columns: auto 1fr auto auto; gap: 6px 12px; align-items: center; }
.bars span { font-variant-numeric: tabular-nums; text-align: right; }
.bar { background: var(--card); border-radius: 4px; } .bar i { display: block; height: 18px; min-width: 2px;
  background: var(--blue); border-radius: 4px; }
.columns { display: flex; gap: 2px; height: 180px; border-bottom: 1px solid var(--line); }
.columns div { flex: 1 1 0; max-width: 40px; display: flex; flex-direction: column; justify-content: flex-end; }
.columns i { display: block; } .ends { display: flex; justify-content: space-between; color: var(--faint); font-size: 13px; }
.up { background: var(--up); fill: var(--up); } .refused { background: var(--refused); fill: var(--refused); }
.broken { background: var(--broken); fill: var(--broken); } .down { background: var(--down); fill: var(--down); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; margin: 0 0 10px; }
.legend i { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 6px; }
.histogram { display: flex; gap: 4px; height: 190px; margin-bottom: 14px; }
.histogram div { flex: 1 1 0; display: flex; flex-direction: column; justify-content: flex-end; text-align: center;
  min-width: 0; } .histogram i { background: var(--blue); flex: 0 1 auto; }
.histogram span { border-top: 1px solid var(--line); color: var(--faint); font-size: 12px; white-space: nowrap;
  padding-top: 2px; } .histogram b { font-weight: 500; font-size: 12px; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--faint); font-weight: 500; } .n { text-align: right; font-variant-numeric: tabular-nums; }
td.why { white-space: normal; min-width: 180px; }
.strip { display: inline-flex; gap: 1px; } .strip i { width: 5px; height: 14px; background: var(--line); }
.strip i.up { background: var(--up); } .strip i.refused { background: var(--refused); }
.strip i.broken { background: var(--broken); } .strip i.down { background: var(--down); }
.square { max-width: 760px; margin: 0 auto; } .graph { width: 100%; height: auto; display: block; }
.graph .ring { fill: none; stroke: var(--line); } .graph line { stroke: var(--faint); stroke-opacity: .22; }
.graph line.on { stroke: var(--blue); stroke-opacity: 1; stroke-width: 2; }
.graph circle[data-n] { stroke: var(--paper); stroke-width: 1.5; background: none; }
.graph text { font-size: 17px; fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 5px;
  pointer-events: none; } #named { text-align: center; min-height: 1.5em; overflow-wrap: anywhere; }
input { font: inherit; padding: 6px 10px; width: 100%; max-width: 320px; margin-bottom: 10px; color: inherit;
  background: var(--card); border: 1px solid var(--line); border-radius: 6px; }
@media (max-width: 520px) { .histogram span { font-size: 9px; } .histogram { gap: 2px; } .graph text { display: none; } }
</style>
</head>
<body>
<main>)";

/// Filters the table of peers, and shows the links of the peer at the pointer.
inline constexpr std::string_view page_script = R"(<script>
"use strict";
const filter = document.getElementById("filter"), rows = [...document.querySelectorAll("#peers tr")].slice(1);
filter.addEventListener("input", () => {
  for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(filter.value.toLowerCase());
});
const lines = [...document.querySelectorAll(".graph line")], named = document.getElementById("named");
for (const peer of document.querySelectorAll(".graph circle[data-n]")) {
  peer.addEventListener("pointerenter", () => {
    const n = peer.dataset.n;
    for (const line of lines) line.classList.toggle("on", line.dataset.a === n || line.dataset.b === n);
    named.textContent = peer.querySelector("title").textContent;
  });
}
</script>)";

}  // namespace crawl
