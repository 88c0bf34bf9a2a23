import { z } from 'zod';
import { boxIou, boxToXyxy } from '../../src/geometry/boxes.js';
import type { ReviewSession } from '../prelabel/review.js';
import type { ServerContext } from './context.js';
import { FolderDetector } from './folderDetector.js';
import { type ProposeAgain, ReviewRound } from './reviewRound.js';
import { checkInside, params, pictureAt, reviewBox } from './reviewRoutes.js';
import { boxSchema } from './schemas.js';
import { visitOf } from './visit.js';
import type { Routes } from './zodRoutes.js';

export interface ProposalOptions {
  session: ReviewSession;
  /** Default: there are no rounds. */
  proposeAgain?: ProposeAgain;
}

const round = z.object({
  state: z.enum(['idle', 'looking', 'done', 'failed']),
  done: z.int().meta({ description: 'Pictures that were looked at' }),
  total: z.int(),
  message: z.string().optional(),
});

/** What overlaps a box so much (IoU) is that thing itself. */
const sameThing = 0.5;

/** Boxes that are proposed to whoever reviews pictures, by what was accepted and drawn. */
export const proposalRoutes: Routes<ServerContext & ProposalOptions> = (server, context, done) => {
  const { session, proposeAgain, detector, work, limits, log } = context;
  const folder = new FolderDetector(detector, work, limits);
  server.post(
    '/v1/review/:index/more',
    {
      config: { works: true },
      schema: {
        summary: 'Find more like a box in a picture under review',
        params,
        body: z.strictObject({ label: reviewBox.shape.label, box: boxSchema }),
        response: { 200: z.object({ boxes: z.array(reviewBox) }) },
      },
    },
    async (request) => {
      const picture = pictureAt(session, request.params.index);
      const { label, box } = request.body;
      checkInside({ label, box }, 'box', picture);
      const { signal } = visitOf(request);
      const encoded = await folder.encode(session.path(picture.index), signal);
      const examples = await folder.examplesIn(encoded, { shown: [box] });
      const prompt = { label, phrasings: session.phrasings(label), examples };
      const { detections } = await work.detect(encoded, [prompt], {}, signal);
      const itself = boxToXyxy(box);
      return {
        boxes: detections.filter((found) => boxIou(boxToXyxy(found.box), itself) < sameThing),
      };
    },
  );
  if (!proposeAgain) {
    done();
    return;
  }
  const rounds = new ReviewRound((options) => proposeAgain(folder, options), log);
  server.addHook('onClose', async () => rounds.stop());
  server.get(
    '/v1/review/round',
    { schema: { summary: 'How far a round of proposals has come', response: { 200: round } } },
    async () => rounds.state,
  );
  server.post(
    '/v1/review/round',
    {
      schema: {
        summary: 'Propose boxes anew where nobody has looked, by what was accepted and drawn',
        response: { 202: round },
      },
    },
    async (_, reply) => {
      rounds.start();
      return reply.code(202).send(rounds.state);
    },
  );
  server.delete(
    '/v1/review/round',
    { schema: { summary: 'Stop the round: nothing of it is used', response: { 204: z.null() } } },
    async (_, reply) => {
      rounds.stop();
      return reply.code(204).send();
    },
  );
  done();
};
