import { firstRepeated } from '../src/firstRepeated.js';
import { growthOf } from './growth.js';

test('the first item that was there before', () => {
  expect(firstRepeated(['a', 'b', 'c', 'b', 'a'])).toBe('b');
  expect(firstRepeated(['a', 'A'])).toBeUndefined();
  expect(firstRepeated([])).toBeUndefined();
});

test('the time does not grow with the square of their number', async () => {
  const names = (count: number) => Array.from({ length: count }, (_, i) => `name ${i}`).join('\n');
  const look = (text: string) => firstRepeated(text.split('\n'));
  expect(await growthOf(names, look, 4000)).toBeLessThan(64);
});
