import { AnnotatedWriter } from '../../app/cli/annotatedWriter.js';
import { forEachPicture } from '../../app/cli/pictures.js';
import type { Asked } from '../../detectors/featureModel.js';
import { prepared } from '../../detectors/preparedPicture.js';
import { parsePrompt } from '../../detectors/prompts.js';
import type { Query } from '../../detectors/regions/classifier.js';
import { loadModelFolder } from '../../src/fgclip/modelFolder.js';
import { decodeImage } from '../../src/images/decode.js';
import { createRandom } from '../../src/random.js';
import { median } from '../median.js';
import { peakMemory } from '../peakMemory.js';
import { benchDetector, benchPrompts } from './benchDetector.js';
import { writePictures } from './pictures.js';
import type { DetectionResult, FolderTiming, PromptTiming, StageTiming } from './results.js';
import { StageClock } from './stageClock.js';

// Times detection and prints one line of JSON: node run.js MODEL_FOLDER WORK_FOLDER THREADS ROUNDS
const [modelFolder, workFolder, threadsText, roundsText] = process.argv.slice(2);
const [threads, rounds] = [Number(threadsText), Number(roundsText)];
const pictureCount = 8;
const say = (text: string) => console.error(`detection: ${text} …`);

const folder = await loadModelFolder(modelFolder);
say('writing pictures');
const files = await writePictures(workFolder, pictureCount, createRandom(0));
const clock = new StageClock();
const prompts = benchPrompts(80);

const stages: StageTiming[] = [];
let perPrompts: PromptTiming[] = [];
let folders: FolderTiming[] = [];
for (const side of [640, 1024]) {
  say(`stages at ${side}`);
  const bench = benchDetector(folder, side, threads, clock);
  const { detector } = bench;
  stages.push(await timeStages(bench, side));
  if (side === 640) {
    perPrompts = await timePrompts(bench);
    folders = await timeFolder(bench);
  }
  await detector.dispose();
}
const result: DetectionResult = { stages, prompts: perPrompts, folders, peakBytes: peakMemory() };
console.log(JSON.stringify(result));
process.exit();

type Bench = ReturnType<typeof benchDetector>;

async function timeStages({ detector, model }: Bench, side: number): Promise<StageTiming> {
  const { settings } = detector;
  const asked: Asked<Query>[] = [];
  for (const text of prompts) {
    const query = await model.query(parsePrompt(text), []);
    asked.push({ query, threshold: settings.threshold });
  }
  const runs: StageTiming['milliseconds'][] = [];
  let [regions, found] = [0, 0];
  for (let round = -1; round < rounds; round++) {
    clock.reset();
    const image = await clock.time('decode', () => decodeImage(files[0]));
    const sight = detector.sight();
    const picture = await clock.time('resize', () => {
      const { parts, ...rest } = prepared(image, sight);
      return { ...rest, parts: [...parts] };
    });
    const encoded = await clock.time('encode', () => detector.encode(picture));
    const detections = await clock.time('detect', () => detector.detect(encoded, prompts));
    const [{ seen }] = encoded.parts;
    await clock.time('find', () => seen.find(asked, settings));
    regions = seen.regions!.length;
    found = detections.length;
    // The first run compiles.
    if (round < 0) continue;
    runs.push({
      decode: clock.of('decode'),
      resize: clock.of('resize'),
      encode: clock.of('view') - clock.of('propose'),
      propose: clock.of('propose'),
      classify: clock.of('encode') - clock.of('view') + clock.of('find'),
      'post-process': Math.max(0, clock.of('detect') - clock.of('find')),
    });
  }
  const milliseconds = Object.fromEntries(
    Object.keys(runs[0]).map((stage) => [
      stage,
      median(runs.map((run) => run[stage as keyof typeof run])),
    ]),
  ) as StageTiming['milliseconds'];
  return { side, milliseconds, regions, found };
}

async function timePrompts({ detector }: Bench): Promise<PromptTiming[]> {
  const timings: PromptTiming[] = [];
  const [file] = files;
  const encoded = await detector.encode(file);
  const encodes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    clock.reset();
    const image = await decodeImage(file);
    await clock.time('encode', () => detector.encode(prepared(image, detector.sight())));
    encodes.push(clock.of('encode'));
  }
  for (const count of [80, 1203, 10_000]) {
    say(`${count} prompts`);
    const asked = benchPrompts(count);
    await detector.prepare(asked);
    const detects: number[] = [];
    let found = 0;
    for (let round = -1; round < rounds; round++) {
      clock.reset();
      found = (await clock.time('detect', () => detector.detect(encoded, asked))).length;
      if (round >= 0) detects.push(clock.of('detect'));
    }
    timings.push({ count, encode: median(encodes), detect: median(detects), found });
  }
  return timings;
}

async function timeFolder({ detector }: Bench): Promise<FolderTiming[]> {
  const ways: [name: string, run: () => Promise<void>][] = [
    [
      'one `detect` after the other',
      async () => {
        for (const file of files) await detector.detect(file, prompts);
      },
    ],
    [
      '`detectEach`',
      async () => {
        for await (const _ of detector.detectEach(files, prompts));
      },
    ],
    [
      '`fgdet detect --output`, which draws each picture',
      async () => {
        const writer = new AnnotatedWriter(prompts, workFolder);
        const loaded = Promise.resolve(detector);
        await forEachPicture({ images: files }, loaded, { keepsImage: true }, async (picture) => {
          const encoded = await detector.encode(picture.prepared);
          await writer.write(picture, await detector.detect(encoded, prompts));
        });
        await writer.end();
      },
    ],
  ];
  const timings: FolderTiming[] = [];
  for (const [name, run] of ways) {
    say(`a folder, ${name}`);
    clock.reset();
    await clock.time('wall', run);
    timings.push({
      name,
      wall: clock.of('wall') / files.length,
      model: clock.of('view') / files.length,
    });
  }
  return timings;
}
