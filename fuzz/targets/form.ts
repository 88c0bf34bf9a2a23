import { postForm } from '../../test/app/server/testServer.js';
import { requestTarget } from '../requestTarget.js';
import { smallPictures } from '../seeds.js';

const { jpeg, gif } = await smallPictures();
const image = { name: 'image', content: jpeg, filename: 'a.jpg' };
const prompts = { name: 'prompts', content: 'red cat' };
const whole = postForm('/v1/detect', [
  image,
  prompts,
  prompts,
  { name: 'options', content: '{"threshold":0.1}', type: 'application/json' },
]);

export const target = requestTarget(whole.headers['content-type'], {
  '/v1/detect': [whole.payload],
  '/v1/pictures': [
    postForm('', [image]).payload,
    postForm('', [{ ...image, content: gif }]).payload,
  ],
});
