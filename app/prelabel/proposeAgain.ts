import type { Detector } from '../../detectors/detector.js';
import { UserError } from '../../src/errors.js';
import { packageVersion } from '../../src/files/packageRoot.js';
import type { ExampleDetector } from '../examples/promptsWithExamples.js';
import { labelsToFind } from './labelsToFind.js';
import { type LookOptions, type PrelabelDetectOptions, PrelabelRun } from './prelabel.js';
import { summarize, writePrelabelReport } from './report.js';
import type { Review } from './review.js';

/** What looks at the pictures. */
export type ProposingDetector = Pick<Detector, 'detectEach' | 'settings'> & ExampleDetector;

export interface ProposeOptions extends LookOptions {
  /** What decides the detector's answers, its name first; a JSON value. */
  model: Record<string, unknown>;
}

/**
 * Looks for the labels of a review anew in the pictures that nobody has gone through, by what people have made of the
 * others: boxes of the last run that nobody has touched make room. People may go on meanwhile.
 * @throws UserError where nothing was accepted or drawn so far; the signal's reason.
 */
export async function proposeAgain(
  review: Review,
  detector: ProposingDetector,
  { model, ...look }: ProposeOptions,
): Promise<void> {
  const { head, output, images, files, format } = review;
  const detect = head.options as PrelabelDetectOptions;
  const { threshold = detector.settings.threshold, nms = detector.settings.nms } = detect;
  if (detect.ignoreOrientation) {
    throw new UserError(
      'These labels were made with --ignore-orientation: fgdet prelabel … --learn examples proposes anew.',
    );
  }
  const { urlPrefix } = head.labelStudio ?? {};
  const wanted = await labelsToFind({ learn: 'examples', output, format, images, urlPrefix });
  const run = await PrelabelRun.open({
    ...{ images, files, format, output, urlPrefix, version: packageVersion() },
    definitions: await wanted.seenBy(detector),
    ...{ existing: 'replace', skipReviewed: true, fresh: true, passing: true },
    model: { ...model, 'examples sha256': wanted.examplesDigest },
    detect,
  });
  await run.check();
  await run.look(detector, look);
  await review.rewritten(async () => {
    const result = await run.finish({ threshold, nms });
    await writePrelabelReport(result, summarize(result));
  });
}
