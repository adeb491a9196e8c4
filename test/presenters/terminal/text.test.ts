import { expect, test } from 'vitest';
import { cleanText, fit, textWidth, truncate, wrapText } from '../../../source/presenters/terminal/text.ts';

test.each([
  ['plain', 5],
  ['中文', 4],
  ['e\u0301', 1],
  ['👩‍👩‍👧', 2],
  ['ＡＢ', 4],
])('%s takes %i cells', (text, cells) => {
  expect(textWidth(text)).toBe(cells);
});

test('a cut never splits a wide character and never passes the cells', () => {
  for (let cells = 0; cells < 12; cells++) {
    const cut = truncate('主机 server-01', cells, '…');
    expect(textWidth(cut)).toBeLessThanOrEqual(cells);
    expect(textWidth(fit('主机 server-01', cells, '…'))).toBe(cells);
  }
  expect(truncate('主机 server-01', 6, '…')).toBe('主机 …');
  expect(truncate('fits', 4, '…')).toBe('fits');
});

test('words stay whole where they can, CJK breaks between words and not before its punctuation', () => {
  expect(wrapText('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrapText('10.0.0.0/24 and v1.36.3', 12)).toEqual(['10.0.0.0/24', 'and v1.36.3']);
  const chinese = wrapText('请输入主机的地址，例如 10.0.0.1，或粘贴一个列表。', 12);
  for (const line of chinese) {
    expect(textWidth(line)).toBeLessThanOrEqual(12);
    expect(line).not.toMatch(/^[，。]/);
  }
  expect(chinese.join('').replaceAll(' ', '')).toBe('请输入主机的地址，例如10.0.0.1，或粘贴一个列表。');
  expect(wrapText('averyveryverylongword', 8)).toEqual(['averyver', 'yverylon', 'gword']);
});

test('what a host prints cannot move the cursor or change colours', () => {
  expect(cleanText('\u001b[31mred\u001b[0m \u001b]0;title\u0007a\tb\u0000\u009b2J')).toBe('red a  b2J');
});
