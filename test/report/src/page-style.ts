/** Okabe and Ito's colours, told apart by colour-blind readers too; then some more. */
const light = [
  '0072b2',
  'd55e00',
  '009e73',
  'b3467f',
  '8a6d00',
  '3a3a3a',
  '6a3d9a',
  '1b7837',
  'a6522c',
  '5a7d9a',
];
const dark = [
  '56b4e9',
  'ff9d5c',
  '2fd1a0',
  'f08ac0',
  'f0e442',
  'dddddd',
  'c3a3f5',
  '8fd694',
  'e0a080',
  'a9c4dc',
];

const palette = (colours: readonly string[]): string =>
  colours.map((colour, index) => `--c${index}:#${colour};`).join('');

const classes = light
  .map((_, index) => `path.c${index}{stroke:var(--c${index})}i.c${index}{background:var(--c${index})}`)
  .join('');

export const pageStyle = `
:root{--ground:#fff;--ink:#1c1e21;--faint:#5d646d;--rule:#dfe3e8;--mark:#c99a2e;--good:#0a6b3d;--bad:#b3261e;
${palette(light)}}
@media (prefers-color-scheme: dark){:root{--ground:#14171a;--ink:#e8eaed;--faint:#9aa3ad;--rule:#2d333a;
--mark:#e3b341;--good:#4fcf8e;--bad:#ff8a80;${palette(dark)}}}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:62rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
.verdict{border-left:.4rem solid;padding:.2rem 1rem}.verdict ul{margin:.3rem 0;padding-left:1.2rem}
.good{border-color:var(--good)}.bad{border-color:var(--bad)}
.headline{font-size:1.25rem;font-weight:600;margin:.3rem 0}
.good .headline{color:var(--good)}.bad .headline{color:var(--bad)}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:.6rem 1rem}
dt{color:var(--faint);font-size:.85rem}dd{margin:0;font-variant-numeric:tabular-nums}
code{background:var(--rule);padding:.1rem .3rem;border-radius:.2rem;overflow-wrap:anywhere}
figure{margin:1.5rem 0}figcaption{font-weight:600}small,figcaption small{color:var(--faint);font-weight:400}
svg{display:block;width:100%;height:auto}svg text{fill:var(--faint);font-size:12px}
.grid{stroke:var(--rule)}.bar{fill:var(--mark);fill-opacity:.55}svg .in-bar{fill:var(--ink);font-size:10px}
.mark{fill:var(--mark);fill-opacity:.16}
.line{fill:none;stroke-width:1.6;stroke-linejoin:round}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;list-style:none;padding:0;margin:.2rem 0;font-size:.85rem}
.legend i{display:inline-block;width:.9rem;height:.25rem;margin-right:.35rem;vertical-align:middle}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem}
th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--rule);vertical-align:top}
${classes}`;
