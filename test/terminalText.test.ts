import { terminalJson, terminalLine, terminalText } from '../src/terminalText.js';

test('what a terminal would take for a command is escaped', () => {
  const name = '\u001b[31mred\u009b2J\rnew\u202egpj\u2028.png';
  const shown = '\\u001b[31mred\\u009b2J\\rnew\\u202egpj\\u2028.png';
  expect(terminalText(`${name}: no picture`)).toBe(`${shown}: no picture`);
  expect(terminalLine(name)).toBe(shown);
  expect(JSON.parse(terminalJson(JSON.stringify([name])))).toEqual([name]);
  expect(terminalText('café 🐓 ünïcode 日本')).toBe('café 🐓 ünïcode 日本');
});

test('no name begins a line of its own', () => {
  expect(terminalText('a\nReady at http://evil.example')).toBe('a\n  Ready at http://evil.example');
  expect(terminalText('bad:\n  one\n  two\n')).toBe('bad:\n  one\n  two\n');
  expect(terminalLine('a\nb\tc')).toBe('a\\nb\\tc');
});
