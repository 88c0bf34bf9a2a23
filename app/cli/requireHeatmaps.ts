import type { Detector } from '../../detectors/detector.js';

/** @throws UserError where the model has no heat maps: before any picture is looked at. */
export async function requireHeatmaps(detector: Detector): Promise<void> {
  if (detector.hasHeatmaps) return;
  const { noHeatmaps } = await import('../../detectors/noHeatmaps.js');
  throw noHeatmaps();
}
