import { parseExampleBox } from '../../../app/examples/exampleBox.js';

test.each([
  ['wheel=photo.jpg:10,20,80,90', { label: 'wheel', image: 'photo.jpg' }],
  [
    'a  red wheel = C:\\photos\\a=b.jpg: 10, 20, 80, 90',
    { label: 'a red wheel', image: 'C:\\photos\\a=b.jpg' },
  ],
  ['轮子=图/1.jpg:10,20,80,90', { label: '轮子', image: '图/1.jpg' }],
])('%s', (text, expected) => {
  expect(parseExampleBox(text)).toEqual({
    ...expected,
    box: { xmin: 10, ymin: 20, xmax: 80, ymax: 90 },
  });
});

test.each([
  ['photo.jpg:10,20,80,90', /is no example; write/],
  ['wheel=photo.jpg', /is no example/],
  ['wheel=photo.jpg:10,20,80', /is no example/],
  ['wheel=photo.jpg:10,20,80,x', /is no example/],
  ['=photo.jpg:10,20,80,90', /is no example/],
  ['wheel=:10,20,80,90', /is no example/],
  ['wheel=photo.jpg:80,20,10,90', /has no area/],
])('%s is told', (text, message) => {
  expect(() => parseExampleBox(text)).toThrow(message);
});
