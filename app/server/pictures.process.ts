// Reads files of pictures that come from anywhere: see PictureProcesses.
import sharp from 'sharp';
import { decoded, prepared } from '../../detectors/preparedPicture.js';
import { UserError } from '../../src/errors.js';
import { pictureHeader } from './pictureHeader.js';
import type { PictureAnswer, PictureResult, PictureTask } from './pictureProcesses.js';

// Files are nothing but pictures here, whatever they begin with. What comes is another picture each time.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff', 'Heif'].map(
    (name) => `VipsForeignLoad${name}`,
  ),
});
sharp.cache(false);

// The server says when it ends; nobody is left to read for without it.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', async (task: PictureTask) => {
  const answer = await work(task).then(
    (result): PictureAnswer => ({ result }),
    (error): PictureAnswer =>
      error instanceof UserError ? { refused: error.message } : { failed: String(error.stack) },
  );
  process.send!(answer);
});
process.send!('ready');

async function work(task: PictureTask): Promise<PictureResult> {
  const { file, maxPixels } = task;
  if (task.kind === 'header') return { header: await pictureHeader(file) };
  if (task.kind === 'jpeg') {
    const picture = sharp(file, { failOn: 'none', limitInputPixels: maxPixels }).autoOrient();
    return { jpeg: await picture.jpeg({ quality: 95 }).toBuffer() };
  }
  const image = await decoded(file, { maxPixels });
  if (task.kind === 'pixels') return { image };
  const { parts, ...picture } = prepared(image, task.sight);
  return { picture: { ...picture, parts: [...parts] } };
}
