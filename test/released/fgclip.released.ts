import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDetector } from '../../detectors/loadDetector.js';
import { rowProduct, unitRows } from '../../eval/cosine.js';
import { resolveModelFolder } from '../../src/checkpoints/resolveFolder.js';
import { FgClip } from '../../src/fgclip/model.js';
import { loadModelFolder, type ModelFolder } from '../../src/fgclip/modelFolder.js';
import { packageRoot } from '../../src/files/packageRoot.js';
import { decodeImage } from '../../src/images/decode.js';
import { preprocess } from '../../src/images/preprocess.js';
import { readPreprocessing } from '../../src/images/preprocessorConfig.js';
import { callFgdet } from '../app/cli/callFgdet.js';

const {
  FGDET_RELEASED: named,
  FGDET_RELEASED_CAT: cat,
  FGDET_COCO: coco = 'data/coco',
} = process.env;

/** What is published, by the width of the vision tower. */
const published = new Map([
  // The probabilities of "a photo of a cat" and "a photo of a dog" are those on the model's page.
  [768, { name: 'base', cat: [0.99997, 3.3485e-5], cocoBoxes: 52.28 }],
  [1024, { name: 'large', cat: undefined, cocoBoxes: 63.18 }],
]);

/** Skips a test and says why, where something is missing. */
function testWith(missing: string | undefined, name: string, body: () => Promise<void>): void {
  if (missing === undefined) test(name, body);
  else {
    console.warn(`Skipped: ${name}. ${missing}`);
    test.skip(name, body);
  }
}

if (named === undefined) {
  console.warn(
    'Everything is skipped: FGDET_RELEASED is to be a folder with the released weights, or a name such as qihoo360/fg-clip-base.',
  );
}

(named === undefined ? describe.skip : describe)(`${named}`, () => {
  const folder = existsSync(named!) ? named! : undefined;
  const picture = cat ?? (folder && join(folder, 'cat_dfclor.jpg'));
  const annotations = join(coco, 'annotations/instances_val2017.json');
  const scratch = mkdtempSync(join(tmpdir(), 'fgdet-released-'));
  let model: ModelFolder;
  let known: { name: string; cat?: number[]; cocoBoxes: number };

  beforeAll(async () => {
    model = await loadModelFolder(await resolveModelFolder(named!));
    const found = published.get(model.config.vision.hiddenSize);
    if (!found) throw new Error(`${named} has no released model's size.`);
    known = found;
  });
  afterAll(() => rmSync(scratch, { recursive: true }));

  testWith(
    picture !== undefined && existsSync(picture)
      ? undefined
      : "FGDET_RELEASED_CAT is to be the picture of the authors' example, use_imgs/cat_dfclor.jpg of github.com/360CVGroup/FG-CLIP.",
    'the cat of the example is a cat, as sure as published',
    async () => {
      const features = new FgClip(model);
      const preprocessing = readPreprocessing(model.folder);
      const { imageSize: side } = model.config.vision;
      const pixels = preprocess([await decodeImage(picture!)], {
        ...{ ...preprocessing, width: side, height: side },
      });
      const image = unitRows(await features.imageFeatures(pixels));
      const texts = unitRows(await features.textFeatures(['a photo of a cat', 'a photo of a dog']));
      const scale = Math.exp(model.parameters.get('logit_scale')!.data[0]);
      const cosine = (text: number) => rowProduct(image, 0, texts, text);
      const dog = 1 / (1 + Math.exp(scale * (cosine(0) - cosine(1))));
      await features.dispose();
      console.log(`cat ${1 - dog}, dog ${dog}`);
      if (known.cat) {
        expect(1 - dog).toBeCloseTo(known.cat[0], 5);
        expect(dog / known.cat[1]).toBeCloseTo(1, 1);
      } else expect(dog).toBeLessThan(0.01);
    },
  );

  test('what is in a photograph is found, and what is not, less', async () => {
    const detector = await loadDetector(named, { proposals: 'photos' });
    const file = join(packageRoot, 'samples/astronaut.jpg');
    const best = async (prompt: string) =>
      (await detector.detect(file, [prompt], { threshold: 0 }))[0]?.score ?? 0;
    const [astronaut, giraffe] = [await best('an astronaut'), await best('a giraffe')];
    await detector.dispose();
    console.log(`an astronaut ${astronaut}, a giraffe ${giraffe}`);
    expect(astronaut).toBeGreaterThan(giraffe);
  });

  testWith(
    existsSync(annotations)
      ? undefined
      : `${annotations} is not there: FGDET_COCO is the folder with annotations/ and val2017/.`,
    "COCO's boxes are named as often as published",
    async () => {
      const file = join(packageRoot, 'configs/evaluation/box-classification.json');
      const { COCO: task } = JSON.parse(readFileSync(file, 'utf8')).tasks;
      const config = join(scratch, 'boxes.json');
      const tasks = { COCO: { ...task, annotations, images: join(coco, 'val2017') } };
      writeFileSync(config, JSON.stringify({ tasks }));
      const { stdout, stderr } = await callFgdet(['evaluate', config, '-m', named!, '--json']);
      if (!stdout) throw new Error(stderr);
      const top1 = 100 * JSON.parse(stdout).results.COCO.top1;
      console.log(`top-1 ${top1.toFixed(2)}, published ${known.cocoBoxes}`);
      expect(Math.abs(top1 - known.cocoBoxes)).toBeLessThan(0.3);
    },
  );
});
