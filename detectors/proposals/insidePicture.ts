import { boxArea, clipBox } from '../../src/geometry/boxes.js';
import type { RegionProposal } from './source.js';

/** Clips proposals to the picture; those that nothing is left of go. */
export function insidePicture(
  proposals: readonly RegionProposal[],
  { width, height }: { width: number; height: number },
): RegionProposal[] {
  return proposals
    .map((proposal) => ({ ...proposal, box: clipBox(proposal.box, width, height) }))
    .filter(({ box }) => boxArea(box) > 0);
}
