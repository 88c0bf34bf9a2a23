import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { writeTextAtomically } from '../../src/files/atomicFile.js';
import type { BoxComparison } from './compareLabels.js';
import type { ManifestPicture } from './manifest.js';
import type { PictureAfterRun } from './picturesAfterRun.js';
import type { PrelabelResult } from './prelabel.js';
import type { LabelCounts, PrelabelReport, SheetPicture } from './reportData.js';
import { reportPage } from './reportPage.js';
import { uncertaintyOf } from './uncertainty.js';

export const histogramBins = 20;
const mostNamed = 1000;
/** A page with more pictures is slow to open. */
const mostOnSheet = 120;
const mostEmptyShown = 24;
/** Longest side in pixels; on dense screens a picture is shown at half of that. */
const thumbnailSide = 400;

/** Counts what a run has found. */
export function summarize({
  head,
  pictures,
}: Pick<PrelabelResult, 'head' | 'pictures'>): PrelabelReport {
  const compared = head.existing === 'compare';
  const labels = new Map(
    head.labels.map(({ name, threshold }) => [name, emptyCounts(name, threshold, compared)]),
  );
  const report: PrelabelReport = {
    ...{
      pictures: 0,
      found: 0,
      kept: 0,
      boxes: 0,
      labels: [...labels.values()],
      sheet: [],
      compared,
    },
    empty: { count: 0, files: [] },
    failed: { count: 0, files: [] },
  };
  for (const { picture, comparison } of pictures) {
    report.pictures++;
    note(report, picture);
    for (const label of new Set(picture.found.map((box) => box.label))) {
      labels.get(label)!.pictures++;
    }
    for (const { label, score = 0 } of picture.found) {
      const counts = labels.get(label)!;
      counts.boxes++;
      counts.histogram[Math.min(histogramBins - 1, Math.floor(score * histogramBins))]++;
      report.boxes++;
    }
    if (comparison) countComparison(labels, comparison);
    addToSheet(report.sheet, picture, comparison);
  }
  report.sheet = highest(report.sheet);
  return report;
}

/** Writes report.html (compared.html), a page that needs no other file, beside the manifest. @returns its path. */
export async function writePrelabelReport(
  result: PrelabelResult,
  report: PrelabelReport,
): Promise<string> {
  const { head, folder } = result;
  const images = resolve(folder, head.images);
  const empty = report.empty.files.slice(0, mostEmptyShown);
  const thumbnails = new Map<string, string>();
  for (const file of [...report.sheet.map((picture) => picture.file), ...empty]) {
    thumbnails.set(file, await thumbnail(join(images, file)));
  }
  const file = join(folder, report.compared ? 'compared.html' : 'report.html');
  await writeTextAtomically(file, reportPage(head, report, thumbnails, empty));
  return file;
}

async function thumbnail(file: string): Promise<string> {
  try {
    const bytes = await sharp(file, { failOn: 'none' })
      .autoOrient()
      .resize(thumbnailSide, thumbnailSide, { fit: 'inside', withoutEnlargement: true })
      .flatten({ background: 'white' })
      .jpeg({ quality: 70 })
      .toBuffer();
    return `data:image/jpeg;base64,${bytes.toString('base64')}`;
  } catch {
    // It may be gone meanwhile.
    return '';
  }
}

function emptyCounts(label: string, threshold: number, compared: boolean): LabelCounts {
  const comparison = { agreed: 0, onlyFound: 0, onlyExisting: 0, otherLabel: 0 };
  return {
    ...{ label, threshold, boxes: 0, pictures: 0 },
    histogram: new Array(histogramBins).fill(0),
    ...(compared && { comparison }),
  };
}

function note(report: PrelabelReport, { file, status, error = '' }: ManifestPicture): void {
  if (status === 'found' || status === 'kept') {
    report[status]++;
    return;
  }
  const place = report[status];
  place.count++;
  if (place.files.length >= mostNamed) return;
  if (status === 'empty') report.empty.files.push(file);
  else report.failed.files.push({ file, error });
}

function countComparison(
  labels: ReadonlyMap<string, LabelCounts>,
  { agreed, otherLabel, onlyFound, onlyExisting }: BoxComparison,
): void {
  for (const { label } of agreed) labels.get(label)!.comparison!.agreed++;
  for (const { found } of otherLabel) labels.get(found)!.comparison!.otherLabel++;
  for (const { label } of onlyFound) labels.get(label)!.comparison!.onlyFound++;
  for (const { label } of onlyExisting) {
    const counts = labels.get(label);
    // Other labels were not looked for.
    if (counts) counts.comparison!.onlyExisting++;
  }
}

function addToSheet(
  sheet: SheetPicture[],
  { file, width, height, found }: ManifestPicture,
  comparison: PictureAfterRun['comparison'],
): void {
  const disagreements = comparison
    ? comparison.otherLabel.length + comparison.onlyFound.length + comparison.onlyExisting.length
    : 0;
  if (width === undefined || height === undefined || found.length + disagreements === 0) return;
  const boxes: SheetPicture['boxes'] = found.map(({ label, score, box }) => ({
    ...{ label, score, box },
    kind: 'found',
  }));
  for (const { label, box } of comparison?.onlyExisting ?? []) {
    boxes.push({ label, box, kind: 'existing' });
  }
  sheet.push({ file, width, height, boxes, disagreements, uncertainty: uncertaintyOf(found) });
  // Now and then, so that what is held does not grow with the pictures.
  if (sheet.length >= 4 * mostOnSheet) sheet.splice(0, sheet.length, ...highest(sheet));
}

function highest(sheet: readonly SheetPicture[]): SheetPicture[] {
  return sheet
    .toSorted((a, b) => b.disagreements - a.disagreements || b.uncertainty - a.uncertainty)
    .slice(0, mostOnSheet);
}
