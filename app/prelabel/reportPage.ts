import { css, labelColours, type Rgb, textColourOn } from '../../src/images/labelColours.js';
import type { ManifestHead } from './manifest.js';
import type { LabelCounts, PrelabelReport, SheetPicture } from './reportData.js';
import { reportStyle } from './reportStyle.js';

/** Labels written into a picture of the contact sheet, at the most. */
const mostTags = 6;

/**
 * The report as a page of its own.
 * @param thumbnails data addresses by the pictures' files.
 * @param shownEmpty pictures without boxes that are shown.
 */
export function reportPage(
  head: ManifestHead,
  report: PrelabelReport,
  thumbnails: ReadonlyMap<string, string>,
  shownEmpty: readonly string[],
): string {
  const names = head.labels.map(({ name }) => name);
  const existing = report.sheet.flatMap(({ boxes }) => boxes.map(({ label }) => label));
  const colours = labelColours(existing, names);
  const sections = [
    labelSection(report, colours),
    sheetSection(report, thumbnails, colours),
    emptySection(report, thumbnails, shownEmpty),
    failedSection(report),
    howSection(head),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${report.compared ? 'Labels compared' : 'Labels found'}: ${escaped(head.output.replace(/^(\.\.\/)+/, ''))}</title>
<style>${reportStyle}</style>
</head>
<body>
<header>
<h1>${report.compared ? 'Labels compared' : 'Labels found'}</h1>
<p>${escaped(head.images.replace(/^(\.\.\/)+/, ''))} by ${escaped(head.modelVersion)}, written as ${escaped(head.format)}</p>
<dl class="figures">${figures(report)}</dl>
</header>
<main>
${sections.filter((section) => section !== '').join('\n')}
</main>
</body>
</html>
`;
}

function figures({ pictures, found, empty, failed, boxes, kept }: PrelabelReport): string {
  const all: [string, number][] = [
    ['pictures', pictures],
    ['with boxes', found],
    ['nothing found', empty.count],
    ['could not be read', failed.count],
    ['not looked at', kept],
    ['boxes', boxes],
  ];
  return all
    .filter(([name, count]) => count > 0 || name === 'boxes' || name === 'pictures')
    .map(([name, count]) => `<div><dd>${number(count)}</dd><dt>${name}</dt></div>`)
    .join('');
}

function labelSection({ labels, compared }: PrelabelReport, colours: Colours): string {
  const most = Math.max(1, ...labels.map(({ boxes }) => boxes));
  const comparison = compared
    ? '<th>agree</th><th>only found</th><th>only in the file</th><th>other label</th>'
    : '';
  const rows = labels.map((counts) => labelRow(counts, most, colours)).join('\n');
  return `<section>
<h2>Labels</h2>
<div class="wide"><table>
<thead><tr><th>label</th><th>boxes</th><th class="bar"></th><th>pictures</th>${comparison}<th>scores, 0 to 1, and the threshold</th></tr></thead>
<tbody>
${rows}
</tbody>
</table></div>
</section>`;
}

function labelRow(counts: LabelCounts, most: number, colours: Colours): string {
  const { label, boxes, pictures, comparison } = counts;
  const colour = css(colours.get(label)!);
  const cells = comparison
    ? [comparison.agreed, comparison.onlyFound, comparison.onlyExisting, comparison.otherLabel]
    : [];
  return `<tr><th scope="row"><i style="background:${colour}"></i>${escaped(label)}</th><td>${number(boxes)}</td>
<td class="bar">${boxes > 0 ? `<b style="width:${percent(boxes / most)};background:${colour}"></b>` : ''}</td><td>${number(pictures)}</td>${cells.map((count) => `<td>${number(count)}</td>`).join('')}
<td>${histogramPicture(counts, colour)}</td></tr>`;
}

function histogramPicture({ histogram, threshold, boxes }: LabelCounts, colour: string): string {
  if (boxes === 0) return '<span class="none">no boxes</span>';
  const [width, height] = [8, 32];
  const highest = Math.max(...histogram);
  const bars = histogram
    .map((count, i) => {
      const tall = count === 0 ? 0 : Math.max(1, (height * count) / highest);
      return `<rect x="${i * width}" y="${fixed(height - tall)}" width="${width - 1}" height="${fixed(tall)}" fill="${colour}"><title>${fixed(i / histogram.length)} to ${fixed((i + 1) / histogram.length)}: ${count}</title></rect>`;
    })
    .join('');
  const all = histogram.length * width;
  const at = fixed(threshold * all);
  return `<svg class="histogram" viewBox="0 0 ${all} ${height + 1}" width="${all}" height="${height + 1}" role="img" aria-label="Scores of ${boxes} boxes"><line class="axis" x1="0" x2="${all}" y1="${height + 0.5}" y2="${height + 0.5}"/>${bars}<line class="threshold" x1="${at}" x2="${at}" y1="0" y2="${height}"/></svg>`;
}

function sheetSection(
  { sheet, compared }: PrelabelReport,
  thumbnails: Thumbnails,
  colours: Colours,
) {
  if (sheet.length === 0) return '';
  const title = compared ? 'Where the run and the file disagree' : 'The most doubtful pictures';
  const said = compared
    ? 'Most disagreements first. Boxes of the run have lines, those only in the file dashes.'
    : 'The most doubtful first: a picture is as doubtful as the score of its most doubtful box (entropy, 0 to 1).';
  const pictures = sheet.map((picture) => sheetPicture(picture, compared, thumbnails, colours));
  return `<section>
<h2>${title}</h2>
<p>${said}</p>
<div class="sheet">
${pictures.join('\n')}
</div>
</section>`;
}

function sheetPicture(
  { file, width, height, boxes, uncertainty, disagreements }: SheetPicture,
  compared: boolean,
  thumbnails: Thumbnails,
  colours: Colours,
): string {
  const drawn = boxes
    .map(({ label, box, kind }) => {
      const [x1, y1, x2, y2] = box;
      const dashes = kind === 'existing' ? ' class="existing"' : '';
      return `<rect${dashes} x="${fixed(x1)}" y="${fixed(y1)}" width="${fixed(x2 - x1)}" height="${fixed(y2 - y1)}" stroke="${css(colours.get(label)!)}"/>`;
    })
    .join('');
  const tags = boxes.slice(0, mostTags).map(({ label, score, kind }) => {
    const colour = colours.get(label)!;
    const style = `background:${css(colour)};color:${textColourOn(colour)}`;
    const value = score === undefined ? '' : ` ${score.toFixed(2)}`;
    return `<span${kind === 'existing' ? ' class="existing"' : ''} style="${style}">${escaped(label)}${value}</span>`;
  });
  if (boxes.length > mostTags) tags.push(`<em>and ${boxes.length - mostTags} more</em>`);
  const measure = compared ? `${disagreements} differ` : `doubt ${uncertainty.toFixed(2)}`;
  return `<figure><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(file)}"><image href="${thumbnails.get(file) ?? ''}" width="${width}" height="${height}"/>${drawn}</svg>
<figcaption><div><strong title="${escaped(file)}">${escaped(nameOf(file))}</strong><small>${measure}</small></div><p>${tags.join(' ')}</p></figcaption></figure>`;
}

function emptySection({ empty }: PrelabelReport, thumbnails: Thumbnails, shown: readonly string[]) {
  if (empty.count === 0) return '';
  const pictures = shown.map(
    (file) =>
      `<figure><img src="${thumbnails.get(file) ?? ''}" alt="" loading="lazy"><figcaption><div><strong title="${escaped(file)}">${escaped(nameOf(file))}</strong></div></figcaption></figure>`,
  );
  const rest = empty.files.slice(shown.length);
  const unnamed = empty.count - empty.files.length;
  const names = rest.map((file) => `<li>${escaped(file)}</li>`).join('');
  const more =
    rest.length === 0
      ? ''
      : `<details><summary>${number(empty.count - shown.length)} more</summary><ul>${names}</ul>${unnamed > 0 ? `<p>and ${number(unnamed)} more, in the manifest</p>` : ''}</details>`;
  return `<section>
<h2>Looked at, nothing found</h2>
<div class="sheet small">
${pictures.join('\n')}
</div>
${more}
</section>`;
}

function failedSection({ failed }: PrelabelReport): string {
  if (failed.count === 0) return '';
  const rows = failed.files.map(
    ({ file, error }) => `<tr><th scope="row">${escaped(file)}</th><td>${escaped(error)}</td></tr>`,
  );
  const unnamed = failed.count - failed.files.length;
  return `<section>
<h2>Could not be read</h2>
<div class="wide"><table class="failed"><tbody>
${rows.join('\n')}
</tbody></table></div>${unnamed > 0 ? `<p>and ${number(unnamed)} more, in the manifest</p>` : ''}
</section>`;
}

function howSection({ labels, options, model, fgdet }: ManifestHead): string {
  const asked = labels.map(
    ({ name, phrasings, threshold }) =>
      `<tr><th scope="row">${escaped(name)}</th><td>${escaped(phrasings.join(' | '))}</td><td>${threshold}</td></tr>`,
  );
  const settings = Object.entries({ ...model, ...options, fgdet })
    .filter(([, value]) => value !== undefined)
    .map(([what, value]) => {
      const shown = typeof value === 'string' ? value : JSON.stringify(value);
      return `<tr><th scope="row">${escaped(what)}</th><td>${escaped(shown)}</td></tr>`;
    });
  return `<section>
<h2>How they were made</h2>
<div class="wide"><table>
<thead><tr><th>label</th><th>looked for as</th><th>threshold</th></tr></thead>
<tbody>${asked.join('\n')}</tbody>
</table></div>
<div class="wide"><table class="settings"><tbody>${settings.join('\n')}</tbody></table></div>
</section>`;
}

type Colours = ReadonlyMap<string, Rgb>;
type Thumbnails = ReadonlyMap<string, string>;

/** A path's last part: there is little room. */
function nameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

function escaped(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[&<>"]/g, (character) => entities[character]);
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function percent(share: number): string {
  return `${fixed(100 * share)}%`;
}

function fixed(value: number): string {
  return String(Number(value.toFixed(2)));
}
