import stringWidth from 'string-width';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const words = new Intl.Segmenter('zh', { granularity: 'word' });
// ASCII and the marks of the screens, lines and bars: one cell each, and far more often measured than anything else.
const oneCell = /^[\x20-\x7e\u2500-\u257f\u2800-\u28ff·•…❯❮✔✖→←↑↓]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed here
const control = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences start with a control character
const escapeSequence = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;
const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/;
// A line must not begin with these.
const closing = /^[\p{Pe}\p{Pf},.;:!?%，。、；：！？）》」』】]+$/u;

/** Cells a text takes on the terminal. */
export function textWidth(text: string): number {
  return oneCell.test(text) ? text.length : stringWidth(text);
}

/** User-visible characters of a text, so that a cursor never stands inside one. */
export function splitGraphemes(text: string): readonly string[] {
  return oneCell.test(text) ? [...text] : [...graphemes.segment(text)].map((part) => part.segment);
}

/** Text from outside made safe to show: no escape sequences, no control characters, tabs as spaces. */
export function cleanText(text: string): string {
  if (oneCell.test(text)) return text;
  return text.replace(escapeSequence, '').replaceAll('\t', '  ').replace(control, '');
}

/** The longest beginning of a text that fits the cells, with the ellipsis at its end when something was cut. */
export function truncate(text: string, cells: number, ellipsis: string): string {
  if (cells <= 0) return '';
  if (textWidth(text) <= cells) return text;
  if (oneCell.test(text) && textWidth(ellipsis) < cells) return text.slice(0, cells - textWidth(ellipsis)) + ellipsis;
  const mark = textWidth(ellipsis) >= cells ? '' : ellipsis;
  const room = cells - textWidth(mark);
  let used = 0;
  let result = '';
  for (const part of splitGraphemes(text)) {
    const size = textWidth(part);
    if (used + size > room) break;
    used += size;
    result += part;
  }
  return result + mark;
}

/** A text cut or filled with spaces to exactly the cells. */
export function fit(text: string, cells: number, ellipsis: string, align: 'left' | 'right' = 'left'): string {
  const cut = truncate(text, cells, ellipsis);
  const space = ' '.repeat(Math.max(0, cells - textWidth(cut)));
  return align === 'left' ? cut + space : space + cut;
}

/** Pieces between which a line may break: words for spaced scripts, words of the segmenter for CJK. */
function breakable(word: string): readonly string[] {
  if (!wide.test(word)) return [word];
  const parts: string[] = [];
  for (const { segment } of words.segment(word)) {
    const last = parts.length - 1;
    const previous = parts[last];
    // Numbers, versions and Latin names inside CJK text stay whole.
    const joins = previous !== undefined && (closing.test(segment) || (!wide.test(previous) && !wide.test(segment)));
    if (joins) parts[last] = previous + segment;
    else parts.push(segment);
  }
  return parts;
}

/** Lines of at most the cells. Breaks at spaces and between CJK words; a longer word is cut, a path after a folder. */
export function wrapText(text: string, cells: number): readonly string[] {
  if (cells < 1) return [];
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      let gap = line === '' ? '' : ' ';
      for (const part of breakable(word)) {
        if (textWidth(line) + gap.length + textWidth(part) <= cells) {
          line += gap + part;
        } else {
          if (line !== '') lines.push(line);
          line = part;
          while (textWidth(line) > cells) {
            const cut = truncate(line, cells, '');
            if (cut === '') break;
            // A path is read best when its folders stay whole.
            const folder = cut.lastIndexOf('/') + 1;
            const head = folder > cut.length / 3 ? cut.slice(0, folder) : cut;
            lines.push(head);
            line = line.slice(head.length);
          }
        }
        gap = '';
      }
    }
    lines.push(line);
  }
  return lines;
}
